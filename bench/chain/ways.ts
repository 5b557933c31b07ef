import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { elapsedMs, type Clock } from '../../core/time.ts';
import { cometbftView } from '../../local/drill/chain-cometbft.ts';
import { runDrill } from '../../local/drill/run.ts';
import { until } from '../../local/drill/until.ts';
import { NodeSandbox } from '../../local/node/sandbox.ts';
import { cometbftBinary } from '../../local/testnet/binary.ts';
import { Testnet } from '../../local/testnet/testnet.ts';
import { backAbove } from '../gate/back.ts';
import { faults } from '../gate/faults.ts';
import { names, nodeUnit, startWorld } from '../gate/world.ts';
import type { Sample } from './report.ts';

/** Each way once, on a fresh chain. What is counted is read from the chain, over as many heights in each. */

type Tell = (line: string) => void;

/** The file counts in strings. */
const stateFile = z.object({ height: z.coerce.number() });
const limitMs = 60_000;

interface Stopped {
  readonly net: Testnet;
  readonly clock: Clock;
  /** Nobody has signed above this height when `stop` has done its work. */
  readonly lastSigned: () => number;
  readonly stop: () => Promise<unknown>;
}

/** Missed blocks and time from the fault until the chain shows a signature that came after it. */
const measured = async ({ net, clock, lastSigned, stop }: Stopped): Promise<Omit<Sample, 'way'>> => {
  const view = cometbftView(net, clock, lastSigned);
  const from = await net.head();
  const faultMs = clock.steadyMs();
  await stop();
  const last = lastSigned();
  const first = await until(clock, limitMs, 'a signature after the fault', () => view.firstSignedAbove(last));
  await view.waitUntilTold(first.height);
  const { missed, doubleSigned } = await view.findings({ from, switchedAt: first.height, oldNode: 'amber', newNode: null });
  return { missed, toVerdictMs: null, toSignatureMs: elapsedMs(faultMs, first.atMs), signedTwice: doubleSigned };
};

/** A node with the key on its disk is killed and started at once. */
export const restart = async (clock: Clock, tell: Tell): Promise<Sample> => {
  const dir = mkdtempSync(join(tmpdir(), 'chain-'));
  const net = new Testnet({ dir: join(dir, 'c'), binary: await cometbftBinary(tell), clock, standbys: 0 });
  const sandbox = new NodeSandbox({ root: join(dir, 'amber'), clock, endpoints: {}, env: {} });
  try {
    await net.prepare({ guarded: false });
    net.startPeers();
    await sandbox.prepare();
    const [home = 0] = net.own;
    sandbox.unit(nodeUnit, { argv: net.argvOf(home) });
    await sandbox.powerOn();
    await sandbox.systemctl('start', nodeUnit);
    const state = join(net.homes[home]?.dir ?? '', 'data', 'priv_validator_state.json');
    const lastSigned = (): number => stateFile.parse(JSON.parse(readFileSync(state, 'utf8'))).height;
    await until(clock, limitMs, 'the first signatures', async () => (await net.head()) > 5 && (await net.signedAt((await net.head()) - 1)));
    let killedAt = 0;
    const stop = async (): Promise<void> => {
      await sandbox.killUnit(nodeUnit);
      // Until nothing of it is left.
      await sandbox.systemctl('stop', nodeUnit);
      killedAt = lastSigned();
      await sandbox.systemctl('start', nodeUnit);
    };
    return { way: 'restart', ...(await measured({ net, clock, lastSigned: () => killedAt, stop })) };
  } finally {
    await sandbox.close();
    await net.close();
    rmSync(dir, { recursive: true, force: true });
  }
};

/** A drill. @throws Error when it does not end as it must without having signed twice: there is nothing to measure then. */
export const drilled = async (clock: Clock, tell: Tell, scenario: 'switchover' | 'crash'): Promise<Sample> => {
  const result = await runDrill({ chain: 'cometbft', scenario, guarded: true, keep: false, built: null, clock, ask: null, tell }, () => undefined);
  const { ok, signedTwice, findings, faultToVerdictMs, verdictToSignatureMs, sentence } = result;
  if (!signedTwice && (!ok || verdictToSignatureMs === null)) throw new Error(`${scenario} ended in ${result.end}: ${sentence}`);
  return {
    way: scenario,
    missed: findings.missed,
    toVerdictMs: faultToVerdictMs,
    toSignatureMs: verdictToSignatureMs ?? 0,
    signedTwice: findings.doubleSigned + findings.late,
  };
};

/** One of three nodes and its guard are killed, and do not come up. @param turn whose turn it is. */
export const gated = async (clock: Clock, tell: Tell, turn: number): Promise<Sample> => {
  const world = await startWorld(clock, tell);
  try {
    const { net, recorder, nodes } = world;
    const name = names[turn % names.length] ?? 'amber';
    await backAbove(clock, world, names, await net.head());
    let killedAt = 0;
    const stop = async (): Promise<void> => {
      await Promise.all((['signer', 'node'] as const).map((part) => faults[part].begin(nodes[name], world, name)));
      killedAt = Math.max(0, ...recorder.answers.filter(({ signature }) => signature !== null).map(({ height }) => height));
    };
    const sample = await measured({ net, clock, lastSigned: () => killedAt, stop });
    return { way: 'gate', ...sample, signedTwice: sample.signedTwice + recorder.conflicts().length };
  } finally {
    await world.close();
  }
};
