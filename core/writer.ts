import type { Lease } from './lease.ts';
import type { NodeReport } from './report.ts';
import { addMs, durationMs, elapsedMs, type DurationMs, type SteadyMs } from './time.ts';
import { lapseMs, type Timing } from './timing.ts';

/**
 * One guard for one node identity, on however many machines that identity has been copied to. A guard may hold only while it is the proven
 * writer of the node's own item:
 *
 *     new ── takes over what has ended, or has stood still for longer than its writer can hold ──► writer ── its write is refused ──► displaced
 *
 * Each write names what it stands on, so that two machines set going from one memory, which share the id and every number, meet in a refusal.
 */

/** What the table must hold for a write to count: what the last acknowledged one left, or a later try of the same guard that was not heard of. */
export interface Over {
  readonly me: string;
  /** Null: no item. A writer of null: the item of a guard that named none. */
  readonly base: { readonly writer: string | null; readonly sequence: number } | null;
}

/** What a write did. `unknown` also when exactly this item stands there: a copy of this guard may have written it. */
export type WriteReply =
  | { readonly outcome: 'done'; /** Another guard has left word that it wants this item. */ readonly rival: string | null }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'refused'; readonly found: NodeReport | undefined };

/** The condition that aws/report.ts puts to the table, in plain words. */
export const standsOn = (stored: NodeReport | undefined, over: Over, sequence: number): boolean => {
  const { base, me } = over;
  if (stored === undefined) return base === null;
  if (stored.writer === me && stored.after === (base?.sequence ?? 0) && stored.sequence < sequence) return true;
  return base !== null && (stored.writer ?? null) === base.writer && stored.sequence === base.sequence;
};

export interface WriterState {
  readonly me: string;
  readonly mode: 'new' | 'writer' | 'displaced';
  /** What the table showed last, and since when it has shown just that. Null before the first look. */
  readonly seen: { readonly report: NodeReport | undefined; readonly sinceMs: SteadyMs } | null;
  /** When the last acknowledged write was sent. Null until there is one, and again when another guard has written. */
  readonly ackedMs: SteadyMs | null;
  /** False after a lapse until a second report stands on the first: a copy that lapsed too may have been answered in between. */
  readonly firm: boolean;
  /** Highest number of a write that was sent. */
  readonly sent: number;
}

export const newWriter = (me: string): WriterState => ({ me, mode: 'new', seen: null, ackedMs: null, firm: false, sent: 0 });

/** @param nowMs when the answer was there: what it shows may have been written that late. */
export const onSeen = (state: WriterState, report: NodeReport | undefined, nowMs: SteadyMs): WriterState => {
  const before = state.seen;
  const same = before !== null && before.report?.writer === report?.writer && before.report?.sequence === report?.sequence;
  return { ...state, seen: { report, sinceMs: same ? before.sinceMs : nowMs } };
};

/** What this machine remembers of the guard that wrote here last. */
export interface Remembered {
  readonly writer: string;
  /** Its last report that was acknowledged here, and the last one that it was about to send: on the disk before it left. */
  readonly acked: number;
  readonly sent: number;
  /** The boot and the network namespace, in which one guard can have the lock. */
  readonly place: string;
}

/** True when this disk is that of the writer: whoever went on from a copy of it has sent higher numbers since. */
export const continues = (report: NodeReport, remembered: Remembered | null): boolean =>
  remembered !== null && remembered.writer === report.writer && remembered.acked <= report.sequence && report.sequence <= remembered.sent;

/**
 * True when the writer of that report ran here and has ended: it ran in this very boot and namespace, where this guard now has the lock.
 * The report must be the last that was acknowledged here: of two copies of one memory, each may have sent the one after it.
 */
export const hasEnded = (report: NodeReport, remembered: Remembered | null, place: string | null): boolean =>
  remembered !== null && remembered.place === place && remembered.writer === report.writer && remembered.acked === report.sequence;

/** True when a person has stated that the writer of this report has ended, by its id: it is drawn anew each time, so one statement is about one guard. */
export const isStated = ({ writer }: NodeReport, stated: string | null): boolean => writer === stated;

/** It has declared a term and not given it up since: the guard that wrote this may hold it. */
const mayHold = ({ armedTerm, relinquished }: NodeReport): boolean => (armedTerm ?? 0) > (relinquished?.term ?? 0);

/** A guard that is unarmed, or asks others, signs on without the table. Its term is over for certain once another node holds a later one. */
const mayHoldOn = (report: NodeReport, lease: Lease | undefined): boolean => {
  const { armedTerm = 0, armed, asks } = report;
  if ((armed && asks === undefined) || !mayHold(report)) return false;
  const settled = lease?.phase === 'HELD' || lease?.phase === 'RELEASED';
  return !(settled && lease.holder !== report.node && lease.term > armedTerm);
};

