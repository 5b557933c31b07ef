import * as z from 'zod';
import { attemptId, nodeId, validatorId, type AttemptId, type NodeId, type ValidatorId } from './ids.ts';
import { compare, covers, watermark, type Watermark } from './watermark.ts';

/**
 * Custody `gate` (active-active): several nodes run signers for one validator, and every signature asks the arbiter. The arbiter is one item
 * per validator, opened with a floor; a duty is claimed by one conditional write, made after signing and before the signature leaves:
 *
 *     open, above the item's watermark ──▶ won: the signature may leave
 *     open, the very message that is stored  ──▶ repeat: the stored signature may leave, and no other
 *     anything else, or no item        ──▶ refused: nothing leaves
 *     no answer                        ──▶ nothing leaves; the same claim may be made again
 *
 *     Open → open ── Close ──▶ closed: no claim wins or repeats, and the watermark is exactly the last duty that may have been signed
 */

/** The time inside a signed message, as CometBFT writes it; both as text and number can hold them: 64 and 32 bits. */
export const signedTime = z.strictObject({
  seconds: z
    .string()
    .regex(/^-?\d{1,19}$/, { abort: true })
    .refine((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text)),
  nanos: z.int32(),
});
export type SignedTime = z.infer<typeof signedTime>;

/** The one signature that may ever leave for a duty. */
export const claimed = z.strictObject({
  /** Hash of the duty's content without its timestamp. */
  content: z.string().regex(/^[a-f0-9]{64}$/),
  signature: z.base64().min(1).max(1_000),
  /** What the signature was made over beside the content; null where messages carry no time. */
  time: signedTime.nullable(),
  /** Whose claim it was, for people. */
  signer: nodeId,
});
export type Claimed = z.infer<typeof claimed>;

/**
 * Which of a validator's orders of duties an item decides: on Ethereum each key has one for its blocks and one for its votes. None where there is
 * but one.
 */
export const lane = z.string().regex(/^[a-z0-9]{1,120}$/);
export type Lane = z.infer<typeof lane>;

export const arbiter = z.strictObject({
  validator: validatorId,
  lane: lane.optional(),
  phase: z.enum(['open', 'closed']),
  /** The highest duty that may have been signed, here or before. */
  watermark,
  /** Null while nothing has been claimed: the watermark is then the floor that the item was opened with. */
  claimed: claimed.nullable(),
  /** Rises by one with each write. */
  version: z.number().int().min(1),
  attempt: attemptId,
});
export type Arbiter = z.infer<typeof arbiter>;

/** One conditional write: the item must be open, and its watermark below `duty`. */
export interface DutyClaim {
  readonly validator: ValidatorId;
  readonly lane?: Lane | undefined;
  /** The same with each try of one claim. */
  readonly attempt: AttemptId;
  readonly duty: Watermark;
  readonly claimed: Claimed;
}

/** A message whose signature is wanted, and may have been made by another signer. */
export type Sought = Pick<DutyClaim, 'validator' | 'lane' | 'duty'> & { readonly claimed: Pick<Claimed, 'content'> };

/** One conditional write: there must be no item. A closed one is never opened again. */
export interface Opening {
  readonly validator: ValidatorId;
  readonly lane?: Lane | undefined;
  readonly attempt: AttemptId;
  readonly floor: Watermark;
}

/** One conditional write: the item must be open. */
export interface Closing {
  readonly validator: ValidatorId;
  readonly lane?: Lane | undefined;
  readonly attempt: AttemptId;
}

/** What became of a claim. Only `won` and `repeat` carry a signature that may leave. */
export type ClaimOutcome =
  | { readonly outcome: 'won'; readonly item: Arbiter; readonly claimed: Claimed }
  | { readonly outcome: 'repeat'; readonly claimed: Claimed }
  | { readonly outcome: 'refused'; readonly found: Arbiter | undefined };

/** No answer that can be trusted: it may or may not have happened. Nothing leaves; the same write may be sent again. */
export interface Unknown {
  readonly outcome: 'unknown';
  readonly cause: unknown;
}

