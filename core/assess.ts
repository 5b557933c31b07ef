import { chooseCandidate, custodyGate, enrolledGate, lastGates, requestGates, type AssessGate, type Judged, type Refusal } from './assess-gates.ts';
import type { Frozen } from './breaker.ts';
import type { ValidatorConfig } from './config.ts';
import type { ExecutionName, NodeId } from './ids.ts';
import type { Lease } from './lease.ts';
import { hashOf, type Cause, type Plan } from './plan.ts';
import type { NodeReport } from './report.ts';
import type { EpochMs } from './time.ts';
import type { VerdictState } from './verdict.ts';

/** Whether a failover may be planned at all, and which. Pure: everything it looks at is given to it. */
export interface AssessInput {
  readonly config: ValidatorConfig;
  readonly configHash: string;
  readonly lease: Lease | undefined;
  readonly reports: Readonly<Record<string, NodeReport | undefined>>;
  /** Nodes whose reports stood still while they were watched: a stored report alone does not show that its guard still runs. */
  readonly silent: readonly NodeId[];
  /** Nodes that were fenced, and that nobody has brought back. */
  readonly quarantined: readonly NodeId[];
  /** Fresh verdict of this assessment's own probes. */
  readonly verdict: VerdictState;
  readonly head: number | null;
  readonly paused: { readonly by: string; readonly reason: string } | null;
  /** What freezes the fleet, or null. */
  readonly frozen: Frozen | null;
  readonly history: readonly { readonly execution: string; readonly atMs: number }[];
  readonly nowMs: EpochMs;
  readonly request: { readonly execution: ExecutionName; readonly kind: Plan['kind']; readonly to?: NodeId | undefined; readonly cause: Cause };
  /**
   * When a planned move must begin, and whether it still stands; null for what is to begin at once. One machine's clock is compared with another's
   * here, as for a pause: what begins a little early or late is judged as ever.
   */
  readonly window: { readonly notAfterMs: EpochMs; readonly cancelled: boolean } | null;
  /** The execution named by the lease's claim is still running. */
  readonly claimRunning: boolean;
  /** Nothing may be moved: the answer is what would be done. */
  readonly dryRun: boolean;
  /** Policy `auto` needs approval too. */
  readonly approvalAlways: boolean;
}

export const refusalCodes = [
  'LeaseMissing',
  'NothingToMove',
  'Cancelled',
  'WindowOver',
  'Paused',
  'FleetFrozen',
  'Watching',
  'ClaimRunning',
  'ChainHalted',
  'NotQuiet',
  'Recovered',
  'Unobservable',
  'CoolDown',
  'CircuitBreaker',
  'NoCandidate',
  'CandidateIsHolder',
  'CandidateNotReady',
  'DryRun',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

export type Assessment = (
  | {
      readonly decision: 'proceed';
      readonly plan: Plan;
      readonly planHash: string;
      readonly approvalRequired: boolean;
      readonly approvalSeconds: number;
      readonly quarantineSeconds: number;
      readonly sentence: string;
    }
  | { readonly decision: 'refused'; readonly code: RefusalCode; readonly sentence: string; readonly next: string }
) & {
  /** Everything that was looked at, in this order; the first that is closed and refuses is the reason. */
  readonly gates: AssessGate[];
};

/** People are asked no longer than the window of a planned move is open. */
const approvalSeconds = ({ config, window, nowMs }: AssessInput): number =>
  Math.ceil(Math.min(config.policy.approvalMs, (window?.notAfterMs ?? Infinity) - nowMs) / 1_000);

const refusedBy = (judged: readonly Judged[]): Refusal | null => judged.find(({ refusal }) => refusal !== null)?.refusal ?? null;

/** The plan that people approve and TakeTerm takes, or why there is none. */
export const assessRequest = (of: AssessInput): Assessment => {
  const { config, lease, request } = of;
  const told = (judged: readonly Judged[]): AssessGate[] => judged.map(({ gate }) => gate);
  if (config.custody === 'gate' || !lease) {
    const only = config.custody === 'gate' ? custodyGate(of) : enrolledGate(of);
    return { decision: 'refused', ...(only.refusal as Refusal), gates: told([only]) };
  }
  const { judged: chosen, candidate } = chooseCandidate(of, lease);
  const name = (id: NodeId): string => config.nodes.find((node) => node.id === id)?.name ?? id;
  const dryRun: Refusal | null =
    of.dryRun && candidate !== null
      ? {
          code: 'DryRun',
          sentence: `Dry run: Baton would fence ${name(lease.holder)} and let ${name(candidate)} sign for ${config.id}; nothing was done.`,
          next: 'Deploy the stack with DryRun=false when this is what you want.',
        }
      : null;
  const approvalRequired = of.approvalAlways || config.policy.mode !== 'auto';
  const judged = [...requestGates(of, lease), ...chosen, ...lastGates(of, dryRun, approvalRequired)];
  const refusal = refusedBy(judged);
  if (refusal) return { decision: 'refused', ...refusal, gates: told(judged) };
  const plan: Plan = {
    validator: config.id,
    kind: request.kind,
    execution: request.execution,
    cause: request.cause,
    term: lease.term,
    phase: lease.phase,
    holder: lease.holder,
    // Without one, the gate of the candidate refuses.
    candidate: candidate as NodeId,
    accepts: config.policy.evidence,
    approval: { required: approvalRequired, quorum: config.policy.quorum, approvers: config.policy.approvers },
    config: of.configHash,
  };
  return {
    decision: 'proceed',
    plan,
    planHash: hashOf(plan),
    approvalRequired,
    approvalSeconds: approvalSeconds(of),
    quarantineSeconds: Math.ceil(config.timing.quarantineMs / 1_000),
    sentence: [
      `Plan: fence ${name(lease.holder)} (${lease.holder}), then let ${name(plan.candidate)} (${plan.candidate}) sign`,
      `for ${config.id} in term ${lease.term + 1}. Reason: ${request.cause.reason}`,
    ].join(' '),
    gates: told(judged),
  };
};
