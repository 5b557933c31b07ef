import * as z from 'zod';
import { approvalRecord, decision } from './approval.ts';
import { errorCodes } from './errors.ts';
import { executionName, validatorId } from './ids.ts';

/** What a person sends to the approvals endpoint and what it tells: the function and the command line are both held to it. */

/** Digits of a plan hash; fewer than eight could be guessed right by chance. */
export const planDigits = /^[a-f0-9]{8,64}$/;

/** Who answers is not part of it: that is told by whoever checked the signature. */
export const answerRequest = z.strictObject({
  validator: validatorId,
  purpose: approvalRecord.shape.purpose,
  answer: decision.shape.answer,
  /** First digits of the plan hash: proves that the person saw this plan and no other. */
  plan: z.string().regex(planDigits, 'expected the first 8 to 64 digits of the plan hash'),
  /** For an attestation: what the person did, in their words. */
  statement: decision.shape.statement,
});
export type AnswerRequest = z.infer<typeof answerRequest>;

/** How things stand after the answer was counted. */
export const answerReply = z.strictObject({
  state: approvalRecord.shape.state,
  counted: z.number().int().min(0).max(50),
  quorum: approvalRecord.shape.quorum,
  execution: executionName,
  validator: validatorId,
});
export type AnswerReply = z.infer<typeof answerReply>;

/** Words of somebody else, told as far as they are of use. */
const words = (longest: number) =>
  z
    .string()
    .min(1)
    .transform((text) => text.slice(0, longest));

/** Why it was not counted, as a BatonError tells it. A code of another version is not lost: its words are still told. */
export const answerFailure = z.strictObject({
  code: z.enum(errorCodes).catch('WorkflowFailed'),
  message: words(3_000),
  fix: words(3_000),
  field: words(400).optional(),
});

/** Whoever gives answers to what waits: over the network, or in a test. */
export interface Answers {
  /** @throws BatonError as the endpoint tells it; LeaseUnreachable when nobody can say whether it was counted. */
  give(request: AnswerRequest): Promise<AnswerReply>;
}
