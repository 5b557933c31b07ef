import * as z from 'zod';
import type { AssessInput, RefusalCode } from './assess.ts';
import { fenceOnly } from './breaker.ts';
import type { ValidatorConfig } from './config.ts';
import { nodeId, type NodeId } from './ids.ts';
import type { Lease } from './lease.ts';
import { isDrill } from './names.ts';
import type { NodeReport } from './report.ts';
import { dayMs, utcOf, type EpochMs } from './time.ts';

/** What Assess holds a request to, one gate at a time: what was seen, what was required, and whether it let the request through. */

export const gateVerdicts = ['open', 'closed', 'waived', 'asks'] as const;

const longest = 300;
const words = z.string().max(longest);
export const assessGate = z.strictObject({
  gate: z.string().max(40),
  /** Which standby it is about; null when it is about the request. */
  node: nodeId.nullable(),
  seen: words,
  required: words,
  /** `waived`: not asked of this request. `asks`: open, and people are asked. */
  verdict: z.enum(gateVerdicts),
});
export type AssessGate = z.infer<typeof assessGate>;
/** Of 19 standbys with eight gates each, and the request itself. */
export const mostGates = 200;

export interface Refusal {
  readonly code: RefusalCode;
  readonly sentence: string;
  readonly next: string;
}
export interface Judged {
  readonly gate: AssessGate;
  readonly refusal: Refusal | null;
}

const bounded = (text: string): string => text.slice(0, longest);
const refuse = (code: RefusalCode, sentence: string, next: string): Refusal => ({ code, sentence, next });
const judge = (gate: string, seen: string, required: string, refusal: Refusal | null): Judged => ({
  gate: { gate, node: null, seen: bounded(seen), required: bounded(required), verdict: refusal ? 'closed' : 'open' },
  refusal,
});
const waivedFor = (reason: string | null, { gate, refusal }: Judged): Judged =>
  reason === null ? { gate, refusal } : { gate: { ...gate, required: `${gate.required} (waived: ${reason})`, verdict: 'waived' }, refusal: null };

/** What was moved within a day. */
const recently = <T extends { readonly atMs: number }>(history: readonly T[], nowMs: EpochMs): readonly T[] =>
  history.filter(({ atMs }) => nowMs - atMs < dayMs);

/** Failovers that the circuit breaker counts. A drill shows that the validator can be moved, not that it flaps: it must not keep a real one away. */
export const withinADay = <T extends { readonly execution: string; readonly atMs: number }>(history: readonly T[], nowMs: EpochMs): readonly T[] =>
  recently(history, nowMs).filter(({ execution }) => !isDrill(execution));

interface Candidate {
  readonly config: ValidatorConfig;
  readonly node: NodeId;
  readonly report: NodeReport | undefined;
  readonly head: number | null;
  readonly build: string | undefined;
  /** It was fenced, and nobody has brought it back. */
  readonly quarantined?: boolean;
  /** Its report stood still while it was watched. */
  readonly silent?: boolean;
}

interface NodeGate {
  readonly gate: string;
  readonly seen: string;
  readonly required: string;
  /** Why it keeps this node from taking over, or null. */
  readonly why: string | null;
}

