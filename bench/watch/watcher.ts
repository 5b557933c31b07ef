import { LeaseStore } from '../../aws/lease.ts';
import { Records } from '../../aws/records.ts';
import { dynamo } from '../../aws/clients.ts';
import { Round } from '../../chains/index.ts';
import { durationMs, elapsedMs, type DurationMs } from '../../core/time.ts';
import * as make from '../../functions/shared/make.ts';
import { homeVantage, measureRound, unwatched, watchOne, type Watched, type WatchNeeds } from '../../functions/shared/watch-round.ts';
import { Shards, watcherName } from '../../functions/shared/shards.ts';
import { Watching } from '../../functions/shared/watching.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { systemClock } from '../../runtime/clock.ts';

/**
 * The watcher of the bench: its rounds as functions/watch.ts makes them, or, to compare, each validator asking all for itself, twenty at a time.
 * Told by BENCH_… what to do; tells one line of JSON.
 */

export interface Told {
  readonly roundsMs: readonly number[];
  /** What it took to know which are its own. */
  readonly sharedMs: number;
  readonly looked: number;
  /** What was under way when all of it was measured. */
  readonly peakRssMb: number;
  /** Verdicts of the last round. */
  readonly states: Readonly<Record<string, number>>;
}

const everyMs = durationMs(5_000);
const longestRoundMs = durationMs(120_000);
const abreast = 20;

const number = (name: string): number => Number(process.env[name]);

/** Nothing is started and nobody is told: those services are not what is measured. */
const deps: Pick<Deps, WatchNeeds> = {
  ...{ clock: systemClock, randomHex: make.randomHex(), records: make.fleetRecords(), lease: make.fleetLease(), chains: make.chains() },
  ...{ workflow: { start: async () => true } as unknown as Deps['workflow'], notify: { send: async () => true }, measure: make.measure() },
};

const lockStep = (fleet: readonly ValidatorId[]) => {
  const table = { client: dynamo({ region: 'us-east-1' }), table: 'baton' };
  const known = new Map<ValidatorId, Watched>();
  const one = async (validator: ValidatorId): Promise<void> => {
    // A reader of its own each time: it knows nothing of the round before.
    const own = { ...deps, records: new Records(table), lease: new LeaseStore(table) };
    const of = { validator, vantage: homeVantage, before: known.get(validator) ?? unwatched, round: new Round() };
    known.set(validator, (await watchOne(own, of, systemClock.timeout(longestRoundMs))).after);
  };
  return {
    round: async (): Promise<void> => {
      for (let from = 0; from < fleet.length; from += abreast) await Promise.all(fleet.slice(from, from + abreast).map(one));
    },
    all: (): Watched[] => [...known.values()],
    end: async (): Promise<void> => undefined,
  };
};

const never = new AbortController().signal;
const fleet = await deps.records.readFleet(never);
const watching = process.env['BENCH_MODE'] === 'lock-step' ? lockStep(fleet) : new Watching(deps, homeVantage, never);
const [shard = 0, shards = 1] = String(process.env['BENCH_SHARD']).split('/').map(Number);
const owner = make.randomHex()(8);
let beats = 0;
/** The others are measured one after the other; here all of them live, and share as this one does. */
const others = {
  readAsks: deps.records.readAsks.bind(deps.records),
  readWatcher: async () => ({ owner, generation: 1, round: (beats += 1), plan: sharing.plan() }),
};
const sharing: Shards = new Shards({ records: others, clock: systemClock }, { vantage: homeVantage, shard, shards });
const beganMs = systemClock.steadyMs();
if (shards > 1) await sharing.share(fleet, never);
const sharedMs = elapsedMs(beganMs, systemClock.steadyMs());
await sharing.look(never);
const name = watcherName(homeVantage, shard);
await deps.records.takeWatcher(name, { owner, plan: sharing.plan() }, never);
let mine: readonly ValidatorId[] = [];
const roundsMs: DurationMs[] = [];
for (let round = 0; round < number('BENCH_ROUNDS'); round += 1) {
  const startedMs = systemClock.steadyMs();
  await deps.records.keepWatcher(name, owner, never);
  await sharing.look(never);
  mine = sharing.mine(fleet);
  await watching.round(mine, longestRoundMs);
  measureRound(deps.measure, watching.all());
  roundsMs.push(elapsedMs(startedMs, systemClock.steadyMs()));
  process.send?.('round');
  await systemClock.sleep(durationMs(Math.max(0, everyMs - elapsedMs(startedMs, systemClock.steadyMs()))));
}
await watching.end();
const states: Record<string, number> = {};
for (const { state, unseen } of watching.all()) states[unseen ? 'unseen' : state] = (states[unseen ? 'unseen' : state] ?? 0) + 1;
const told: Told = { roundsMs, sharedMs, looked: mine.length, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1_024), states };
process.send?.(told);
process.disconnect();
