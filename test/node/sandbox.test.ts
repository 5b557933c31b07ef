import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { durationMs } from '../../core/time.ts';
import { Link } from '../../local/node/link.ts';
import { NodeSandbox } from '../../local/node/sandbox.ts';
import { systemClock } from '../../runtime/clock.ts';

/** The sandbox node must behave as systemd and a machine do, or a drill on it would prove nothing. */

let root = '';
let node: NodeSandbox;
const show = async (unit: string): Promise<string> =>
  (await node.run(`systemctl show -p ActiveState,LoadState,TasksCurrent --value ${unit}`, {}, 5_000)).stdout.trim().replaceAll('\n', ' ');
const code = async (command: string): Promise<number> => (await node.run(command, {}, 5_000)).exitCode;
/** A process that was killed and waits to be reaped does not live. */
const lives = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
const until = async (look: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await look()) return;
    await systemClock.sleep(durationMs(30));
  }
  throw new Error('it did not come about');
};
const pids = (): number[] => JSON.parse(readFileSync(join(root, 'run', 'pids.json'), 'utf8')) as number[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'nd-'));
  node = new NodeSandbox({ root, clock: systemClock, endpoints: {}, env: {} });
  await node.prepare();
  node.unit('a.service', { argv: ['sleep', '1000'], restart: 'always', stopMs: 300 });
  node.unit('b.service', { argv: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], bindsTo: 'a.service', stopMs: 200 });
  await node.powerOn();
});
afterEach(async () => {
  await node.close();
  rmSync(root, { recursive: true, force: true });
});

describe('units', () => {
  test('start, stop, and are shown as systemd shows them', async () => {
    expect(await show('a.service')).toBe('inactive loaded 0');
    expect(await code('systemctl start a.service')).toBe(0);
    expect(await show('a.service')).toBe('active loaded 1');
    expect(await code('systemctl is-active a.service')).toBe(0);
    expect(await code('systemctl stop a.service')).toBe(0);
    expect(await show('a.service')).toBe('inactive loaded 0');
    expect(await code('systemctl is-active a.service')).toBe(3);
  });
  test('a masked unit does not start until it is unmasked', async () => {
    expect(await code('systemctl mask a.service')).toBe(0);
    expect(await code('systemctl start a.service')).toBe(1);
    expect(await show('a.service')).toBe('inactive masked 0');
    expect(await code('systemctl unmask a.service')).toBe(0);
    expect(await code('systemctl start a.service')).toBe(0);
  });
  test('a killed unit comes back when it restarts always', async () => {
    await node.systemctl('start', 'a.service');
    const [first = 0] = pids();
    await node.killUnit('a.service');
    await until(async () => pids().some((pid) => pid !== first && lives(pid)) && !lives(first));
  });
  test('a bound unit ends with the one it is bound to, also when it ignores SIGTERM', async () => {
    await node.systemctl('start', 'b.service');
    expect(await show('a.service')).toBe('active loaded 1');
    await node.systemctl('stop', 'a.service');
    await until(async () => (await show('b.service')) === 'inactive loaded 0');
  });
  test('what does not exist does not start', async () => {
    expect(await code('systemctl start nothing.service')).toBe(1);
  });
});

describe('the machine', () => {
  test('power off ends everything at once', async () => {
    await node.systemctl('start', 'a.service');
    const [pid = 0] = pids();
    await node.powerOff();
    expect([node.state(), node.reachable()]).toEqual(['stopped', false]);
    await until(async () => !lives(pid));
  });
  test('a frozen machine is not reachable and goes on where it was', async () => {
    await node.systemctl('start', 'a.service');
    const [pid = 0] = pids();
    node.freeze();
    expect(node.reachable()).toBe(false);
    const stateOf = (): string => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    await until(async () => stateOf() === 'T');
    node.thaw();
    await until(async () => stateOf() === 'S');
    expect(node.reachable()).toBe(true);
  });
  test('a script that does not end is ended', async () => {
    expect(await node.run('sleep 100', {}, 100)).toMatchObject({ exitCode: 137 });
  });
});

describe('the link', () => {
  let server: Server;
  let link: Link;
  let served = 0;
  beforeEach(async () => {
    served = 0;
    server = createServer((_, response) => {
      served += 1;
      response.end('ok');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    link = new Link(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await link.start();
  });
  afterEach(async () => {
    await link.close();
    server.closeAllConnections();
    server.close();
  });
  test('lets through, cuts without a word, and delivers late what was on its way', async () => {
    expect(await (await fetch(link.url)).text()).toBe('ok');
    link.cut();
    const waiting = fetch(link.url);
    expect(await Promise.race([waiting.then(() => 'answered'), systemClock.sleep(durationMs(200)).then(() => 'silent')])).toBe('silent');
    expect(served).toBe(1);
    link.heal();
    expect(await (await waiting).text()).toBe('ok');
    expect(served).toBe(2);
  });
});