const nodeGates = ({ config, report, head, build, silent, quarantined = false }: Candidate): NodeGate[] => {
  if (!report) return [{ gate: 'reported', seen: 'no report', required: 'a report', why: 'its guard has never reported' }];
  const { maxLag, minDiskFreeBytes } = config.policy;
  const { distress, synced, height, diskFreeBytes } = report;
  // Nobody is behind a head that is not known.
  const behind = height === null ? null : (head ?? height) - height;
  const full = diskFreeBytes !== null && diskFreeBytes < minDiskFreeBytes;
  return [
    { gate: 'reported', seen: `report ${report.sequence}`, required: 'a report', why: null },
    {
      gate: 'quarantine',
      seen: quarantined ? 'fenced, and not brought back' : 'none',
      required: 'none',
      why: quarantined ? 'it was fenced, and neither rejoin nor a person has brought it back (baton readmit)' : null,
    },
    { gate: 'distress', seen: distress ?? 'none', required: 'none', why: distress === null ? null : `its guard reports: ${distress}` },
    { gate: 'synced', seen: String(synced), required: 'true', why: synced ? null : 'it is not synced' },
    { gate: 'height', seen: String(height), required: 'a height', why: height === null ? 'it cannot tell its height' : null },
    {
      gate: 'lag',
      seen: `${behind ?? '?'} behind head ${head ?? '?'}`,
      required: `at most ${maxLag}`,
      why: (behind ?? 0) > maxLag ? `it is ${behind} behind the head, at most ${maxLag} allowed` : null,
    },
    {
      gate: 'disk',
      seen: `${diskFreeBytes ?? '?'} bytes free`,
      required: `${minDiskFreeBytes} bytes`,
      why: full ? `${diskFreeBytes} bytes of disk are free, ${minDiskFreeBytes} needed` : null,
    },
    {
      gate: 'build',
      seen: report.build,
      required: build ?? 'any',
      why: build !== undefined && report.build !== build ? `its guard is build ${report.build}, the active's is ${build}` : null,
    },
    {
      gate: 'alive',
      seen: silent ? 'its report stands still' : 'its report rises',
      required: 'it rises',
      why: silent ? 'its guard is silent' : null,
    },
  ];
};

const firstWhy = (gates: readonly NodeGate[]): string | null => gates.find(({ why }) => why !== null)?.why ?? null;

/** Why this node is not ready to take over, or null. */
export const notReady = (of: Candidate): string | null => firstWhy(nodeGates(of));

const tellClaim = ({ term, phase, claim }: Lease, running: boolean): string =>
  phase === 'HELD' ? `term ${term} is HELD` : `term ${term} is ${phase}; ${claim} ${running ? 'runs' : 'has ended'}`;

const windowGate = ({ window, nowMs, config }: AssessInput): Judged => {
  if (!window) return waivedFor('no window was asked for', judge('window', utcOf(nowMs), 'any time', null));
  const { cancelled, notAfterMs } = window;
  const seen = cancelled ? 'cancelled' : utcOf(nowMs);
  const end = utcOf(notAfterMs);
  const late = nowMs >= notAfterMs ? refuse('WindowOver', `Its window ended at ${end}.`, `baton switchover ${config.id}`) : null;
  const refusal = cancelled
    ? refuse('Cancelled', 'The planned move was cancelled, or another one took its place.', `baton status ${config.id}`)
    : late;
  return judge('window', seen, `before ${end}`, refusal);
};

const quietGate = ({ config, request, verdict }: AssessInput, { term, phase }: Lease): Judged => {
  const seen = `${verdict}, term ${term} is ${phase}`;
  const busy = refuse('NotQuiet', `${config.id} is ${seen}: no time for a drill.`, `baton status ${config.id}`);
  const quiet = judge('quiet', seen, 'healthy and HELD', verdict !== 'healthy' || phase !== 'HELD' ? busy : null);
  return waivedFor(request.cause.kind === 'drill' ? null : 'no drill', quiet);
};

/** Twice as long after each failover of the same day: what keeps failing is not mended by moving it faster. */
export const coolDownAfter = (coolDownMs: number, failovers: number): number => Math.min(dayMs, coolDownMs * 2 ** Math.max(0, failovers - 1));

