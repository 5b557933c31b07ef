import type { ValidatorConfig } from './config.ts';
import type { ExecutionName, NodeId } from './ids.ts';
import type { Lease } from './lease.ts';
import { isDrill } from './names.ts';
import { hashOf, type Cause, type Plan } from './plan.ts';
import type { NodeReport } from './report.ts';
import { dayMs, type EpochMs } from './time.ts';
import type { VerdictState } from './verdict.ts';

/** Whether a failover may be planned at all, and which. Pure: everything it looks at is given to it. */
export interface AssessInput {
  readonly config: ValidatorConfig;
  readonly configHash: string;
  readonly lease: Lease | undefined;
  readonly reports: Readonly<Record<string, NodeReport | undefined>>;
  /** Nodes whose reports stood still while they were watched: a stored report alone does not show that its guard still runs. */
  readonly silent: readonly NodeId[];
  /** Fresh verdict of this assessment's own probes. */
  readonly verdict: VerdictState;
  readonly head: number | null;
  readonly paused: { readonly by: string; readonly reason: string } | null;
  readonly history: readonly { readonly execution: string; readonly atMs: number }[];
  readonly nowMs: EpochMs;
  readonly request: { readonly execution: ExecutionName; readonly kind: Plan['kind']; readonly to?: NodeId | undefined; readonly cause: Cause };
  /** The execution named by the lease's claim is still running. */
  readonly claimRunning: boolean;
  /** Nothing may be moved: the answer is what would be done. */
  readonly dryRun: boolean;
  /** Policy `auto` needs approval too. */
  readonly approvalAlways: boolean;
}

