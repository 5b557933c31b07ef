import * as z from 'zod';

/** Names as they cross every edge. All are safe in shell words, DynamoDB keys, IAM resources and execution names. */

export const validatorId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected 1–40 of a–z, 0–9 and -')
  .brand<'ValidatorId'>();
/** One signing identity. */
export type ValidatorId = z.infer<typeof validatorId>;

export const nodeId = z
  .string()
  .regex(/^m?i-[a-f0-9]{8,17}$/, 'expected an EC2 instance id (i-…) or an SSM managed node id (mi-…)')
  .brand<'NodeId'>();
/** The machine itself: `i-…` or `mi-…`. Recorded in the lease, so that a changed configuration can never point a fence at another machine. */
export type NodeId = z.infer<typeof nodeId>;

export const term = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).brand<'Term'>();
/** The fencing token. */
export type Term = z.infer<typeof term>;

export const executionName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,80}$/, 'expected 1–80 of A–Z, a–z, 0–9, _, . and -')
  .brand<'ExecutionName'>();
/** Which execution drives a term. */
export type ExecutionName = z.infer<typeof executionName>;

export const attemptId = z.string().min(1).max(200).brand<'AttemptId'>();
/** Names one intended write, the same on each retry of it. */
export type AttemptId = z.infer<typeof attemptId>;

export const nextTerm = (of: Term): Term => (of + 1) as Term;
