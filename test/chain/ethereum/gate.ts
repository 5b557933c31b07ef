import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ArbiterStore } from '../../../aws/arbiter.ts';
import { nodeId } from '../../../core/ids.ts';
import type { Watermark } from '../../../core/watermark.ts';
import { localCredentials, startDynamo } from '../../../local/dynamo.ts';
import { conflictsIn } from '../../../local/lodestar/conflicts.ts';
import { slotsPerEpoch, type LodestarNet } from '../../../local/lodestar/net.ts';
import { gateMachine, keyFileOf, openLanes, type GateMachine } from './team.ts';

/**
 * Active-active on a real Lodestar chain: three machines with the same keys, every block and vote decided by the arbiter. One is killed, and then
 * another one's way to the arbiter is cut. Nothing may conflict, and while one is left every key must vote in every epoch.
 */

const zero: Watermark = { kind: 'eip3076', slot: 0, source: 0, target: 0 };
const nodes = ['i-0a00000000000001', 'i-0b00000000000002', 'i-0c00000000000003'].map((id) => nodeId.parse(id));

export interface GateReport {
  readonly ok: boolean;
  readonly conflicts: number;
  readonly keys: number;
  readonly slots: number;
  /** Votes that no machine published: of each key and epoch, by what had failed. */
  readonly missedVotes: Readonly<Record<'none' | 'oneKilled' | 'oneKilledOneCut', number>>;
  readonly votes: Readonly<Record<string, number>>;
  readonly blocks: Readonly<Record<string, number>>;
  readonly writes: number;
}

const missedIn = (machines: readonly GateMachine[], of: { indices: readonly number[]; from: number; to: number }): number => {
  const voted = new Set(
    machines.flatMap(({ proxy }) => proxy.published).flatMap((one) => (one.kind === 'vote' ? [`${one.validator}/${one.target}`] : [])),
  );
  let missed = 0;
  for (const index of of.indices) for (let epoch = of.from; epoch < of.to; epoch += 1) missed += voted.has(`${index}/${epoch}`) ? 0 : 1;
  return missed;
};

const started = async (net: LodestarNet, of: { indices: readonly number[]; arbiter: ArbiterStore }): Promise<GateMachine[]> => {
  const owed = new Map<string, number>();
  await openLanes(of.arbiter, of.indices, zero);
  const machines: GateMachine[] = [];
  for (const [at, name] of ['amber', 'birch', 'cedar'].entries()) {
    const machine = await gateMachine({ net, owed, indices: of.indices, arbiter: of.arbiter, node: nodes[at] ?? nodeId.parse('i-00000000') }, name);
    const key = keyFileOf(of.indices);
    await machine.driver.activate(key);
    key.fill(0);
    machines.push(machine);
  }
  return machines;
};

/** @param of.indices which of the chain's validators are on all three. */
export const runGate = async (net: LodestarNet, of: { say: (line: string) => void; indices: readonly number[] }): Promise<GateReport> => {
  await net.start();
  let writes = 0;
  const dynamo = await startDynamo('baton', (action) => {
    if (action === 'UpdateItem') writes += 1;
  });
  try {
    const client = new DynamoDBClient({ ...localCredentials, endpoint: dynamo.endpoint, maxAttempts: 1 });
    const machines = await started(net, { indices: of.indices, arbiter: new ArbiterStore({ client, table: 'baton' }) });
    const [amber, birch] = machines;
    if (!amber || !birch) throw new Error('no machines');
    const epochNow = async (): Promise<number> => Math.floor((await net.nowSlot()) / slotsPerEpoch);
    const steady = (await epochNow()) + 2;
    const firstSlot = steady * slotsPerEpoch;
    const middle = slotsPerEpoch / 2;
    await net.untilSlot((steady + 2) * slotsPerEpoch + middle);
    of.say('amber is killed.');
    await amber.crash();
    await net.untilSlot((steady + 4) * slotsPerEpoch + middle);
    of.say('birch has no way to the arbiter.');
    birch.reaches = false;
    const end = steady + 7;
    await net.untilSlot(end * slotsPerEpoch);
    const conflicts = conflictsIn(machines.flatMap(({ proxy }) => proxy.published)).length;
    const missed = (from: number, to: number): number => missedIn(machines, { indices: of.indices, from, to });
    const missedVotes = { none: missed(steady, steady + 2), oneKilled: missed(steady + 2, steady + 4), oneKilledOneCut: missed(steady + 4, end) };
    const count = (kind: 'vote' | 'block') =>
      Object.fromEntries(machines.map(({ name, proxy }) => [name, proxy.published.filter((one) => one.kind === kind).length]));
    const votes = count('vote');
    const ok = conflicts === 0 && Object.values(votes).every((many) => many > 0);
    return { ok, conflicts, keys: of.indices.length, slots: end * slotsPerEpoch - firstSlot, missedVotes, votes, blocks: count('block'), writes };
  } finally {
    await dynamo.close();
  }
};