export const refusalCodes = [
  'LeaseMissing',
  'Paused',
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

export type Assessment =
  | {
      readonly decision: 'proceed';
      readonly plan: Plan;
      readonly planHash: string;
      readonly approvalRequired: boolean;
      readonly approvalSeconds: number;
      readonly quarantineSeconds: number;
      readonly sentence: string;
    }
  | { readonly decision: 'refused'; readonly code: RefusalCode; readonly sentence: string; readonly next: string };

/** What was moved within a day. */
const recently = <T extends { readonly atMs: number }>(history: readonly T[], nowMs: EpochMs): readonly T[] =>
  history.filter(({ atMs }) => nowMs - atMs < dayMs);

/** Failovers that the circuit breaker counts. A drill shows that the validator can be moved, not that it flaps: it must not keep a real one away. */
export const withinADay = <T extends { readonly execution: string; readonly atMs: number }>(history: readonly T[], nowMs: EpochMs): readonly T[] =>
  recently(history, nowMs).filter(({ execution }) => !isDrill(execution));

const refuse = (code: RefusalCode, sentence: string, next: string): Assessment => ({ decision: 'refused', code, sentence, next });

/** Why this node is not ready to take over, or null. */
export const notReady = (of: {
  config: ValidatorConfig;
  node: NodeId;
  report: NodeReport | undefined;
  head: number | null;
  build: string | undefined;
}): string | null => {
  const { report, config } = of;
  if (!report) return 'its guard has never reported';
  if (report.distress !== null) return `its guard reports: ${report.distress}`;
  if (!report.synced) return 'it is not synced';
  if (report.height === null) return 'it cannot tell its height';
  // Nobody is behind a head that is not known.
  const behind = (of.head ?? report.height) - report.height;
  if (behind > config.policy.maxLag) return `it is ${behind} behind the head, at most ${config.policy.maxLag} allowed`;
  if (report.diskFreeBytes !== null && report.diskFreeBytes < config.policy.minDiskFreeBytes)
    return `${report.diskFreeBytes} bytes of disk are free, ${config.policy.minDiskFreeBytes} needed`;
  if (of.build !== undefined && report.build !== of.build) return `its guard is build ${report.build}, the active's is ${of.build}`;
  return null;
};

type Choice = { readonly node: NodeId } | { readonly refused: Assessment };

const chooseCandidate = (of: AssessInput, lease: Lease): Choice => {
  const { config, request } = of;
  const build = of.reports[lease.holder]?.build;
  const status = `baton status ${config.id}`;
  const why = (node: NodeId): string | null =>
    notReady({ config, node, report: of.reports[node], head: of.head, build }) ?? (of.silent.includes(node) ? 'its guard is silent' : null);
  if (request.to !== undefined) {
    if (request.to === lease.holder) return { refused: refuse('CandidateIsHolder', `${request.to} is the recorded active already.`, status) };
    if (!config.nodes.some(({ id }) => id === request.to))
      return { refused: refuse('NoCandidate', `${request.to} is not a node of ${config.id}.`, status) };
    const reason = why(request.to);
    return reason === null ? { node: request.to } : { refused: refuse('CandidateNotReady', `${request.to} is not ready: ${reason}.`, status) };
  }
  const standbys = config.nodes
    .filter(({ id }) => id !== lease.holder)
    .map(({ id }) => ({ id, reason: why(id), height: of.reports[id]?.height ?? 0 }));
  const [best] = standbys.filter(({ reason }) => reason === null).sort((a, b) => b.height - a.height);
  if (best) return { node: best.id };
  if (standbys.length === 0) return { refused: refuse('NoCandidate', `${config.id} has no standby.`, 'Add a node to validators.yaml and apply it.') };
  const reasons = standbys.map(({ id, reason }) => `${id}: ${reason}`).join('; ');
  return { refused: refuse('CandidateNotReady', `No standby is ready: ${reasons}.`, status) };
};

const gate = (of: AssessInput, lease: Lease): Assessment | null => {
  const { config, request } = of;
  const byHand = request.cause.kind === 'operator';
  if (of.paused) return refuse('Paused', `${config.id} is paused by ${of.paused.by}: ${of.paused.reason}.`, `baton resume ${config.id}`);
  if (config.policy.mode === 'watch' && !byHand)
    return refuse('Watching', `Policy of ${config.id} is watch: Baton tells and does nothing.`, `baton failover ${config.id}`);
  if (lease.phase !== 'HELD' && of.claimRunning)
    return refuse('ClaimRunning', `${lease.claim} is driving term ${lease.term}.`, `baton explain ${lease.claim}`);
  if (of.verdict === 'halted')
    return refuse(
      'ChainHalted',
      'The whole chain stands still: moving the right to sign would not help.',
      'Wait until the chain moves, then ask again.',
    );
  if (request.cause.kind === 'drill' && (of.verdict !== 'healthy' || lease.phase !== 'HELD'))
    return refuse(
      'NotQuiet',
      `${config.id} is ${of.verdict}, term ${lease.term} is ${lease.phase}: no time for a drill.`,
      `baton status ${config.id}`,
    );
  if (request.kind === 'switchover' || lease.phase !== 'HELD') return null;
  if (of.verdict === 'unobservable' && !byHand)
    return refuse('Unobservable', 'Fewer vantages than needed can tell; this counts as alive.', `baton status ${config.id}`);
  if ((of.verdict === 'healthy' || of.verdict === 'suspect') && !byHand)
    return refuse('Recovered', 'A fresh probe saw it sign: nothing to do.', `baton status ${config.id}`);
  const recent = withinADay(of.history, of.nowMs);
  // The time to cool down counts drills too: a verdict right after any move may still be of the hand-over.
  const last = Math.max(-Infinity, ...recently(of.history, of.nowMs).map(({ atMs }) => atMs));
  if (!byHand && of.nowMs - last < config.timing.coolDownMs) {
    return refuse(
      'CoolDown',
      `The last failover was ${Math.round((of.nowMs - last) / 1_000)} s ago; ${config.timing.coolDownMs / 1_000} s must lie between two.`,
      `baton failover ${config.id}`,
    );
  }
  if (!byHand && recent.length >= config.policy.maxPerDay)
    return refuse('CircuitBreaker', `${recent.length} failovers within a day: a person must look first.`, `baton failover ${config.id}`);
  return null;
};

/** The plan that people approve and TakeTerm takes, or why there is none. */
export const assessRequest = (of: AssessInput): Assessment => {
  const { config, lease, request } = of;
  if (!lease) return refuse('LeaseMissing', `${config.id} is not enrolled.`, 'baton apply validators.yaml');
  const closed = gate(of, lease);
  if (closed) return closed;
  const choice = chooseCandidate(of, lease);
  if ('refused' in choice) return choice.refused;
  const name = (id: NodeId): string => config.nodes.find((node) => node.id === id)?.name ?? id;
  if (of.dryRun)
    return refuse(
      'DryRun',
      `Dry run: Baton would fence ${name(lease.holder)} and let ${name(choice.node)} sign for ${config.id}; nothing was done.`,
      'Deploy the stack with DryRun=false when this is what you want.',
    );
  const approvalRequired = of.approvalAlways || config.policy.mode !== 'auto';
  const plan: Plan = {
    validator: config.id,
    kind: request.kind,
    execution: request.execution,
    cause: request.cause,
    term: lease.term,
    phase: lease.phase,
    holder: lease.holder,
    candidate: choice.node,
    accepts: config.policy.evidence,
    approval: { required: approvalRequired, quorum: config.policy.quorum, approvers: config.policy.approvers },
    config: of.configHash,
  };
  return {
    decision: 'proceed',
    plan,
    planHash: hashOf(plan),
    approvalRequired,
    approvalSeconds: Math.ceil(config.policy.approvalMs / 1_000),
    quarantineSeconds: Math.ceil(config.timing.quarantineMs / 1_000),
    sentence: [
      `Plan: fence ${name(lease.holder)} (${lease.holder}), then let ${name(choice.node)} (${choice.node}) sign`,
      `for ${config.id} in term ${lease.term + 1}. Reason: ${request.cause.reason}`,
    ].join(' '),
  };
};
