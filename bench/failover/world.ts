import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { durationMs, type Clock } from '../../core/time.ts';
import { until } from '../../local/drill/until.ts';
import { listen } from '../../local/loopback.ts';
import { cloudAddress, layNetwork, type NodeName } from '../../test/rig/net.ts';
import { RigNode } from '../../test/rig/node.ts';
import { LineRecord } from './record.ts';
import { powerCallMs, type ProfileName } from './profile.ts';

/** What every tool stands on: two machines on one network, one record of who wrote when, and one switch for their power. */

const names = ['amber', 'birch'] as const;
export const recordPath = '/var/record';
export const signerProgram = '/usr/local/lib/signer.mjs';
export const pidPath = '/run/signer.pid';
const healthyMs = 90_000;

export interface BenchOptions {
  readonly dir: string;
  readonly rootfs: string;
  readonly group: string;
  readonly clock: Clock;
  readonly profile: ProfileName;
  /** From the order until the machine is dead and the switch says so. */
  readonly fenceMs: number;
  /** Folder of what was built and installed for the machines. */
  readonly built: string;
}

export interface Bench extends BenchOptions {
  readonly amber: RigNode;
  readonly birch: RigNode;
  readonly nodes: readonly [RigNode, RigNode];
  readonly record: LineRecord;
  /** Where nodes reach the switch: `POST URL/off/NODE` is answered once it is off. */
  readonly powerUrl: string;
  /** The same switch for whoever does not come over the network. */
  cutPower(node: RigNode): Promise<void>;
}

/** The command that every tool starts and stops. */
export const signerArgv = (node: string): string[] => ['/usr/bin/node', signerProgram, ...['--node', node, '--record', recordPath, '--pid', pidPath]];

/** What Debian enables of the tools when it installs them, and timers that would wake in the middle of a run. */
const clearUnits = (root: string): void => {
  const wants = join(root, 'etc', 'systemd', 'system');
  rmSync(join(wants, 'timers.target.wants'), { recursive: true, force: true });
  const folder = join(wants, 'multi-user.target.wants');
  for (const name of readdirSync(folder)) if (name.endsWith('.service')) rmSync(join(folder, name));
};

/** Each call of it takes as long as one of EC2's. */
const startSwitch = async (bench: Pick<Bench, 'cutPower' | 'nodes' | 'clock' | 'profile'>): Promise<string> => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await bench.clock.sleep(powerCallMs(bench.profile));
    const [, verb, name] = (request.url ?? '').split('/');
    const node = bench.nodes.find((one) => one.name === name);
    if (!node) response.writeHead(404).end();
    else if (verb === 'state') response.end(node.isUp() ? 'on\n' : 'off\n');
    else if (verb === 'off' && request.method === 'POST') {
      await bench.cutPower(node);
      response.end('off\n');
    } else response.writeHead(404).end();
  };
  const server = createServer((request, response) => void answer(request, response));
  return (await listen(server)).replace('127.0.0.1', cloudAddress);
};

/** Machines that are not booted yet. Everything ends with the process: it is the first one in its own namespaces. */
export const makeBench = async (options: BenchOptions): Promise<Bench> => {
  const { dir, rootfs, clock, group, built } = options;
  layNetwork();
  const make = (name: NodeName): RigNode => {
    const binds: [string, string][] = [[process.execPath, '/usr/bin/node']];
    const tools = join(built, 'tools');
    if (existsSync(tools)) binds.push([tools, '/opt/tools']);
    binds.push([join(import.meta.dirname, '..', '..', 'dist', 'guard'), '/mnt/guard']);
    const node = new RigNode({ name, dir, rootfs, clock, group, binds, disk: 'memory', diskMiB: 256 });
    node.prepare();
    clearUnits(node.root);
    mkdirSync(join(node.root, 'usr', 'local', 'lib'), { recursive: true });
    cpSync(join(built, 'signer.mjs'), join(node.root, signerProgram));
    node.write('/etc/machine-id', `${Buffer.from(name.padEnd(16)).toString('hex')}\n`);
    return node;
  };
  const [amber, birch] = [make(names[0]), make(names[1])];
  const cutPower = async (node: RigNode): Promise<void> => {
    await clock.sleep(durationMs(options.fenceMs));
    await node.losePower();
  };
  const nodes = [amber, birch] as const;
  const record = new LineRecord(nodes.map(({ root }) => join(root, recordPath)));
  return { ...options, amber, birch, nodes, record, cutPower, powerUrl: await startSwitch({ ...options, cutPower, nodes }) };
};

export const untilSigns = async ({ clock, record }: Bench, node: NodeName): Promise<void> => {
  const fromMs = clock.epochMs();
  await until(clock, healthyMs, `signing by ${node}`, async () => record.since(node, fromMs) > 10);
};
