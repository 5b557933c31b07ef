import { nodeOf } from '../../chains/systemd/config.ts';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Systemctl } from '../../runtime/commands.ts';
import { guardConfig, loadGuardConfig } from '../../guard/config.ts';
import { SystemdDriver } from '../../chains/systemd/driver.ts';
import { StateFile } from '../../chains/state.ts';
import { NodeSandbox } from '../../local/node/sandbox.ts';
import { systemClock } from '../../runtime/clock.ts';
import { amber } from '../support/core.ts';

/** The generic driver against units of a sandbox node. */

let root = '';
let node: NodeSandbox;
let before: { path: string | undefined; root: string | undefined };
const never = new AbortController().signal;
const floor = { kind: 'slot' as const, slot: 7 };
const json = (of: Record<string, unknown> = {}): Record<string, unknown> => ({
  validator: 'hub-1',
  node: amber,
  table: 'baton',
  keyId: 'k',
  unit: 'v.service',
  paths: { keyDir: join(root, 'run/baton/hub-1'), stateDir: join(root, 'var/lib/baton/hub-1') },
  build: 'b',
  chain: {
    kind: 'systemd',
    healthCommand: ['echo', '{"synced":true,"height":9}'],
    readinessCommand: ['true'],
    watermarkCommand: ['echo', '41'],
    stateCheckCommand: null,
  },
  timing: { stopMs: 1_500 },
  ...of,
});
const driverOf = (of: Record<string, unknown> = {}): SystemdDriver => {
  const config = guardConfig.parse(json(of));
  return new SystemdDriver({
    config: { ...config, chain: nodeOf(config.chain) },
    state: new StateFile(join(config.paths.stateDir, 'watermark.json')),
    clock: systemClock,
    systemctl: new Systemctl({ timeoutMs: 1_500 }),
  });
};
const key = (): Buffer => Buffer.from('the key');
const keyDir = (): string => join(root, 'run/baton/hub-1');

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sd-'));
  node = new NodeSandbox({ root, clock: systemClock, endpoints: {}, env: {} });
  await node.prepare();
  node.unit('v.service', { argv: ['sleep', '1000'], stopMs: 300 });
  await node.powerOn();
  before = { path: process.env['PATH'], root: process.env['BATON_ROOT'] };
  process.env['PATH'] = [join(root, 'bin'), before.path ?? ''].join(delimiter);
  process.env['BATON_ROOT'] = root;
});
afterEach(async () => {
  process.env['PATH'] = before.path;
  if (before.root === undefined) delete process.env['BATON_ROOT'];
  await node.close();
  rmSync(root, { recursive: true, force: true });
});

describe('activation', () => {
  test('puts key and floor in place for the owner alone, starts the unit, and demotion stops it, wipes and reads the last duty', async () => {
    const driver = driverOf();
    driver.prepare();
    await driver.activate({ key: key(), floor }, never);
    expect(readFileSync(join(keyDir(), 'key'), 'utf8')).toBe('the key');
    expect(statSync(join(keyDir(), 'key')).mode & 0o777).toBe(0o400);
    expect(JSON.parse(readFileSync(join(keyDir(), 'watermark.json'), 'utf8'))).toEqual(floor);
    expect(await driver.health(true, never)).toEqual({ synced: true, height: 9, distress: null });
    await driver.demote();
    expect(readdirSync(keyDir())).toEqual([]);
    expect(await driver.watermark()).toEqual({ kind: 'slot', slot: 41 });
    expect(await driver.health(true, never)).toMatchObject({ distress: 'ValidatorDown: v.service is inactive.' });
  });
  test('a stale record of the watermark is gone while the daemon signs, and back after the stop', async () => {
    const driver = driverOf();
    await driver.demote();
    const file = join(root, 'var/lib/baton/hub-1/watermark.json');
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('{"kind":"slot","slot":41}');
    driver.prepare();
    expect(existsSync(file)).toBe(false);
  });
  test('a state check that does not pass starts nothing', async () => {
    const driver = driverOf({ chain: { ...(json()['chain'] as object), stateCheckCommand: ['false'] } });
    await expect(driver.activate({ key: key(), floor }, never)).rejects.toThrow('the state check did not pass');
    expect(existsSync(join(keyDir(), 'key'))).toBe(false);
  });
  test('a unit that does not start fails, and the key is wiped by the demotion that follows', async () => {
    await node.systemctl('mask', 'v.service');
    const driver = driverOf();
    await expect(driver.activate({ key: key(), floor }, never)).rejects.toThrow('v.service does not start');
    await driver.demote();
    expect(readdirSync(keyDir())).toEqual([]);
  });
  test('closing while it gets ready kills the start', async () => {
    const driver = driverOf({ chain: { ...(json()['chain'] as object), readinessCommand: ['false'] } });
    const activating = driver.activate({ key: key(), floor }, never);
    activating.catch(() => undefined);
    await systemClock.sleep(100 as never);
    driver.closeGate();
    await expect(activating).rejects.toThrow('did not get ready');
    await driver.demote();
    expect(await new Systemctl({ timeoutMs: 1_500 }).isDown('v.service')).toBe(true);
  });
  test('without a watermark command the last duty is not known', async () => {
    expect(await driverOf({ chain: { ...(json()['chain'] as object), watermarkCommand: null } }).watermark()).toBe(null);
    expect(await driverOf({ chain: { ...(json()['chain'] as object), watermarkCommand: ['echo', '-5'] } }).watermark()).toBe(null);
    expect(await driverOf({ chain: { ...(json()['chain'] as object), watermarkCommand: ['false'] } }).watermark()).toBe(null);
  });
});

test('systemd that does not answer is not a stopped unit', async () => {
  await node.powerOff();
  expect(await new Systemctl({ timeoutMs: 1_500 }).isDown('v.service')).toBe(false);
});

describe('the configuration', () => {
  const load = (value: unknown, mode = 0o600): unknown => {
    const file = join(root, 'guard.json');
    rmSync(file, { force: true });
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    node.write('guard.json', readFileSync(file, 'utf8'), mode);
    return loadGuardConfig(file);
  };
  test('is read', () => {
    expect(load(json())).toMatchObject({ validator: 'hub-1', onControlPlaneLoss: 'stop', timing: { leaseMs: 15_000 } });
  });
  test('that others may write, that is not there or is not JSON stops the guard', () => {
    expect(() => load(json(), 0o666)).toThrow('can be written by others');
    expect(() => load('{')).toThrow('is not JSON');
    expect(() => loadGuardConfig(join(root, 'nothing'))).toThrow('cannot be read');
  });
  test('with unsafe timing or a field too many stops the guard', () => {
    expect(() => load(json({ timing: { leaseMs: 3_000 } }))).toThrow(
      'unsafe timing: poll 3000 + read timeout 2000 + stop 3000 + margin 2000 = 10000 ms',
    );
    expect(() => load(json({ force: true }))).toThrow('Unrecognized key');
  });
});
