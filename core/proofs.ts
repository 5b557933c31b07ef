import { createHash } from 'node:crypto';
import * as z from 'zod';
import { personOf, type ApprovalRecord } from './approval.ts';
import type { Policy } from './config.ts';
import type { Evidence, EvidenceKind } from './evidence.ts';
import { term, validatorId, type NodeId } from './ids.ts';
import { firstIssue } from './issue.ts';
import type { Driven, Lease } from './lease.ts';
import { canonicalJson } from './plan.ts';
import type { NodeReport } from './report.ts';
import { durationMs } from './time.ts';
import { lapseMs, type Timing } from './timing.ts';
import { watermark } from './watermark.ts';

/**
 * What counts as proof that the recorded active cannot sign. Each function looks at one kind of evidence and answers with a proof for
 * exactly the lease's holder and term, or with the reason why it is none. Silence, errors and unknowns are never given to them as proof.
 */

export type Proof = { readonly outcome: 'proof'; readonly evidence: Evidence } | { readonly outcome: 'none'; readonly reason: string };

const none = (reason: string): Proof => ({ outcome: 'none', reason });

/** True when the validator's policy lets this kind of evidence lead to a release. */
export const accepts = (policy: Pick<Policy, 'evidence'>, kind: EvidenceKind): boolean => policy.evidence.includes(kind);

/** Ties one fence command to one term of one execution: 32 hex digits, the same on each retry. */
export const nonceOf = (of: Driven): string =>
  createHash('sha256')
    .update(canonicalJson(['fence', of.validator, of.term, of.claim]))
    .digest('hex')
    .slice(0, 32);

/** Why no proof may be taken at all in this state of the lease, or null. */
const notFencing = (lease: Lease): string | null => (lease.phase === 'FENCING' ? null : `the lease is ${lease.phase}, not FENCING`);

/** The guard's word about itself, in the holder's own item, for exactly this term. */
export const proofOfRelinquish = (lease: Lease, report: NodeReport | undefined, by: { atMs: number }): Proof => {
  const wrong = notFencing(lease);
  if (wrong !== null) return none(wrong);
  if (!report?.relinquished) return none('the guard has not relinquished');
  if (report.validator !== lease.validator || report.node !== lease.holder)
    return none(`the report is about ${report.node}, not about the recorded active ${lease.holder}`);
  if (report.relinquished.term !== lease.term) return none(`it relinquished term ${report.relinquished.term}, not term ${lease.term}`);
  const known = report.relinquished.watermark;
  return {
    outcome: 'proof',
    evidence: {
      kind: 'relinquished',
      node: lease.holder,
      term: lease.term,
      by: `guard of ${lease.holder}`,
      atMs: by.atMs,
      how: 'The guard closed the gate, verified it, dropped the key and gave up this term.',
      ...(known === null ? {} : { watermark: known }),
    },
  };
};

/** Last line that the document `fence` prints. Every verification must hold. */
export const fenceOutput = z.strictObject({
  baton: z.literal('fence'),
  validator: validatorId,
  term,
  nonce: z.string(),
  /** As the document takes it from the node's facts; it becomes part of the evidence, which has a limit. */
  unit: z.string().regex(/^[A-Za-z0-9@._/-]{1,200}$/),
  unitActive: z.enum(['inactive', 'failed']),
  unitMasked: z.literal(true),
  guardActive: z.enum(['inactive', 'failed']),
  tasks: z.literal(0),
  keyFiles: z.literal(0),
  watermark: watermark.nullable(),
  /** Which guard reported last from the disk of this machine; null when its disk tells none. */
  writer: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable(),
  ok: z.literal(true),
});

/**
 * A fence command that ran on the very instance, for this term and nonce, and verified everything.
 * @param of.report the holder's own item. Where its guard names itself, the command must have run on the disk of that guard: an identity of SSM is
 *   copied with the disk, and a copy that was stopped says nothing about the machine that signs.
 */
export const proofOfStop = (
  lease: Lease,
  of: { instance: NodeId; nonce: string; commandId: string; output: unknown; report: NodeReport | undefined; atMs: number },
): Proof => {
  const wrong = notFencing(lease);
  if (wrong !== null) return none(wrong);
  if (of.instance !== lease.holder) return none(`the command ran on ${of.instance}, not on the recorded active ${lease.holder}`);
  if (of.nonce !== nonceOf(lease)) return none('the command was not sent for this term of this execution');
  const found = fenceOutput.safeParse(of.output);
  if (!found.success) return none(`the command's output does not show a verified stop: ${firstIssue(found.error).path.join('.') || 'output'}`);
  const { data } = found;
  if (data.validator !== lease.validator || data.term !== lease.term || data.nonce !== of.nonce)
    return none('the output is of another validator, term or nonce');
  const writer = of.report?.writer;
  if (writer !== undefined && writer !== data.writer)
    return none(`it stopped a machine whose disk knows guard ${data.writer ?? 'none'}; guard ${writer} reports as ${lease.holder}: a copy of it?`);
  return {
    outcome: 'proof',
    evidence: {
      kind: 'stopped',
      node: lease.holder,
      term: lease.term,
      by: `SSM command ${of.commandId}`,
      atMs: of.atMs,
      how: `${data.unit} is ${data.unitActive} and masked, its guard is ${data.guardActive}, nothing of it runs, the key is wiped.`,
      ...(data.watermark === null ? {} : { watermark: data.watermark }),
    },
  };
};