/**
 * How long a report must stand still until its writer is surely closed. One that holds nothing is closed already, but may live and report seldom: it is
 * not to be displaced by a copy of itself.
 */
const stillMs = (report: NodeReport, { timing, seldomMs }: Pick<Now, 'timing' | 'seldomMs'>): DurationMs => {
  const closedMs = lapseMs(durationMs(report.leaseMs), timing);
  return mayHold(report) ? closedMs : durationMs(Math.max(closedMs, lapseMs(seldomMs, timing)));
};

export interface Now {
  readonly nowMs: SteadyMs;
  readonly timing: Pick<Timing, 'drift' | 'marginMs'>;
  /** Longest time between two reports of a guard that holds nothing. */
  readonly seldomMs: DurationMs;
  readonly lease: Lease | undefined;
  /** `hasEnded` of the report that was seen. */
  readonly ended: boolean;
}

/** Why this guard may not write yet, in a sentence, or null. */
export const whyNotWrite = ({ mode, seen }: WriterState, { nowMs, timing, seldomMs, lease, ended }: Now): string | null => {
  if (mode === 'writer') return null;
  if (mode === 'displaced') return 'NodeCloned: another guard has this node identity; this one stays closed until it is started anew.';
  if (seen === null) return 'What this node said last is not known yet.';
  const { report, sinceMs } = seen;
  if (report === undefined || ended) return null;
  const neededMs = stillMs(report, { timing, seldomMs });
  if (elapsedMs(sinceMs, nowMs) < neededMs)
    return `Waits until the guard that wrote before is surely closed: its report must stand still for ${neededMs} ms.`;
  if (!mayHoldOn(report, lease)) return null;
  const until = `until another node has held a term after ${report.armedTerm}, or a person states the end of ${report.writer ?? 'it'} here`;
  return `NodeUnproven: the guard before signs on through an outage and has not provably ended: closed ${until}.`;
};

export const overOf = ({ me, seen }: WriterState): Over => ({
  me,
  base: seen?.report === undefined ? null : { writer: seen.report.writer ?? null, sequence: seen.report.sequence },
});

/** The number of the next write: above all that this guard has seen or sent. */
export const nextSequence = ({ seen, sent }: WriterState): number => Math.max(sent, seen?.report?.sequence ?? 0) + 1;

export const onSent = (state: WriterState, sequence: number): WriterState => ({ ...state, sent: Math.max(state.sent, sequence) });

/** How long an acknowledged report lets its guard hold. Without `timed` (policies `hold` and `ask`): until it is seen that another has taken over. */
export interface Held {
  readonly leaseMs: DurationMs;
  readonly stopMs: DurationMs;
  readonly timed: boolean;
}

/** True while no other guard of this node identity can have taken over. */
export const isProven = ({ ackedMs, firm }: WriterState, nowMs: SteadyMs, { leaseMs, stopMs, timed }: Held): boolean =>
  ackedMs !== null && firm && (!timed || nowMs < addMs(ackedMs, durationMs(leaseMs - stopMs)));

/** @param of.sentMs when it was sent; `of.leaseMs` and `of.stopMs` as for `isProven`. */
export const onAcknowledged = (state: WriterState, report: NodeReport, of: Held & { sentMs: SteadyMs }): WriterState => {
  if (state.mode === 'displaced') return state;
  const firm = state.mode === 'new' || !state.firm || isProven(state, of.sentMs, of);
  return { ...state, mode: 'writer', seen: { report, sinceMs: of.sentMs }, ackedMs: of.sentMs, firm };
};

/** Every try of this guard is allowed for by the condition, and is made once: what refuses it was written by another. */
export const onRefused = (state: WriterState, found: NodeReport | undefined, nowMs: SteadyMs): WriterState =>
  state.mode === 'new' ? onSeen(state, found, nowMs) : { ...state, mode: 'displaced', ackedMs: null };

/**
 * What a guard says when it takes over on a disk that does not continue what its node has signed: the term that was declared is never opened
 * again, and the last duty in it is not known.
 */
export const lostTermOf = (report: NodeReport | undefined, remembered: Remembered | null): Pick<NodeReport, 'relinquished'> => {
  if (report?.armedTerm === undefined) return {};
  const { armedTerm, relinquished } = report;
  if (continues(report, remembered) || armedTerm <= (relinquished?.term ?? 0)) return {};
  return { relinquished: { term: armedTerm, watermark: null } };
};

/** True when the record of the last duty was lost in the term that was opened last: what the disk says is not the last duty. */
export const lostRecord = ({ armedTerm, relinquished }: Pick<NodeReport, 'armedTerm' | 'relinquished'>): boolean =>
  armedTerm !== undefined && relinquished?.term === armedTerm;
