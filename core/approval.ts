import { z } from 'zod';
import { executionName, nodeId, term, validatorId } from './ids.ts';

/** One person's answer. `by` is the caller's ARN as STS tells it, never what the caller claims. */
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
  expiresAtMs: z.number().int().min(0),
  sentence: z.string().max(2_000),
  token: z.string().min(1).max(2_048),
  version: z.number().int().min(1),
});
export type ApprovalRecord = z.infer<typeof approvalRecord>;
