import { GetItemCommand, PutItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { AlertTests } from '../../aws/alert-test.ts';
import { FenceTests } from '../../aws/fence-tests.ts';
import { Approvals } from '../../aws/approvals.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { Records } from '../../aws/records.ts';
import type { Chains } from '../../chains/index.ts';
import { validatorConfig, type ValidatorConfig } from '../../core/config.ts';
import { nodeId, type ValidatorId } from '../../core/ids.ts';
import { hashOf } from '../../core/plan.ts';
import { mostPeeks, readInMs, reportEveryMs } from '../../core/pace.ts';
import { epochMs, steadyMs, type Clock } from '../../core/time.ts';
import { everything } from '../../console/fleet.ts';
import { Pulses, readPage } from '../../functions/shared/console-read.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import { sparing, type Measure } from '../../functions/shared/metrics.ts';
import { LastLooks } from '../../functions/shared/last-looks.ts';
import { survey } from '../../functions/survey.ts';
import { watch } from '../../functions/watch.ts';

/** One quiet minute: the real watch and survey, on a clock that does not wait, over a table that counts. */

export interface ValidatorMinute {
  /** Of watch and survey. */
  readonly watchReads: number;
  /** Of one page of the fleet in the console. */
  readonly pageReads: number;
  readonly guards: { readonly reads: number; readonly writes: number };
}

export interface Minute {
  readonly stackReads: number;
  readonly stackWrites: number;
  readonly validators: ReadonlyMap<ValidatorId, ValidatorMinute>;
  readonly stackMetrics: number;
  readonly validatorMetrics: number;
  readonly surveySeconds: number;
  /** Of one page of the fleet in the console, beside those of each validator. */
  readonly pageOwnReads: number;
  readonly pageSeconds: number;
}

const readUnitBytes = 4_096;
/** What one call takes in the Region, in milliseconds: only the survey's duration rests on it. */
const callMs = 5;
/** How far rounds of the watch lie apart: a page waits for the next, here as long as it can be. */
const watchEveryMs = 5_000;

/** Minutes after which a process tells and asks what it does in any other. */
const minutesBefore = 6;

const nodes = [nodeId.parse('i-0a11ce0000000001'), nodeId.parse('i-0b0b000000000002')];

/** As `npm run cost` counts: two nodes, two vantages, default timing. */
export const plainConfig = (id: string): ValidatorConfig =>
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

const reportOf = ({ id, custody, nodes: [first] }: ValidatorConfig, node: string, sequence: number): Record<string, unknown> => ({
  validator: id,
  node,
  sequence,
  armedTerm: 7,
  armed: true,
  leaseMs: 15_000,
  signing: custody === 'gate' || node === first?.id,
  floor: 7,
  synced: true,
  height: 23_456_789,
  build: '2026-11-25',
  distress: null,
  diskFreeBytes: 123_456_789_012,
  relinquished: { term: 5, watermark: { kind: 'consensus', height: 23_000_000, round: 0, step: 3 } },
});

const leaseOf = ({ id, nodes: [first, second = first] }: ValidatorConfig): Record<string, unknown> => ({
  validator: id,
  term: 7,
  holder: first?.id,
  phase: 'HELD',
  claim: `${id}.t6.0a1b2c3d`,
  candidate: first?.id,
  releasedTerm: 7,
  evidence: { kind: 'relinquished', node: second?.id, term: 6, how: 'The guard closed the gate.', by: 'guard', atMs: 1_764_000_000_000 },
  watermark: { kind: 'consensus', height: 23_000_000, round: 0, step: 3 },
  sealed: { node: first?.id, term: 7, box: 'A'.repeat(480), dataKey: 'A'.repeat(250), grantToken: 'A'.repeat(220) },
  attempt: `${id}.t6.0a1b2c3d/Settle/6`,
  version: 30,
});

/** Units by the key of the item. */
interface Counts {
  reads: Record<string, number>;
  writes: Record<string, number>;
}

/** Answers as the table would and counts its units by the kind of item. */
const countingTable = (fleet: ReadonlyMap<string, ValidatorConfig>, counts: Counts, tick: () => number): DynamoDBClient => {
  let [looks, atMs] = [0, 0];
  const stored = (pk: string): Record<string, unknown> | undefined => {
    const [kind = '', validator = '', node = ''] = pk.split('#');
    if (kind === 'fleet') return { validators: [...fleet.keys()] };
    const config = fleet.get(validator);
    if (config && kind === 'config') return { config, hash: hashOf(config) };
    if (config && kind === 'lease') return leaseOf(config);
    if (config && kind === 'node') return reportOf(config, node, (looks += 1));
    if (kind === 'watcher') return { owner: 'w', generation: 1, round: Math.floor(atMs / watchEveryMs) };
    return undefined;
  };
  const add = (to: Record<string, number>, pk: string, units: number): void => {
    to[pk] = (to[pk] ?? 0) + units;
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

const perValidator = ['config', 'lease', 'node', 'pause', 'approvals', 'history', 'watch', 'fence-test', 'quarantine'];

/** Units that are this validator's; without one, those that are nobody's. */
const sumOf = (of: Record<string, number>, validator?: string): number =>
  Object.entries(of)
    .map(([pk, units]) => ({ parts: pk.split('#'), units }))
    .filter(({ parts: [kind = '', whose] }) =>
      validator === undefined ? !perValidator.includes(kind) : perValidator.includes(kind) && whose === validator,
    )
    .reduce((all, { units }) => all + units, 0);

const chains: Chains = {
  look: async () => ({
    result: { observation: 'signing', head: 100, lastSigned: 100, sentence: 'signing' },
    memory: { head: 100, lastSigned: 100, stillMs: 0, observation: 'signing' },
  }),
  landed: async () => ({ signed: true, head: 100, whole: true }),
  signedAbove: async () => false,
  headOf: async () => 100,
  quietIn: async () => null,
};

const quiet = { alert: false, failed: false };

/**
 * The units of the guards of one validator. With custody release one holds, and the others' looks at the lease are eventually consistent but for
 * every tenth, at half the price. With custody gate each reads its membership, and nobody holds by a lease.
 */
export const guardMinute = ({ custody, nodes: { length }, timing }: ValidatorConfig): { reads: number; writes: number } => {
  const per = (lengthMs: number): number => 60_000 / lengthMs;
  const looks = per(readInMs(quiet, timing));
  const [holderMs, standbyMs] = [reportEveryMs({ ...quiet, holds: true }, timing), reportEveryMs({ ...quiet, holds: false }, timing)];
  if (custody === 'gate') return { reads: length * looks, writes: length * per(standbyMs) };
  return { reads: looks * (1 + ((length - 1) * (mostPeeks / 2 + 1)) / (mostPeeks + 1)), writes: per(holderMs) + (length - 1) * per(standbyMs) };
};

/** @returns the units of one minute of these validators; those of guards by their configured intervals. */
export const countMinute = async (configs: readonly ValidatorConfig[]): Promise<Minute> => {
  const fleet = new Map(configs.map((config) => [String(config.id), config]));
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
  const client = countingTable(fleet, counts, () => {
    nowMs += callMs / fleet.size;
    return nowMs;
  });
  const table = { client, table: 'baton' };
  const deps = {
    clock,
    randomHex: (bytes: number) => 'a'.repeat(2 * bytes),
    measure: sparing(counted(metrics)),
    lease: new LeaseStore(table),
    records: new Records(table),
    approvals: new Approvals(table),
    alertTests: new AlertTests(table),
    fenceTests: new FenceTests(table),
    tableCheck: { safety: async () => ({ state: 'safe', sentence: 'One Region.' }) },
    workflow: { start: async () => true, isRunning: async () => false, sendAnswer: async () => undefined },
    notify: { send: async () => true },
    validatorsMeasured: fleet.size,
    lastLooks: new LastLooks(),
    watchShards: 1,
    chains,
    executions: { find: async () => undefined, history: async () => [] },
    settings: { dryRun: false, approvalRequired: true },
  } as unknown as Deps;
  const { signal } = new AbortController();
  let surveySeconds = 0;
  for (let minute = 0; minute <= minutesBefore; minute += 1) {
    [counts.reads, counts.writes] = [{}, {}];
    metrics.clear();
    const startedMs = nowMs;
    await watch({}, deps, signal, () => startedMs + 60_000 + 2 * 5_000 - nowMs);
    const surveyedMs = nowMs;
    await survey({}, deps, signal, () => 50_000);
    surveySeconds = (nowMs - surveyedMs) / 1_000;
  }
  const before = { ...counts.reads };
  const shownMs = nowMs;
  await readPage(deps, { wanted: { page: 'fleet', asked: everything }, pulses: new Pulses(), remainingMs: () => 20_000 }, signal);
  const page: Record<string, number> = {};
  for (const [pk, units] of Object.entries(counts.reads)) page[pk] = units - (before[pk] ?? 0);
  const own = [...metrics].filter((name) => /^(LeaseTerm|LeasePhase|Verdict)\//.test(name));
  return {
    stackReads: sumOf(before),
    stackWrites: sumOf(counts.writes),
    validators: new Map(
      configs.map((config) => [config.id, { watchReads: sumOf(before, config.id), pageReads: sumOf(page, config.id), guards: guardMinute(config) }]),
    ),
    stackMetrics: metrics.size - own.length,
    validatorMetrics: own.length / fleet.size,
    surveySeconds,
    pageOwnReads: sumOf(page),
    pageSeconds: (nowMs - shownMs) / 1_000,
  };
};
