import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs, type Clock } from '../../core/time.ts';
import { cometbftBinary } from '../testnet/binary.ts';
import { active, standby, Testnet } from '../testnet/testnet.ts';
import type { ChainView, DrillChain, DrillNode, Findings } from './chain.ts';

/** A real CometBFT chain; the guard is the signer of both homes. */

const unitName = 'cometbft.service';
/** Four equal validators propose in turn: two whole rotations, and the blocks that evidence needs to land. */
const heightsToTell = 12;
const pollMs = durationMs(50);
const maxPolls = 2_000;

/** Height of the last duty in a guard's durable record; 0 when there is none. */
export const lastSignedIn = (file: string): number => {
  if (!existsSync(file)) return 0;
  return (JSON.parse(readFileSync(file, 'utf8').split('\n')[0] ?? '{}') as { height?: number }).height ?? 0;
};

const findingsOf = async (net: Testnet, of: Parameters<ChainView['findings']>[0], lastOfOld: number): Promise<Findings> => {
  const head = await net.head();
  const after = Math.max(0, head - of.switchedAt);
  return {
    doubleSigned: await net.evidence(1, head),
    late: of.newNode !== null && lastOfOld > of.switchedAt ? 1 : 0,
    missed: await net.missed(of.from + 1, head - 1),
    how: `the evidence of every block from 1 to ${head} was read from a peer; ${after} heights with each validator proposing in turn lie after the switch`,
  };
};

/** @param lastSignedBy the last height in the durable record of a node's guard. */
export const cometbftView = (net: Testnet, clock: Clock, lastSignedBy: (node: DrillNode['name']) => number): ChainView => ({
  config: { kind: 'cometbft', chainId: net.chainId, publicKey: net.publicKey },
  vantages: [
    { name: 'peer-1', url: net.rpcOf(1) },
    { name: 'peer-2', url: net.rpcOf(2) },
  ],
  keyFile: net.key,
  unitName,
  start: async () => {
    net.startPeers();
    await net.waitHeight(2);
  },
  head: () => net.head(),
  firstSignedAbove: async (height) => {
    for (let at = height + 1; at <= (await net.head()); at += 1) if (await net.signedAt(at)) return { height: at, atMs: clock.steadyMs() };
    return null;
  },
  waitUntilTold: async (height) => {
    for (let poll = 0; poll < maxPolls && (await net.head()) < height + heightsToTell; poll += 1) await clock.sleep(pollMs);
  },
  findings: (of) => findingsOf(net, of, lastSignedBy(of.oldNode)),
  close: () => net.close(),
});

export const cometbftChain = async (options: {
  dir: string;
  clock: Clock;
  guarded: boolean;
  progress: (line: string) => void;
}): Promise<DrillChain> => {
  const { clock } = options;
  const binary = await cometbftBinary(options.progress);
  const dir = join(options.dir, 'c');
  mkdirSync(dir, { recursive: true });
  const net = new Testnet({ dir, binary, clock });
  await net.prepare({ guarded: options.guarded });
  const numberOf = (node: DrillNode): number => (node.name === 'amber' ? active : standby);
  const brokenFile = (node: DrillNode): string => join(node.sandbox.root, 'broken');
  const stateFile = (root: string): string => join(root, 'var', 'lib', 'baton', 'drill', 'watermark.json');
  const roots = new Map<string, string>();
  return {
    ...cometbftView(net, clock, (name) => lastSignedIn(stateFile(roots.get(name) ?? ''))),
    setUp: async (node) => {
      const number = numberOf(node);
      roots.set(node.name, node.sandbox.root);
      const home = net.homes[number];
      return {
        // CometBFT leaves its socket behind when it is killed, and does not start while the file is there.
        unit: {
          argv: ['sh', '-c', `rm -f ${home?.socket ?? ''}; test ! -e ${brokenFile(node)} && exec "$@"`, 'cometbft', ...net.argvOf(number)],
          restart: 'always',
          stopMs: 2_000,
        },
        guardChain: {
          kind: 'cometbft',
          chainId: net.chainId,
          publicKey: net.publicKey,
          socket: `unix://${home?.socket ?? ''}`,
          rpc: home?.rpc ?? '',
        },
        alwaysRuns: true,
      };
    },
    breakProcess: async (node) => {
      node.sandbox.write('broken', '');
      await node.sandbox.killUnit(unitName);
    },
    mend: (node) => {
      rmSync(brokenFile(node), { force: true });
    },
  };
};
