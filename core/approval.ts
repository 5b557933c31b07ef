import * as z from 'zod';
import { evidenceKinds } from './evidence.ts';
import { executionName, nodeId, term, validatorId } from './ids.ts';

/** One person's answer. `by` is the caller's ARN as STS tells it, or the approver's entry that a press in Slack is of; never what the caller claims. */
export const decision = z.strictObject({
  by: z.string().min(1).max(2_048),
  answer: z.enum(['approve', 'deny']),
  /** For an attestation: what the person did, in their words. */
  statement: z.string().min(1).max(1_000).optional(),
  /** Wall clock, for people. */
  atMs: z.number().int().min(0),
});
export type Decision = z.infer<typeof decision>;

/**
 * What waits for people: the approval of a plan, or the attestation that a node cannot sign.
 * The task token never leaves this record and is never logged.
 */
export const approvalRecord = z.strictObject({
  id: z.string().regex(/^[a-f0-9]{32}$/),
  purpose: z.enum(['approval', 'attestation']),
  validator: validatorId,
  execution: executionName,
  planHash: z.string().length(64),
  /** For an attestation: the fenced term and the node it is about. */
  term: term.optional(),
  node: nodeId.optional(),
  requester: z.string().min(1).max(2_048),
  approvers: z.array(z.string()).max(50),
  quorum: z.number().int().min(1).max(10),
  state: z.enum(['pending', 'approved', 'denied', 'expired']),
  decisions: z.array(decision).max(50),
  /** Since when it waits, by the clock that set `expiresAtMs`. Absent in records of older versions. */
  createdAtMs: z.number().int().min(0).optional(),
  expiresAtMs: z.number().int().min(0),
  sentence: z.string().max(2_000),
  token: z.string().min(1).max(2_048),
  version: z.number().int().min(1),
  /** The evidence of the plan, for the message in Slack. */
  accepts: z.array(z.enum(evidenceKinds)).optional(),
});
export type ApprovalRecord = z.infer<typeof approvalRecord>;

/** All that a message about it may be made of. */
export const shownRecord = approvalRecord.omit({ token: true });
export type ShownRecord = z.infer<typeof shownRecord>;

/** What people may see of it. */
export const waitingRecord = shownRecord.omit({ accepts: true });
export type WaitingRecord = z.infer<typeof waitingRecord>;

export type DecideOutcome =
  | { readonly outcome: 'counted'; readonly record: ApprovalRecord }
  | { readonly outcome: 'refused'; readonly code: 'ApprovalInvalid' | 'ApprovalExpired' | 'ApproverNotAllowed'; readonly reason: string };

/**
 * The person behind an ARN: the session or user name, whatever role it came by. One person with two roles is still one person.
 * It rests on session names that people cannot choose for themselves (IAM Identity Center, or a trust policy on sts:RoleSessionName).
 */
export const personOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

const matchesOf = (arn: string): readonly string[] => {
  const session = /^arn:[\w-]+:sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]+)$/.exec(arn);
  if (session) return [arn, `role/${session[2]}`, `arn:aws:iam::${session[1]}:role/${session[2]}`, `${session[2]}/${session[3]}`];
  const plain = /^arn:[\w-]+:iam::\d{12}:((?:user|role)\/[\w+=,.@/-]+)$/.exec(arn);
  return plain?.[1] === undefined ? [arn] : [arn, plain[1]];
};

/** True when `arn` is one of the approvers: by full ARN, `role/Name`, `user/Name` or `Role/session`. */
export const isApprover = (approvers: readonly string[], arn: string): boolean => matchesOf(arn).some((name) => approvers.includes(name));

/**
 * Counts one person's answer. One denial denies; `quorum` different people, none of them the requester, approve.
 * The caller makes it one conditional write on the record's version.
 */
export const decide = (record: ApprovalRecord, given: Decision): DecideOutcome => {
  const refused = (code: 'ApprovalInvalid' | 'ApprovalExpired' | 'ApproverNotAllowed', reason: string): DecideOutcome => ({
    outcome: 'refused',
    code,
    reason,
  });
  if (record.state !== 'pending') return refused('ApprovalInvalid', `it is ${record.state} already`);
  if (given.atMs >= record.expiresAtMs) return refused('ApprovalExpired', 'the time to answer has passed');
  if (!isApprover(record.approvers, given.by)) return refused('ApproverNotAllowed', `${given.by} is not among the approvers`);
  if (given.answer === 'approve' && personOf(given.by) === personOf(record.requester))
    return refused('ApproverNotAllowed', 'who asks for it may not approve it');
  if (record.decisions.some(({ by }) => personOf(by) === personOf(given.by))) return refused('ApprovalInvalid', `${given.by} has answered already`);
  if (record.purpose === 'attestation' && given.answer === 'approve' && given.statement === undefined) {
    return refused('ApprovalInvalid', 'an attestation needs a statement of what was done');
  }
  const decisions = [...record.decisions, given];
  const yes = decisions.filter(({ answer }) => answer === 'approve').length;
  const state = given.answer === 'deny' ? 'denied' : yes >= record.quorum ? 'approved' : 'pending';
  return { outcome: 'counted', record: { ...record, decisions, state, version: record.version + 1 } };
};

/** Does this record approve exactly this plan? Judged again from the record itself by TakeTerm: a task's output is not trusted. */
export const approves = (of: {
  record: ApprovalRecord | undefined;
  planHash: string;
  plan: {
    readonly validator: string;
    readonly execution: string;
    readonly cause: { readonly by: string };
    readonly approval: { readonly quorum: number; readonly approvers: readonly string[] };
  };
}): { ok: true } | { ok: false; reason: string } => {
  const { record, plan, planHash } = of;
  const no = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });
  if (!record) return no('there is no such approval');
  if (record.purpose !== 'approval') return no(`the record is an ${record.purpose}`);
  if (record.state !== 'approved') return no(`it is ${record.state}`);
  if (record.planHash !== planHash) return no('it was given to another plan');
  if (record.validator !== plan.validator || record.execution !== plan.execution) return no('it was given to another execution');
  const people = new Set(
    record.decisions
      .filter(({ answer, by }) => answer === 'approve' && personOf(by) !== personOf(plan.cause.by) && isApprover(plan.approval.approvers, by))
      .map(({ by }) => personOf(by)),
  );
  if (people.size < plan.approval.quorum) return no(`${people.size} of ${plan.approval.quorum} people approved`);
  return { ok: true };
};
