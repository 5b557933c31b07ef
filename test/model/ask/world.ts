import { newPromises, type Answer, type Promises, type Round } from '../../../core/ask.ts';
import type { Evidence } from '../../../core/evidence.ts';
import { maySign, newHold, type HoldState } from '../../../core/hold.ts';
import type { Term } from '../../../core/ids.ts';
import type { Lease } from '../../../core/lease.ts';
import type { NodeReport } from '../../../core/report.ts';
import { durationMs, steadyMs, type SteadyMs } from '../../../core/time.ts';
import { attempt, leaseOf, reportOf, run, t } from '../../support/core.ts';
import { lapseMs } from '../../../core/timing.ts';
import { idOf, timing } from '../fence/world.ts';

/**
 * Policy `ask`: a holder that goes on by the promises of all others, and a lapse that is proven by the word of the candidate. The way of a
 * failover's writes is explored by the fence scopes; here each takes effect at once. Which reads fail makes no difference to a holder that
 * may ask at any time, and a machine that is cut off is one whose reads, reports and questions arrive late or never. A read whose answer comes
 * late gives no more than it would have given at once (scope `lapse`): it takes no time here.
 */

export const askBreaks = ['testimony', 'forgets', 'late-word', 'instants', 'not-asked', 'clock'] as const;
export type AskBreak = (typeof askBreaks)[number];

export interface AskScope {
  readonly nodes: 2 | 3;
  readonly terms: number;
  /** The last node was added in this term: the first holder does not ask it. */
  readonly added: boolean;
  /** Guards that may die, all together. */
  readonly deaths: number;
  /** Ticks, all together, that some clock counts wrongly. With 0, no drift is allowed for: all lengths are shorter. */
  readonly odd: number;
  readonly broken: AskBreak | null;
}

/** A round whose answers come one by one. */
export interface Asking {
  readonly round: Round;
  readonly slack: number;
  readonly given: readonly (Answer | null)[];
}

export interface Node {
  readonly up: boolean;
  readonly hold: HoldState;
  /** Ticks that its clock may still lose before the deadline. */
  readonly slack: number;
  readonly gate: Term | null;
  readonly owed: Term | null;
  readonly asking: Asking | null;
  readonly promises: Promises | null;
  /** Ticks that its clock may still count twice before its promises end. */
  readonly haste: number;
  readonly report: NodeReport;
  /** A report of this life stands in the table: it has taken over what the one before said. */
  readonly wrote: boolean;
  /** A report on its way, and one of an earlier life: it can land until the first of this life has. */
  readonly posted: NodeReport | null;
  readonly late: NodeReport | null;
  /** With `instants` broken: what it saw of its promises before it looks at its floor. */
  readonly glimpse: boolean | null;
}

export interface AskWorld {
  readonly lease: Lease;
  readonly nodes: readonly Node[];
  /** What the failover has seen proven and has not recorded yet. */
  readonly proof: Evidence | null;
  readonly waitedMs: number;
  readonly haste: number;
  readonly deaths: number;
  readonly odd: number;
}

/** Two ticks of lease and of what a promise is good for; with drift, each takes four ticks of the other clock. */
export const timesOf = ({ odd }: AskScope) => {
  const drift = odd === 0 ? 0 : timing.drift;
  const times = { ...timing, drift };
  return { ...times, promiseMs: durationMs(odd === 0 ? 2 : 4), lapsedMs: lapseMs(times.leaseMs, times) };
};

export const now = steadyMs(0);
export const nonce = '0'.repeat(64);
export const claim = run('one');

export const canSign = ({ up, hold, gate }: Node): boolean => up && gate !== null && gate === hold.term && maySign(hold, now);

export const peersOf = (index: number, scope: AskScope): number[] => {
  const blind = scope.added && index === 0;
  return Array.from({ length: blind ? scope.nodes - 1 : scope.nodes }, (_, at) => at).filter((at) => at !== index);
};

export const startedMs = (scope: AskScope): SteadyMs =>
  scope.broken === 'forgets' ? now : newPromises({ before: undefined, ended: true, timing, promiseMs: timesOf(scope).promiseMs }, now).untilMs;

/** The first node holds term 1 and has just read so; the others stand by. */
const newNode = (index: number, scope: AskScope): Node => {
  const known = { relinquished: 0, floor: 1 };
  const held = index === 0 ? { term: t(1), deadlineMs: steadyMs(timing.leaseMs) } : {};
  const asks = index === 0 ? { armedTerm: t(1), asks: peersOf(index, scope).map(idOf) } : { armedTerm: 0 as Term };
  return {
    up: true,
    hold: { ...newHold(idOf(index), known), ...held },
    slack: index === 0 ? 1 : 0,
    gate: index === 0 ? t(1) : null,
    owed: null,
    asking: null,
    promises: { untilMs: now },
    haste: 0,
    report: reportOf({ node: idOf(index), sequence: 0, armed: true, leaseMs: timing.leaseMs, floor: 1, promised: false, ...asks }),
    wrote: true,
    posted: null,
    late: null,
    glimpse: null,
  };
};

export const newWorld = (scope: AskScope): AskWorld => ({
  lease: leaseOf({ version: 0, attempt: attempt('x'), claim }),
  nodes: Array.from({ length: scope.nodes }, (_, index) => newNode(index, scope)),
  proof: null,
  waitedMs: 0,
  haste: 0,
  deaths: 0,
  odd: 0,
});