/** What became of an opening or a closing; `earlier`: it was so already. */
export type ArbiterOutcome =
  | { readonly outcome: 'done'; readonly item: Arbiter; readonly earlier: boolean }
  | { readonly outcome: 'refused'; readonly found: Arbiter | undefined };

const isSame = (a: Watermark, b: Watermark): boolean => a.kind === b.kind && covers(a, b) && covers(b, a);

/**
 * A duty that may follow what the mark says: of another kind never. A vote on Ethereum needs a higher target and no lower source: neither a double
 * vote is left then, nor one that surrounds another.
 */
export const isAbove = (duty: Watermark, mark: Watermark): boolean => {
  if (duty.kind === 'eip3076') return mark.kind === duty.kind && covers(duty, mark) && duty.target > mark.target;
  return duty.kind === mark.kind && compare(duty, mark) > 0;
};

/**
 * What a refused claim may give all the same: the stored signature, when this very message is what the open item holds. So a claim that won
 * and lost its reply is found again, and so is that of another signer.
 */
export const judgeRefused = (found: Arbiter | undefined, claim: Sought): ClaimOutcome =>
  found?.phase === 'open' && found.claimed && isSame(found.watermark, claim.duty) && found.claimed.content === claim.claimed.content
    ? { outcome: 'repeat', claimed: found.claimed }
    : { outcome: 'refused', found };

/**
 * What a consistent read of the item says of a message before anybody claims it: what a claim would be answered now that cannot win, or null when
 * it could win. A read costs a fifth of a write, and gives nothing that a refused claim would not give.
 */
export const judgeLook = (found: Arbiter | undefined, sought: Sought): ClaimOutcome | null =>
  found?.phase === 'open' && isAbove(sought.duty, found.watermark) ? null : judgeRefused(found, sought);

/** The claim as the table would judge it: it wins only above the watermark of an item that is there, open, and counts as the duty does. */
export const applyClaim = (found: Arbiter | undefined, claim: DutyClaim): ClaimOutcome => {
  const wins = found?.phase === 'open' && isAbove(claim.duty, found.watermark);
  if (!wins) return judgeRefused(found, claim);
  const item: Arbiter = { ...found, watermark: claim.duty, claimed: claim.claimed, attempt: claim.attempt, version: found.version + 1 };
  return { outcome: 'won', item, claimed: claim.claimed };
};

/** A refused opening: done earlier when its own attempt stands there. */
export const judgeNotOpened = (found: Arbiter | undefined, { attempt }: Opening): ArbiterOutcome =>
  found?.attempt === attempt ? { outcome: 'done', item: found, earlier: true } : { outcome: 'refused', found };

export const applyOpening = (found: Arbiter | undefined, opening: Opening): ArbiterOutcome => {
  const { validator, lane: its, attempt, floor } = opening;
  if (found !== undefined) return judgeNotOpened(found, opening);
  return {
    outcome: 'done',
    item: { validator, ...(its === undefined ? {} : { lane: its }), phase: 'open', watermark: floor, claimed: null, version: 1, attempt },
    earlier: false,
  };
};

/** A refused closing: closed is closed, whoever did it. */
export const judgeNotClosed = (found: Arbiter | undefined): ArbiterOutcome =>
  found?.phase === 'closed' ? { outcome: 'done', item: found, earlier: true } : { outcome: 'refused', found };

export const applyClosing = (found: Arbiter | undefined, { attempt }: Closing): ArbiterOutcome =>
  found?.phase === 'open'
    ? { outcome: 'done', item: { ...found, phase: 'closed', attempt, version: found.version + 1 }, earlier: false }
    : judgeNotClosed(found);

/** The claim of a node for a message: named by what it is about, so that each try of it is the same claim. */
export const claimOf = (of: { validator: ValidatorId; lane?: Lane; node: NodeId; duty: Watermark; claimed: Omit<Claimed, 'signer'> }): DutyClaim => ({
  validator: of.validator,
  lane: of.lane,
  attempt: `${of.node}/${of.claimed.content}` as AttemptId,
  duty: of.duty,
  claimed: { ...of.claimed, signer: of.node },
});
