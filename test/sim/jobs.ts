import { live, replayFlags, type Outcome } from './life.ts';
import { pairs, singles } from './singles.ts';
import { swarmOptions } from './swarm.ts';
import type { WorldOptions } from './world.ts';

/** A batch of runs, divided between workers by index. */

export interface Batch {
  readonly seeds: number;
  readonly from: number;
  readonly singles: boolean;
  readonly pairs: boolean;
}

export interface Failure {
  readonly replay: string;
  readonly violations: readonly string[];
  readonly lines: readonly string[];
}

export interface Tally {
  seeds: number;
  singles: number;
  pairs: number;
  sites: number;
  classes: number;
  events: number;
  virtualMs: number;
  signatures: number;
  /** Faults that struck. */
  faults: number;
  /** How executions ended. */
  readonly ends: Record<string, number>;
  readonly failures: Failure[];
  seedsMs: number;
}

export const emptyTally = (): Tally => ({
  seeds: 0,
  singles: 0,
  pairs: 0,
  sites: 0,
  classes: 0,
  events: 0,
  virtualMs: 0,
  signatures: 0,
  faults: 0,
  ends: {},
  failures: [],
  seedsMs: 0,
});

const maxFailures = 10;

export type OnFailure = (failure: Failure) => void;

const add = (tally: Tally, outcome: Outcome, replay: string, onFailure: OnFailure): void => {
  tally.events += outcome.events;
  tally.virtualMs += outcome.virtualMs;
  tally.signatures += outcome.signatures;
  tally.faults += outcome.struck.length;
  for (const end of outcome.ends) tally.ends[end] = (tally.ends[end] ?? 0) + 1;
  if (outcome.violations.length === 0) return;
  const failure = { replay, violations: outcome.violations, lines: outcome.lines };
  tally.failures.push(failure);
  onFailure(failure);
};

/** Which part of a batch a worker runs. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

// The event loop must turn now and then, so that what the promises left behind can be freed.
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

const runAll = async (jobs: readonly WorldOptions[], share: Share, tally: Tally, onFailure: OnFailure): Promise<number> => {
  let ran = 0;
  for (let at = share.index; at < jobs.length && tally.failures.length < maxFailures; at += share.of) {
    const job = jobs[at];
    if (!job) break;
    add(tally, await live(job), replayFlags(job), onFailure);
    ran += 1;
    await turn();
  }
  return ran;
};

/** @param nowMs a real clock, for the figures. */
export const runBatch = async (batch: Batch, share: Share, nowMs: () => number, onFailure: OnFailure): Promise<Tally> => {
  const tally = emptyTally();
  if (batch.singles) {
    const { jobs, sites } = await singles();
    tally.sites = sites;
    tally.singles = await runAll(jobs, share, tally, onFailure);
  }
  if (batch.pairs) {
    const { jobs, sites } = await pairs();
    tally.classes = sites;
    tally.pairs = await runAll(jobs, share, tally, onFailure);
  }
  const startMs = nowMs();
  for (let seed = batch.from + share.index; seed < batch.from + batch.seeds && tally.failures.length < maxFailures; seed += share.of) {
    add(tally, await live(swarmOptions(seed)), `--seed ${seed}`, onFailure);
    tally.seeds += 1;
    await turn();
  }
  tally.seedsMs = nowMs() - startMs;
  return tally;
};
