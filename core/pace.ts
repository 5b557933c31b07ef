import type { NodeId } from './ids.ts';
import type { Lease } from './lease.ts';
import { addMs, durationMs, steadyMs, type DurationMs, type SteadyMs } from './time.ts';
import type { Timing } from './timing.ts';

/**
 * How often a guard reads and reports. Quiet costs little; a *call* wakes every guard of a validator before anything moves: the watch calls at the
 * first bad round, Assess when it begins. It is a value in the lease item that changes, and says nothing about who may sign.
 *
 *     quiet ──(another call, a moving phase)──► alert ──(nothing new for alertMs)──► quiet
 */
export interface Pace {
  /** The last call that was seen; null before the first lease. */
  readonly call: string | null;
  readonly alertUntilMs: SteadyMs;
}

/** How long a call keeps a guard alert: longer than Assess takes. */
export const alertMs = durationMs(30_000);
/**
 * Longest time between two reports of a guard that holds nothing, while nothing happens. Whoever asks whether a guard lives waits longer than this, or
 * calls it; whoever takes its item over waits longer too.
 */
export const longestReportMs = durationMs(30_000);
const holdingReportMs = 5_000;
const alertReportMs = 2_000;
/** After a read or a report that failed. */
const againMs = 1_000;
/** Reads in a row that may come from a copy which lags: one that hangs behind for good would hide a release. */
export const mostPeeks = 9;

export const newPace: Pace = { call: null, alertUntilMs: steadyMs(0) };

/** @param lease what a read showed, consistent or not. */
export const onCall = (pace: Pace, lease: Lease | undefined, nowMs: SteadyMs): Pace => {
  if (lease === undefined || (lease.call ?? '') === pace.call) return pace;
  return { call: lease.call ?? '', alertUntilMs: addMs(nowMs, alertMs) };
};

/** @param lease the last good read. */
export const isAlert = (pace: Pace, lease: Lease | undefined, nowMs: SteadyMs): boolean =>
  (lease !== undefined && lease.phase !== 'HELD') || nowMs < pace.alertUntilMs;

/** Time until the next read. */
export const readInMs = (
  of: { readonly alert: boolean; readonly failed: boolean },
  { pollMs, movingPollMs }: Pick<Timing, 'pollMs' | 'movingPollMs'>,
): DurationMs => {
  if (of.alert) return movingPollMs;
  return of.failed ? durationMs(Math.min(pollMs, againMs)) : pollMs;
};

/**
 * Whether an eventually consistent read, at half the price, is enough to see whether anything has changed. It gives no right, moves no deadline and
 * raises no floor: what it shows to be new is read again, consistently.
 */
export const mayPeek = (of: {
  readonly alert: boolean;
  readonly holds: boolean;
  readonly lease: Lease | undefined;
  readonly node: NodeId;
  readonly peeks: number;
}): boolean => !of.alert && !of.holds && of.lease !== undefined && of.lease.holder !== of.node && of.peeks < mostPeeks;

/** True when a peek shows nothing that the last good read did not show. */
export const isSame = (peeked: Lease | undefined, lease: Lease | undefined): boolean =>
  peeked?.version === lease?.version && peeked?.call === lease?.call;

/**
 * Time between two reports. Of a holder, and of whoever may become it soon, no more than half of what its acknowledged report lets it hold: one that
 * is lost is made up for, and a key that is released finds a guard that is proven to be the only one of its node.
 * @param of.failed the last one was not acknowledged.
 */
export const reportEveryMs = (
  of: { readonly alert: boolean; readonly holds: boolean; readonly failed: boolean },
  { leaseMs, stopMs, marginMs }: Pick<Timing, 'leaseMs' | 'stopMs' | 'marginMs'>,
): DurationMs => {
  const longestMs = of.holds || of.alert ? Math.min(holdingReportMs, (leaseMs - stopMs - marginMs) / 2) : longestReportMs;
  return durationMs(Math.min(longestMs, of.failed ? againMs : longestMs, of.alert ? alertReportMs : longestMs));
};