const watchGates = (of: AssessInput, { term, phase, holder }: Lease): Judged[] => {
  const { config, verdict, nowMs } = of;
  const recent = withinADay(of.history, nowMs);
  // The time to cool down counts drills too: a verdict right after any move may still be of the hand-over.
  const moved = recently(of.history, nowMs);
  const agoMs = nowMs - Math.max(-Infinity, ...moved.map(({ atMs }) => atMs));
  const coolDownMs = coolDownAfter(config.timing.coolDownMs, recent.length);
  const { maxPerDay } = config.policy;
  const ago = `${Math.round(agoMs / 1_000)} s ago`;
  const blind = refuse('Unobservable', 'Fewer vantages than needed can tell; this counts as alive.', `baton status ${config.id}`);
  const alive = refuse('Recovered', 'A fresh probe saw it sign: nothing to do.', `baton status ${config.id}`);
  const soon = refuse('CoolDown', `The last failover was ${ago}; ${coolDownMs / 1_000} s must lie between two.`, `baton failover ${config.id}`);
  const unsettled = phase === 'RELEASED' ? `${holder} has never been seen signing in term ${term}` : null;
  const seen = [`${recent.length} within a day`, ...(unsettled === null ? [] : [unsettled])].join('; ');
  const told = unsettled ?? `${recent.length} failovers within a day`;
  const often = refuse('CircuitBreaker', `${told}: a person must look first.`, `baton failover ${config.id}`);
  return [
    judge('verdict', verdict, 'failing', verdict === 'unobservable' ? blind : verdict === 'healthy' || verdict === 'suspect' ? alive : null),
    judge('circuit-breaker', seen, `fewer than ${maxPerDay}, each settled`, unsettled !== null || recent.length >= maxPerDay ? often : null),
    judge('cool-down', moved.length === 0 ? 'none within a day' : ago, `${coolDownMs / 1_000} s between two`, agoMs < coolDownMs ? soon : null),
  ];
};

const waiver = ({ request }: AssessInput, { phase }: Lease): string | null => {
  if (request.kind === 'switchover') return 'a planned move';
  // A holder that was released and never seen signing is moved away from by people alone: no such move is in the history, so none would be counted.
  if (phase === 'FENCING' || phase === 'FENCED') return 'the term is moving already';
  return request.cause.kind === 'operator' ? 'a person asks' : null;
};

/** The gates of the request itself, in the order in which they refuse it. */
export const requestGates = (of: AssessInput, lease: Lease): Judged[] => {
  const { config, paused } = of;
  const { mode } = config.policy;
  const byHand = of.request.cause.kind === 'operator';
  const pause = paused ? refuse('Paused', `${config.id} is paused by ${paused.by}: ${paused.reason}.`, `baton resume ${config.id}`) : null;
  const { frozen } = of;
  const fenced = frozen !== null && fenceOnly(frozen, { validator: config.id, byHand });
  const still = frozen ? refuse('FleetFrozen', frozen.sentence, 'baton breaker') : null;
  const watching = refuse('Watching', `Policy of ${config.id} is watch: Baton tells and does nothing.`, `baton failover ${config.id}`);
  const driven = refuse('ClaimRunning', `${lease.claim} is driving term ${lease.term}.`, `baton explain ${lease.claim}`);
  const halted = refuse(
    'ChainHalted',
    'The whole chain stands still: moving the right to sign would not help.',
    'Wait until the chain moves, then ask again.',
  );
  const waived = waiver(of, lease);
  return [
    windowGate(of),
    judge('pause', paused ? `paused by ${paused.by}: ${paused.reason}` : 'not paused', 'not paused', pause),
    waivedFor(fenced ? 'it is to be fenced; nobody is released' : null, judge('breaker', frozen ? frozen.sentence : 'closed', 'closed', still)),
    judge('mode', mode, 'approve or auto, or a person who asks', mode === 'watch' && !byHand ? watching : null),
    judge('claim', tellClaim(lease, of.claimRunning), 'driven by no other', lease.phase !== 'HELD' && of.claimRunning ? driven : null),
    judge('chain', of.verdict, 'not halted', of.verdict === 'halted' ? halted : null),
    quietGate(of, lease),
    ...watchGates(of, lease).map((one) => waivedFor(waived, one)),
  ];
};

