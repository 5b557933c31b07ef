import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Context } from '../../cli/context.ts';
import type { Clock } from '../../core/time.ts';
import { builtHere, type Artifacts } from '../../local/artifacts.ts';
import { nodePrincipal, people, startCloud, type Cloud } from '../../local/cloud.ts';
import { cometbftView, lastSignedIn } from '../../local/drill/chain-cometbft.ts';
import { tickerView } from '../../local/drill/chain-ticker.ts';
import type { ChainView } from '../../local/drill/chain.ts';
import { drillTiming, enrol, ids, silent, validator } from '../../local/drill/enrol.ts';
import { active, standby, Testnet } from '../../local/testnet/testnet.ts';
import { chainAddress, cloudAddress, layNetwork, ledgerAddress, nodeAddress, type NodeName } from './net.ts';
import { RigNode } from './node.ts';
import { peersOf } from './peers.ts';
import type { RigScenario } from './scenario.ts';

/** Two machines, a chain and the local cloud; everything is installed as an operator installs it. */

const root = join(import.meta.dirname, '..', '..');
const names = ['amber', 'birch'] as const;
const cometHome = '/var/lib/cometbft';
const cometSocket = '/run/cometbft/privval.sock';
/** A busy machine takes its time. */
const installMs = 120_000;
const guardUnit = `baton-guard@${validator}.service`;
const stateFile = `/var/lib/baton/${validator}/watermark.json`;

export interface RigWorld {
  readonly clock: Clock;
  readonly dir: string;
  readonly view: ChainView;
  readonly cloud: Cloud;
  readonly amber: RigNode;
  readonly birch: RigNode;
  /** False in the control where both nodes have the key and no guard. */
  readonly guarded: boolean;
  readonly guardUnit: string;
  readonly contextOf: (person: keyof typeof people) => Context;
  close(): Promise<void>;
}

export interface RigWorldOptions {
  readonly dir: string;
  readonly rootfs: string;
  readonly group: string;
  readonly clock: Clock;
  readonly scenario: RigScenario;
  /** False: both nodes have the key, and no guard. */
  readonly guarded: boolean;
  /** The script of the fence document, changed by a control. */
  readonly fence: ((script: string) => string) | null;
}

/** What an operator brings to a node: the validator's own unit, and for the guard its configuration. */
interface Fitted {
  readonly unitFile: string;
  readonly guardChain: Record<string, unknown>;
  /** Further arguments of the installer. */
  readonly installer: string;
  /** Runs on the standby too. */
  readonly always: boolean;
}

interface RigChain {
  readonly view: ChainView;
  /** Puts the validator's files on the node. */
  fit(node: RigNode, guarded: boolean): Promise<Fitted>;
}

const numberOf = (name: NodeName): number => (name === 'amber' ? active : standby);

const cometChain = async (options: RigWorldOptions, rootOf: (name: NodeName) => string): Promise<RigChain> => {
  const binary = process.env['BATON_COMETBFT'] ?? '';
  const dir = join(options.dir, 'c');
  mkdirSync(dir, { recursive: true });
  const hostOf = (node: number): string => (node === active ? nodeAddress.amber : node === standby ? nodeAddress.birch : chainAddress);
  const net = new Testnet({ dir, binary, clock: options.clock, places: { host: hostOf, socket: () => cometSocket } });
  await net.prepare({ guarded: options.guarded });
  return {
    view: cometbftView(net, options.clock, (name) => lastSignedIn(join(rootOf(name), stateFile))),
    fit: async (node) => {
      const home = net.homes[numberOf(node.name)];
      cpSync(home?.dir ?? '', join(node.root, cometHome), { recursive: true });
      return {
        unitFile: `[Unit]
Description=CometBFT node
[Service]
ExecCondition=/usr/bin/test ! -e ${cometHome}/broken
ExecStart=/usr/local/bin/cometbft start --home ${cometHome}
RuntimeDirectory=cometbft
[Install]
WantedBy=multi-user.target
`,
        guardChain: { kind: 'cometbft', chainId: net.chainId, publicKey: net.publicKey, socket: `unix://${cometSocket}`, rpc: home?.rpc ?? '' },
        installer: `--socket ${cometSocket}`,
        always: true,
      };
    },
  };
};

const tickerRig = async (options: RigWorldOptions): Promise<RigChain> => {
  const { view, seed, url } = await tickerView(options.clock);
  const daemon = join(options.dir, 'tickd.mjs');
  await build({
    entryPoints: [join(root, 'local', 'ticker', 'tickd.ts')],
    outfile: daemon,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    logLevel: 'error',
  });
  const far = url.replace('127.0.0.1', ledgerAddress);
  return {
    view,
    fit: async (node, guarded) => {
      const keyDir = guarded ? `/run/baton/${validator}` : '/var/lib/tick/keys';
      const env = { TICK_URL: far, TICK_NODE: node.name, TICK_KEY_DIR: keyDir, TICK_DIR: '/var/lib/tick' };
      const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      node.write('/usr/local/lib/tickctl.mjs', '');
      cpSync(join(root, 'local', 'ticker', 'tickctl.mjs'), join(node.root, '/usr/local/lib/tickctl.mjs'));
      cpSync(daemon, join(node.root, '/usr/local/lib/tickd.mjs'));
      mkdirSync(join(node.root, '/var/lib/tick/keys'), { recursive: true });
      if (!guarded) node.write('/var/lib/tick/keys/key', seed.toString('base64'), 0o400);
      const tickctl = ['/usr/bin/env', ...words, '/usr/bin/node', '/usr/local/lib/tickctl.mjs'];
      return {
        unitFile: `[Service]\n${words.map((word) => `Environment=${word}`).join('\n')}\nExecStart=/usr/bin/node /usr/local/lib/tickd.mjs\n`,
        guardChain: {
          kind: 'systemd',
          healthCommand: [...tickctl, 'health'],
          readinessCommand: [...tickctl, 'ready'],
          watermarkCommand: [...tickctl, 'slot'],
          stateCheckCommand: null,
        },
        installer: '',
        always: false,
      };
    },
  };
};

