import { GetItemCommand, PutItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { AlertTests } from '../aws/alert-test.ts';
import { FenceTests } from '../aws/fence-tests.ts';
import { Approvals } from '../aws/approvals.ts';
import { LeaseStore } from '../aws/lease.ts';
import { Records } from '../aws/records.ts';
import type { Chains } from '../chains/index.ts';
import { validatorConfig, type ValidatorConfig } from '../core/config.ts';
import { nodeId } from '../core/ids.ts';
import { hashOf } from '../core/plan.ts';
import { epochMs, steadyMs, type Clock } from '../core/time.ts';
import { everything } from '../console/fleet.ts';
import { Pulses, readPage } from '../functions/shared/console-read.ts';
import type { Deps } from '../functions/shared/deps.ts';
import type { Measure } from '../functions/shared/metrics.ts';
import { survey } from '../functions/survey.ts';
import { watch } from '../functions/watch.ts';
import { reportEveryMs } from '../guard/guard.ts';

/** One quiet minute: the real watch and survey, on a clock that does not wait, over a table that counts. */

export interface Minute {
  readonly stackReads: number;
  readonly stackWrites: number;
  /** Of watch and survey, for each validator. */
  readonly validatorReads: number;
  readonly guardReads: number;
  readonly guardWrites: number;
  readonly stackMetrics: number;
  readonly validatorMetrics: number;
  readonly surveySeconds: number;
  /** Of one page of the fleet in the console, for each validator and beside them. */
  readonly pageReads: number;
  readonly pageOwnReads: number;
  readonly pageSeconds: number;
}

const readUnitBytes = 4_096;
/** What one call takes in the Region, in milliseconds: only the survey's duration rests on it. */
const callMs = 5;
/** How far rounds of the watch lie apart: a page waits for the next, here as long as it can be. */
const watchEveryMs = 5_000;

const nodes = [nodeId.parse('i-0a11ce0000000001'), nodeId.parse('i-0b0b000000000002')];

const configOf = (id: string): ValidatorConfig =>
  validatorConfig.parse({
    id,
    chain: { kind: 'cometbft', chainId: 'test-1', publicKey: Buffer.alloc(32, 1).toString('base64') },
    holder: 'amber',
    nodes: nodes.map((node, index) => ({
      name: index === 0 ? 'amber' : 'birch',
      id: node,
      principal: `arn:aws:sts::123456789012:assumed-role/baton-node-${node}/${node}`,
      url: 'http://10.0.1.10:26657',
    })),
    vantages: ['one', 'two'].map((name) => ({ name, url: `http://${name}.example.com:26657` })),
    policy: { approvers: ['role/baton-approver'] },
  });

const reportOf = (validator: string, node: string, sequence: number): Record<string, unknown> => ({
  validator,
  node,
  sequence,
  armedTerm: 7,
  armed: true,
  leaseMs: 15_000,
  signing: node === nodes[0],
  floor: 7,
  synced: true,
  height: 23_456_789,
  build: '2026-11-25',
  distress: null,
  diskFreeBytes: 123_456_789_012,
  relinquished: { term: 5, watermark: { kind: 'consensus', height: 23_000_000, round: 0, step: 3 } },
});

const leaseOf = (validator: string): Record<string, unknown> => ({
  validator,
  term: 7,
  holder: nodes[0],
  phase: 'HELD',
  claim: `${validator}.t6.0a1b2c3d`,
  candidate: nodes[0],
  releasedTerm: 7,
  evidence: { kind: 'relinquished', node: nodes[1], term: 6, how: 'The guard closed the gate.', by: 'guard', atMs: 1_764_000_000_000 },
  watermark: { kind: 'consensus', height: 23_000_000, round: 0, step: 3 },
  sealed: { node: nodes[0], term: 7, box: 'A'.repeat(480), dataKey: 'A'.repeat(250), grantToken: 'A'.repeat(220) },
  attempt: `${validator}.t6.0a1b2c3d/Settle/6`,
  version: 30,
});

interface Counts {
  reads: Record<string, number>;
  writes: Record<string, number>;
}

/** Answers as the table would and counts its units by the kind of item. */
const countingTable = (validators: readonly string[], counts: Counts, tick: () => number): DynamoDBClient => {
  let [looks, atMs] = [0, 0];
  const stored = (pk: string): Record<string, unknown> | undefined => {
    const [kind = '', validator = '', node = ''] = pk.split('#');
    if (kind === 'fleet') return { validators };
    if (kind === 'config') {
      const config = configOf(validator);
      return { config, hash: hashOf(config) };
    }
    if (kind === 'lease') return leaseOf(validator);
    if (kind === 'node') return reportOf(validator, node, (looks += 1));
    if (kind === 'watcher') return { owner: 'w', generation: 1, round: Math.floor(atMs / watchEveryMs) };
    return undefined;
  };
  const add = (to: Record<string, number>, pk: string, units: number): void => {
    const kind = pk.split('#')[0] ?? '';
    to[kind] = (to[kind] ?? 0) + units;
  };
  const answer = (command: unknown): unknown => {
    atMs = tick();
    if (command instanceof GetItemCommand) {
      const pk = String(command.input.Key?.['pk']?.S);
      const value = stored(pk);
      const item = value && marshall({ ...value, pk }, { removeUndefinedValues: true });
      add(counts.reads, pk, Math.max(1, Math.ceil(JSON.stringify(value ?? {}).length / readUnitBytes)));
      return { Item: item };
    }
    if (command instanceof UpdateItemCommand) add(counts.writes, String(command.input.Key?.['pk']?.S), 1);
    if (command instanceof PutItemCommand) add(counts.writes, String(command.input.Item?.['pk']?.S), 1);
    return {};
  };
  return { send: async (command: unknown) => answer(command) } as unknown as DynamoDBClient;
};

const counted = (names: Set<string>): Measure => ({
  add: (name) => names.add(name),
  split: (name, by) => names.add(`${name}/${by}`),
  flush: () => undefined,
});

const sum = (of: Record<string, number>, kinds: readonly string[] | null): number =>
  Object.entries(of)
    .filter(([kind]) => kinds === null || kinds.includes(kind))
    .reduce((all, [, units]) => all + units, 0);

const chains: Chains = {
  look: async () => ({
    result: { observation: 'signing', head: 100, lastSigned: 100, sentence: 'signing' },
    memory: { head: 100, lastSigned: 100, stillMs: 0, observation: 'signing' },
  }),
  landed: async () => ({ signed: true, head: 100, whole: true }),
  signedAbove: async () => false,
  headOf: async () => 100,
};

/** @returns the units of one minute; those of guards by their configured intervals. */
export const countMinute = async (): Promise<Minute> => {
  const validators = ['hub-1', 'hub-2', 'hub-3', 'hub-4'];
  const counts: Counts = { reads: {}, writes: {} };
  const metrics = new Set<string>();
  let nowMs = 0;
  const clock: Clock = {
    epochMs: () => epochMs(1_764_000_000_000 + nowMs),
    steadyMs: () => steadyMs(nowMs),
    sleep: async (length, signal) => {
      // Work goes on at once here: it comes before the time that it is given.
      await new Promise(setImmediate);
      signal?.throwIfAborted();
      nowMs += length;
    },
    timeout: () => new AbortController().signal,
  };
  const client = countingTable(validators, counts, () => {
    nowMs += callMs / validators.length;
    return nowMs;
  });
  const table = { client, table: 'baton' };
  const deps = {
    clock,
    randomHex: (bytes: number) => 'a'.repeat(2 * bytes),
    measure: counted(metrics),
    lease: new LeaseStore(table),
    records: new Records(table),
    approvals: new Approvals(table),
    alertTests: new AlertTests(table),
    fenceTests: new FenceTests(table),
    tableCheck: { safety: async () => ({ state: 'safe', sentence: 'One Region.' }) },
    workflow: { start: async () => true, isRunning: async () => false, sendAnswer: async () => undefined },
    notify: { send: async () => true },
    validatorsMeasured: validators.length,
    chains,
    executions: { find: async () => undefined, history: async () => [] },
    settings: { dryRun: false, approvalRequired: true },
  } as unknown as Deps;
  const { signal } = new AbortController();
  await watch({}, deps, signal, () => 60_000 + 2 * 5_000 - nowMs);
  const surveyedMs = nowMs;
  await survey({}, deps, signal, () => 50_000);
  const surveySeconds = (nowMs - surveyedMs) / 1_000;
  const before = { ...counts.reads };
  const shownMs = nowMs;
  await readPage(deps, { wanted: { page: 'fleet', asked: everything }, pulses: new Pulses(), remainingMs: () => 20_000 }, signal);
  const page: Record<string, number> = {};
  for (const [kind, units] of Object.entries(counts.reads)) page[kind] = units - (before[kind] ?? 0);
  counts.reads = before;
  const perValidator = ['config', 'lease', 'node', 'pause', 'approvals', 'history', 'watch', 'fence-test', 'quarantine'];
  const { timing } = configOf('hub-1');
  const own = [...metrics].filter((name) => /^(LeaseTerm|LeasePhase|Verdict)\//.test(name));
  return {
    stackReads: sum(counts.reads, null) - sum(counts.reads, perValidator),
    stackWrites: sum(counts.writes, null),
    validatorReads: sum(counts.reads, perValidator) / validators.length,
    guardReads: nodes.length * (60_000 / timing.pollMs),
    guardWrites: nodes.length * (60_000 / reportEveryMs),
    // Done and StepMs of watch and survey come from the frame.
    stackMetrics: metrics.size - own.length + 4,
    validatorMetrics: own.length / validators.length,
    surveySeconds,
    pageReads: sum(page, perValidator) / validators.length,
    pageOwnReads: sum(page, null) - sum(page, perValidator),
    pageSeconds: (nowMs - shownMs) / 1_000,
  };
};
