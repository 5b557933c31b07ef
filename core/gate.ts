import { z } from 'zod';
import { attemptId, nodeId, validatorId, type AttemptId, type ValidatorId } from './ids.ts';
import { compare, watermark, type Watermark } from './watermark.ts';

/**
 * Custody `gate` (active-active): several nodes run signers for one validator, and every signature asks the arbiter. The arbiter is one item
 * per validator, opened with a floor; a duty is claimed by one conditional write, made after signing and before the signature leaves:
 *
 *     above the item's watermark ──▶ won: the signature may leave
 *     the very message that is stored  ──▶ repeat: the stored signature may leave, and no other
 *     anything else, or no item        ──▶ refused: nothing leaves
 *     no answer                        ──▶ nothing leaves; the same claim may be made again
 */

/** The one signature that may ever leave for a duty. */
const claimed = z.strictObject({
  /** Hash of the duty's content without its timestamp. */
  content: z.string().regex(/^[a-f0-9]{64}$/),
  /** Base64. */
  signature: z.string().min(1).max(1_000),
  /** Whose claim it was, for people. */
  signer: nodeId,
});

export const arbiter = z.strictObject({
  validator: validatorId,
  /** The highest duty that may have been signed, here or before. */
  watermark,
  /** Null while nothing has been claimed: the watermark is then the floor that the item was opened with. */
  claimed: claimed.nullable(),
  version: z.number().int().min(1),
  attempt: attemptId,
});
export type Arbiter = z.infer<typeof arbiter>;

/** One conditional write: the item's watermark must lie below `duty`. `version` rises by one with each. */
export interface DutyClaim {
  readonly validator: ValidatorId;
  readonly attempt: AttemptId;
  readonly duty: Watermark;
  readonly claimed: z.infer<typeof claimed>;
}

/** What became of a claim. Only `won` and `repeat` carry a signature that may leave. */
export type ClaimOutcome =
  | { readonly outcome: 'won'; readonly item: Arbiter; readonly signature: string }
  | { readonly outcome: 'repeat'; readonly signature: string }
  | { readonly outcome: 'refused'; readonly found: Arbiter | undefined };

/** What a refused claim may give all the same: the stored signature, when this very message is what the item holds. */
export const judgeRefused = (found: Arbiter | undefined, claim: DutyClaim): ClaimOutcome =>
  found?.claimed && compare(found.watermark, claim.duty) === 0 && found.claimed.content === claim.claimed.content
    ? { outcome: 'repeat', signature: found.claimed.signature }
    : { outcome: 'refused', found };

/** The claim as the table would judge it: it wins only above the watermark of an item that is there. */
export const applyClaim = (found: Arbiter | undefined, claim: DutyClaim): ClaimOutcome => {
  if (found === undefined || compare(found.watermark, claim.duty) >= 0) return judgeRefused(found, claim);
  const item: Arbiter = {
    validator: claim.validator,
    watermark: claim.duty,
    claimed: claim.claimed,
    attempt: claim.attempt,
    version: found.version + 1,
  };
  return { outcome: 'won', item, signature: claim.claimed.signature };
};