const offStates: readonly string[] = ['stopped', 'terminated'];
/** Whether this word of EC2 for a state says that nothing of the instance runs. */
export const isOffByEc2 = (state: string): boolean => offStates.includes(state);

/** EC2 itself says that the recorded active is stopped or terminated, asked after the term was taken. */
export const proofOfPowerOff = (lease: Lease, of: { node: NodeId; state: string; atMs: number }): Proof => {
  const wrong = notFencing(lease);
  if (wrong !== null) return none(wrong);
  if (of.node !== lease.holder) return none(`the state is of ${of.node}, not of the recorded active ${lease.holder}`);
  if (!isOffByEc2(of.state)) return none(`EC2 says ${of.state}; only stopped and terminated count`);
  return {
    outcome: 'proof',
    evidence: { kind: 'powered-off', node: lease.holder, term: lease.term, by: 'EC2', atMs: of.atMs, how: `EC2 shows the instance as ${of.state}.` },
  };
};

/**
 * Why a holder that asks the others may still go on, or null. It needs all that it declared; the candidate is one of them, has read this term,
 * so that it promises to nobody below it any more, and says that no promise is live. The candidate's word is taken for this alone: whoever is
 * to get the key is trusted with it. A node that the holder never asked can say nothing about it.
 */
const mayGoOn = (lease: Lease, asks: readonly NodeId[], candidate: NodeReport | undefined): string | null => {
  if (lease.candidate === lease.holder || !asks.includes(lease.candidate))
    return `${lease.candidate} is none of the nodes that the recorded active asks in term ${lease.releasedTerm}: its word says nothing about it`;
  if (!candidate) return `${lease.candidate} never reported: it may have promised the recorded active not to take over`;
  if (candidate.validator !== lease.validator || candidate.node !== lease.candidate)
    return `the report is about ${candidate.node}, not about the candidate ${lease.candidate}`;
  if (candidate.floor < lease.term)
    return `the guard of ${lease.candidate} has not read term ${lease.term} yet, and may promise the recorded active more time`;
  if (candidate.promised !== false)
    return `the guard of ${lease.candidate} says that a promise to the recorded active may be live: it may sign until that is over`;
  return null;
};

/**
 * An armed guard has surely stopped by itself, because it could not read the lease without seeing this term.
 * @param of.waitedMs measured time since TakeTerm was acknowledged: a lower bound.
 * @param of.candidate report of the lease's candidate, read after TakeTerm; looked at where the guard asks the others.
 */
export const proofOfLapse = (
  lease: Lease,
  report: NodeReport | undefined,
  of: { waitedMs: number; timing: Pick<Timing, 'drift' | 'marginMs'>; atMs: number; candidate?: NodeReport | undefined },
): Proof => {
  const wrong = notFencing(lease);
  if (wrong !== null) return none(wrong);
  if (!report) return none('the recorded active never reported');
  if (report.validator !== lease.validator || report.node !== lease.holder)
    return none(`the report is about ${report.node}, not about the recorded active ${lease.holder}`);
  if (!report.armed || report.armedTerm !== lease.releasedTerm) return none(`its guard did not declare itself armed for term ${lease.releasedTerm}`);
  const neededMs = lapseMs(durationMs(report.leaseMs), of.timing);
  if (!(of.waitedMs >= neededMs)) return none(`${Math.floor(of.waitedMs)} of ${neededMs} ms have passed`);
  const goesOn = report.asks ? mayGoOn(lease, report.asks, of.candidate) : null;
  if (goesOn !== null) return none(goesOn);
  const asked = report.asks ? ` It asks the others before it goes on, and the guard of ${lease.candidate} has promised nothing.` : '';
  return {
    outcome: 'proof',
    evidence: {
      kind: 'lapsed',
      node: lease.holder,
      term: lease.term,
      by: `guard of ${lease.holder}, armed in term ${lease.releasedTerm}`,
      atMs: of.atMs,
      how: `${Math.floor(of.waitedMs)} ms have passed since the term was taken; an armed guard stops within ${neededMs} ms.${asked}`,
    },
  };
};

/** A quorum of people, none of them the requester, stated for exactly this term and node that it cannot sign. */
export const proofOfAttestation = (lease: Lease, record: ApprovalRecord | undefined, of: { atMs: number }): Proof => {
  const wrong = notFencing(lease);
  if (wrong !== null) return none(wrong);
  if (!record) return none('there is no attestation');
  if (record.purpose !== 'attestation' || record.state !== 'approved') return none(`the record is an ${record.purpose} and ${record.state}`);
  if (record.validator !== lease.validator || record.term !== lease.term || record.node !== lease.holder)
    return none('the attestation is about another validator, term or node');
  if (record.execution !== lease.claim) return none('the attestation was given to another execution');
  const stated = record.decisions.flatMap(({ answer, by, statement }) =>
    answer === 'approve' && personOf(by) !== personOf(record.requester) && statement !== undefined ? [{ by, statement }] : [],
  );
  const people = new Set(stated.map(({ by }) => personOf(by))).size;
  if (people < record.quorum) return none(`${people} of ${record.quorum} people attested`);
  return {
    outcome: 'proof',
    evidence: {
      kind: 'attested',
      node: lease.holder,
      term: lease.term,
      by: stated
        .map(({ by }) => by)
        .join(', ')
        .slice(0, 2_048),
      atMs: of.atMs,
      how: stated
        .map(({ statement }) => statement)
        .join('; ')
        .slice(0, 1_000),
    },
  };
};
