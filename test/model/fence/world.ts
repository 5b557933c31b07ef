import type { EvidenceKind } from '../../../core/evidence.ts';
import { newHold, type HoldState } from '../../../core/hold.ts';
import type { ExecutionName, NodeId, Term } from '../../../core/ids.ts';
import type { Lease, LeaseWrite, Sealed } from '../../../core/lease.ts';
import type { NodeReport } from '../../../core/report.ts';
import { durationMs, type DurationMs } from '../../../core/time.ts';
import { lapseMs } from '../../../core/timing.ts';
import { amber, birch, cedar, leaseOf, run, t } from '../../support/core.ts';

/**
 * The world of a failover in small: one lease, N nodes with their guards, M executions. Time is counted in ticks, and every instant is kept
 * relative to now, so that the same situation a minute later is the same state.
 */

/** What the evidence rests on (design, section 5). Each can be broken by itself: then two signers must be found. */
export const assumptions = ['relinquished', 'stopped', 'powered-off', 'lapsed-clock', 'lapsed-pause', 'attested'] as const;
export type Assumption = (typeof assumptions)[number];

export interface Scope {
  readonly nodes: 1 | 2 | 3;
  readonly executions: 1 | 2;
  readonly terms: number;
  /** `signer`: the guard signs and asks the hold rule each time. `daemon`: it signs by itself until it is stopped. */
  readonly driver: 'signer' | 'daemon';
  readonly accepts: readonly EvidenceKind[];
  /** Whether the guards stop by themselves when they cannot read the lease. */
  readonly armed: boolean;
  /** Reads of one guard that may be under way at once. */
  readonly reads: 1 | 2;
  /** No reply is lost and no guard dies: what stalls and comes late still does. */
  readonly calm: boolean;
  /** Executions also write what they should not by what stands in the lease. */
  readonly blind: boolean;
  readonly broken: readonly Assumption[];
}

export const nodeNames = ['amber', 'birch', 'cedar'] as const;
const nodeIds = [amber, birch, cedar] as const;
export const idOf = (index: number): NodeId => nodeIds[index] ?? amber;
export const indexOf = (id: NodeId): number => nodeIds.indexOf(id);
export const nameOf = (id: NodeId): string => nodeNames[indexOf(id)] ?? id;

/** Time matters only where something is measured by it: elsewhere a step that waits is a step that has not been taken yet. */
export const timed = (scope: Scope): boolean => scope.accepts.includes('lapsed');

/**
 * Two ticks of lease. A slow guard may lose one of three; a fast function may count one of three twice, so that four are counted when
 * three have passed: lapsed after ⌈2 × 1.33 ÷ 0.67⌉ = 4.
 */
export const timing = { leaseMs: durationMs(2), stopMs: durationMs(0), drift: 0.33, marginMs: durationMs(0) } as const;
/** A daemon is given one tick to stop in. */
export const daemonStopMs = durationMs(1);
export const lapsedMs: DurationMs = lapseMs(timing.leaseMs, timing);

/** An answer of the table on its way to a guard. */
export interface Read {
  readonly ageMs: number;
  /** Ticks that this node's clock may still lose within this read's window. */
  readonly slack: number;
  readonly lease: Lease;
}

/** A fence command that was sent to a node, and whether it has run there. */
export interface Command {
  readonly lease: Lease;
  readonly ran: boolean;
}

export interface Opening {
  readonly term: Term;
  readonly declared: boolean;
}

export interface Node {
  readonly on: boolean;
  readonly frozen: boolean;
  /** The guard's process runs. */
  readonly up: boolean;
  readonly hold: HoldState;
  readonly slack: number;
  /** The term for which the gate is open (signer) or the daemon runs (daemon). */
  readonly gate: Term | null;
  /** The daemon has been told to stop and has not stopped yet. */
  readonly stopping: boolean;
  readonly opening: Opening | null;
  readonly owed: Term | null;
  readonly reads: readonly Read[];
  /** This node's own item in the table. */
  readonly report: NodeReport;
  /** A write of it that is on its way. */
  readonly posted: NodeReport | null;
  readonly commands: readonly Command[];
  /** EC2 was told to power it off. */
  readonly switchedOff: boolean;
  /** A signature can leave it whatever the rule says by now. Only with an assumption broken. */
  readonly loose: boolean;
}

export const ends = ['Done', 'StaleTerm', 'EvidenceRefused', 'Unfenceable', 'NotSigning'] as const;
export type End = (typeof ends)[number];

export interface Execution {
  readonly claim: ExecutionName;
  /** The write of TakeTerm as it was planned, for a redrive; null once the term is taken. */
  readonly plan: LeaseWrite | null;
  /** What it does next, or the named end it came to. */
  readonly at: 'Assess' | 'TakeTerm' | 'Fence' | 'ReleaseKey' | 'Verify' | 'Reinstate' | End;
  /** Where a redrive begins again. */
  readonly from: 'TakeTerm' | 'Fence' | 'ReleaseKey' | 'Verify';
  readonly term: Term | null;
  readonly holder: NodeId | null;
  /** Measured since TakeTerm was acknowledged. */
  readonly waitedMs: number;
  /** Ticks that the clocks which measure it may still count twice. */
  readonly haste: number;
  /** Writes that were sent and may still take effect, once, twice or never. */
  readonly sent: readonly LeaseWrite[];
  /** Terms for which a person has attested that the node cannot sign. */
  readonly attested: readonly Term[];
}

export interface World {
  readonly lease: Lease;
  readonly nodes: readonly Node[];
  readonly executions: readonly Execution[];
}

export const sealedFor = (node: NodeId, term: Term): Sealed => ({ node, term, box: '', dataKey: '', grantToken: '' });

const newReport = (node: NodeId, leaseMs: number): NodeReport => ({
  validator: leaseOf().validator,
  node,
  sequence: 0,
  armed: false,
  leaseMs,
  signing: false,
  floor: 0,
  synced: true,
  height: 1,
  build: 'b',
  distress: null,
  diskFreeBytes: 1,
});

/** A guard that knows nothing yet, or that is gone with what it knew. */
export const blank = { slack: 0, gate: null, stopping: false, opening: null, owed: null, reads: [], loose: false } as const satisfies Partial<Node>;

export const newNode = (index: number): Node => ({
  ...blank,
  on: true,
  frozen: false,
  up: true,
  hold: newHold(idOf(index), { relinquished: 0, floor: 0 }),
  report: newReport(idOf(index), timing.leaseMs),
  posted: null,
  commands: [],
  switchedOff: false,
});

export const newExecution = (): Execution => ({
  claim: run('none'),
  plan: null,
  at: 'Assess',
  from: 'TakeTerm',
  term: null,
  holder: null,
  waitedMs: 0,
  haste: 0,
  sent: [],
  attested: [],
});

export const newWorld = (scope: Scope): World => ({
  lease: leaseOf({ sealed: sealedFor(amber, t(1)) }),
  nodes: Array.from({ length: scope.nodes }, (_, index) => newNode(index)),
  executions: Array.from({ length: scope.executions }, newExecution),
});