export interface Choice {
  readonly judged: readonly Judged[];
  /** Who would take over; null when nobody can. */
  readonly candidate: NodeId | null;
}

const nobody = (gate: string, seen: string, required: string, refusal: Refusal): Choice => ({
  judged: [judge(gate, seen, required, refusal)],
  candidate: null,
});

/** Who takes over, and the gates of each who could. */
export const chooseCandidate = (of: AssessInput, lease: Lease): Choice => {
  const { config, request } = of;
  const { to } = request;
  const status = `baton status ${config.id}`;
  const build = of.reports[lease.holder]?.build;
  if (to === lease.holder)
    return nobody('candidate', to, 'not the recorded active', refuse('CandidateIsHolder', `${to} is the recorded active already.`, status));
  const wanted = config.nodes.map(({ id }) => id).filter((id) => id !== lease.holder && (to === undefined || id === to));
  if (wanted.length === 0 && to !== undefined)
    return nobody('candidate', to, 'a node of the validator', refuse('NoCandidate', `${to} is not a node of ${config.id}.`, status));
  if (wanted.length === 0) {
    const none = refuse('NoCandidate', `${config.id} has no standby.`, 'Add a node to validators.yaml and apply it.');
    return nobody('candidate', 'no standby', 'a standby', none);
  }
  const standbys = wanted.map((node) => {
    const gates = nodeGates({
      config,
      node,
      report: of.reports[node],
      head: of.head,
      build,
      silent: of.silent.includes(node),
      quarantined: of.quarantined.includes(node),
    });
    return { node, gates, reason: firstWhy(gates), height: of.reports[node]?.height ?? 0 };
  });
  const [best] = standbys.filter(({ reason }) => reason === null).sort((a, b) => b.height - a.height);
  const reasons = standbys.map(({ node, reason }) => `${node}: ${reason}`).join('; ');
  const unready = to === undefined ? `No standby is ready: ${reasons}.` : `${to} is not ready: ${standbys.map(({ reason }) => reason).join()}.`;
  const shown = standbys.flatMap(({ node, gates }) =>
    gates.map(({ gate, seen, required, why }): Judged => {
      const verdict = why === null ? 'open' : 'closed';
      return { gate: { gate, node, seen: bounded(seen), required, verdict }, refusal: null };
    }),
  );
  const chosen = judge('candidate', best?.node ?? 'none is ready', 'one that is ready', best ? null : refuse('CandidateNotReady', unready, status));
  return { judged: [...shown, chosen], candidate: best?.node ?? null };
};

/** Whether anything may be moved at all, and whether people are asked first. */
export const lastGates = (of: AssessInput, dryRun: Refusal | null, asks: boolean): Judged[] => {
  const { mode, quorum, approvers } = of.config.policy;
  const asked = judge(
    'approval',
    of.approvalAlways ? `mode ${mode}, and the stack asks for everything` : `mode ${mode}`,
    asks ? `${quorum} of ${approvers.join(', ')}` : 'nobody',
    null,
  );
  return [judge('dry-run', of.dryRun ? 'on' : 'off', 'off', dryRun), asks ? { gate: { ...asked.gate, verdict: 'asks' }, refusal: null } : asked];
};

/** With custody gate every member signs: nobody is to be fenced, and no key is to be moved. */
export const custodyGate = ({ config: { id } }: AssessInput): Judged =>
  judge(
    'custody',
    'gate',
    'release',
    refuse('NothingToMove', `${id} has custody gate: every member signs, so there is nothing to move.`, `baton gate show ${id}`),
  );

/** Of a validator that is not enrolled nothing else can be judged. */
export const enrolledGate = ({ config }: AssessInput): Judged =>
  judge('enrolled', 'no lease', 'a lease', refuse('LeaseMissing', `${config.id} is not enrolled.`, 'baton apply validators.yaml'));