/** Where the guard finds AWS, and as whom: what the instance's role is elsewhere. */
const wayToAws = (cloud: Cloud, name: NodeName): string => {
  const credentials = cloud.credentials(nodePrincipal(ids[name]));
  const env: Record<string, string> = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  for (const [variable, url] of Object.entries(cloud.endpoints)) env[variable] = url.replace('127.0.0.1', cloudAddress);
  return `[Service]\n${Object.entries(env)
    .map(([variable, value]) => `Environment=${variable}=${value}`)
    .join('\n')}\n`;
};

/** Puts a guard on a machine that is up, as an operator does. @param of.timing beside that of drills. */
export const installGuard = async (
  node: RigNode,
  fitted: Pick<Fitted, 'guardChain' | 'installer'>,
  of: { cloud: Cloud; unit: string; timing: Readonly<Record<string, number>>; onControlPlaneLoss: unknown },
): Promise<void> => {
  const { deployment } = of.cloud;
  const { onControlPlaneLoss } = of;
  node.write(`/etc/systemd/system/${guardUnit}.d/aws.conf`, wayToAws(of.cloud, node.name), 0o600);
  node.write(
    '/root/guard.json',
    JSON.stringify({
      validator,
      node: ids[node.name],
      table: deployment.table,
      keyId: deployment.custodyKey,
      chain: fitted.guardChain,
      unit: of.unit,
      timing: { ...drillTiming, ...of.timing },
      onControlPlaneLoss,
      ...(onControlPlaneLoss === 'ask' ? { peers: peersOf(node) } : {}),
      build: 'rig',
      paths: { keyDir: `/run/baton/${validator}`, stateDir: `/var/lib/baton/${validator}` },
    }),
    0o600,
  );
  const installer = `sh /mnt/guard/install.sh --validator ${validator} --config /root/guard.json --unit ${of.unit} ${fitted.installer}`;
  await node.must(installer, installMs);
};

const documented = (artifacts: Artifacts, change: RigWorldOptions['fence']): Artifacts => {
  if (change === null) return artifacts;
  const documents = artifacts.deployment.documents.map(({ name, content }) => {
    const copy = structuredClone(content) as { mainSteps?: { name: string; inputs: { runCommand: string[] } }[] };
    for (const step of copy.mainSteps ?? []) if (step.name === 'fence') step.inputs.runCommand = [change(step.inputs.runCommand.join('\n'))];
    return { name, content: copy };
  });
  return { ...artifacts, deployment: { ...artifacts.deployment, documents } };
};

const machineId = (name: string): string => `${createHash('sha256').update(name).digest('hex').slice(0, 32)}\n`;

const makeNodes = (options: RigWorldOptions): { amber: RigNode; birch: RigNode } => {
  const { dir, rootfs, clock, group, scenario } = options;
  const binds: [string, string][] = [
    [process.execPath, '/usr/bin/node'],
    [join(root, 'dist', 'guard'), '/mnt/guard'],
  ];
  if (scenario.chain === 'cometbft') binds.push([process.env['BATON_COMETBFT'] ?? '', '/usr/local/bin/cometbft']);
  const [amber, birch] = names.map((name) => {
    const disk = name === 'amber' ? scenario.disk : 'memory';
    const node = new RigNode({ name, dir, rootfs, clock, group, binds, disk, diskMiB: 384 });
    node.prepare();
    node.write('/etc/machine-id', machineId(name));
    return node;
  });
  if (!amber || !birch) throw new Error('two nodes');
  return { amber, birch };
};

/** Everything ends with the process: it is the first one in its own namespaces. @throws Error. */
export const makeWorld = async (options: RigWorldOptions): Promise<RigWorld> => {
  const { clock, dir, scenario, guarded } = options;
  layNetwork();
  const nodes = makeNodes(options);
  const chain = scenario.chain === 'cometbft' ? await cometChain(options, (name) => nodes[name].root) : await tickerRig(options);
  const { view } = chain;
  const machines = new Map<string, RigNode>(names.map((name) => [ids[name], nodes[name]]));
  const cloud = await startCloud({
    dir,
    clock,
    machines: { get: (id) => machines.get(id) },
    artifacts: documented(builtHere(), options.fence),
  });
  await view.start();
  const fitting = async (name: NodeName): Promise<void> => {
    const node = nodes[name];
    const fitted = await chain.fit(node, guarded);
    node.write(`/etc/systemd/system/${view.unitName}`, fitted.unitFile);
    await node.boot();
    const { timing, policy } = scenario;
    if (guarded) await installGuard(node, fitted, { cloud, unit: view.unitName, timing, onControlPlaneLoss: policy['onControlPlaneLoss'] ?? 'stop' });
    if (fitted.always && (guarded || name === 'amber')) await node.must(`systemctl enable --now ${view.unitName}`);
  };
  await Promise.all(names.map(fitting));
  const note = (line: string): void => {
    writeFileSync(join(dir, 'notes'), `${line}\n`, { flag: 'a' });
  };
  const contextOf = (person: keyof typeof people): Context => cloud.contextFor(people[person], silent(note));
  if (guarded) await enrol({ contextOf, chain: view, dir }, scenario, false);
  return {
    clock,
    dir,
    view,
    cloud,
    ...nodes,
    guarded,
    guardUnit,
    contextOf,
    close: async () => {
      await Promise.all(names.map((name) => nodes[name].close()));
      await view.close();
      await cloud.close();
    },
  };
};
