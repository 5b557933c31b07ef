import type { NodeId, Term } from './ids.ts';
import type { Lease } from './lease.ts';
import { addMs, durationMs, steadyMs, type DurationMs, type SteadyMs } from './time.ts';
import { usablePromiseMs, type Timing } from './timing.ts';

/**
 * The guard's rule: when this node may sign. A read lease: it may sign until
 * `start of its last good read + lease − stop`, and never after it has seen that it should not.
 */
export interface HoldState {
  readonly node: NodeId;
  /** Highest term seen; a read below it is thrown away. */
  readonly floor: number;
  /** Highest term for which this node gave up the right to sign; it never opens for it again. */
  readonly relinquished: number;
  /** The term this node holds, or null. */
  readonly term: Term | null;
  /** When the gate must be closed, on this machine's steady clock. Null exactly when nothing is held. */
  readonly deadlineMs: SteadyMs | null;
}

export interface HoldTiming {
  readonly leaseMs: DurationMs;
  readonly stopMs: DurationMs;
}

export interface HoldStep {
  readonly state: HoldState;
  /**
   * `open`: may open for `state.term`. `close`: the gate must close at once. `keep`: go on. `stay-closed`: nothing is held.
   * `ignore`: the read is older than one seen before.
   */
  readonly action: 'ignore' | 'keep' | 'open' | 'close' | 'stay-closed';
  /** The term to relinquish once it is verified that nothing can sign, or null. */
  readonly relinquish: Term | null;
  readonly sentence: string;
}

export const newHold = (node: NodeId, known: { relinquished: number; floor: number }): HoldState => ({
  node,
  floor: Math.max(known.floor, known.relinquished),
  relinquished: known.relinquished,
  term: null,
  deadlineMs: null,
});

/** True when this node is the recorded active, of a term that it has not given up. */
const isActive = (lease: Lease, state: HoldState): boolean => lease.holder === state.node && lease.term > state.relinquished;

const letGo = (state: HoldState, floor: number): HoldState => ({ ...state, floor, term: null, deadlineMs: null });

/**
 * Takes in one consistent read of the lease.
 * @param read `sentMs` is when the read was *sent*, on the steady clock: the answer may be that old.
 */
export const onRead = (state: HoldState, read: { sentMs: SteadyMs; lease: Lease | undefined }, timing: HoldTiming): HoldStep => {
  const { lease } = read;
  const held = state.term !== null;
  if (lease === undefined) {
    return {
      state: letGo(state, state.floor),
      action: held ? 'close' : 'stay-closed',
      relinquish: null,
      sentence: 'There is no lease: nobody may sign.',
    };
  }
  if (lease.term < state.floor)
    return { state, action: 'ignore', relinquish: null, sentence: `A read of term ${lease.term} is older than term ${state.floor}.` };
  const active = isActive(lease, state);
  const settled = lease.phase === 'HELD' || lease.phase === 'RELEASED';
  if (!active || !settled) {
    // In the other two phases the recorded active is being fenced, and owes the term.
    const relinquish = active ? lease.term : null;
    const why =
      relinquish === null ? `${lease.holder} is the recorded active of term ${lease.term} (${lease.phase})` : `term ${lease.term} fences this node`;
    return { state: letGo(state, lease.term), action: held ? 'close' : 'stay-closed', relinquish, sentence: `May not sign: ${why}.` };
  }
  const deadlineMs = addMs(read.sentMs, durationMs(timing.leaseMs - timing.stopMs));
  if (state.term === lease.term) {
    const later = steadyMs(Math.max(state.deadlineMs ?? deadlineMs, deadlineMs));
    return { state: { ...state, floor: lease.term, deadlineMs: later }, action: 'keep', relinquish: null, sentence: `Holds term ${lease.term}.` };
  }
  if (held) {
    return {
      state: letGo(state, lease.term),
      action: 'close',
      relinquish: null,
      sentence: `Term ${lease.term} is newer than the one held: closes first, then opens for it.`,
    };
  }
  return {
    state: { ...state, floor: lease.term, term: lease.term, deadlineMs },
    action: 'open',
    relinquish: null,
    sentence: `May sign in term ${lease.term}.`,
  };
};

/** The only question the gate asks before each signature, and again before it leaves. */
export const maySign = (state: HoldState, nowMs: SteadyMs): boolean => state.term !== null && state.deadlineMs !== null && nowMs < state.deadlineMs;

/**
 * Takes in a round in which every other guard promised: the deadline becomes the later of what the last read gave and what they gave.
 * Each counts from when it answered, this guard from when the round began, which was earlier. A deadline that has passed is not revived.
 */
export const onPromises = (
  state: HoldState,
  round: { term: Term; sentMs: SteadyMs; promiseMs: DurationMs },
  timing: Pick<Timing, 'drift' | 'stopMs' | 'marginMs'>,
  nowMs: SteadyMs,
): HoldState => {
  if (state.term !== round.term || !maySign(state, nowMs)) return state;
  const untilMs = addMs(round.sentMs, usablePromiseMs(round.promiseMs, timing));
  return { ...state, deadlineMs: steadyMs(Math.max(Number(state.deadlineMs), untilMs)) };
};

/** Lets go when the deadline has passed without a good read. Nothing is relinquished: no newer term was seen. */
export const onDeadline = (state: HoldState, nowMs: SteadyMs): HoldStep => {
  if (state.term === null) return { state, action: 'stay-closed', relinquish: null, sentence: 'Holds nothing.' };
  if (maySign(state, nowMs)) return { state, action: 'keep', relinquish: null, sentence: `Holds term ${state.term}.` };
  return {
    state: letGo(state, state.floor),
    action: 'close',
    relinquish: null,
    sentence: `The lease could not be read in time: closes term ${state.term}.`,
  };
};

/** Lets go because this guard is not proven to be the only one of its node. Nothing is relinquished: no newer term was seen. */
export const onUnproven = (state: HoldState, why: string): HoldStep => ({
  state: letGo(state, state.floor),
  action: state.term === null ? 'stay-closed' : 'close',
  relinquish: null,
  sentence: why,
});

/** After the table has acknowledged the relinquish. It opens again only for a later term. */
export const onRelinquished = (state: HoldState, term: Term): HoldState => ({
  ...state,
  relinquished: Math.max(state.relinquished, term),
  floor: Math.max(state.floor, term),
});
