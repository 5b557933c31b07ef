import { z } from 'zod';

/**
 * The highest duty that may have been signed. Two shapes: `consensus` (height, round, step: CometBFT) and `slot`
 * (one counter: any daemon whose duties are numbered). Compared only within one shape.
 */
export const watermark = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('consensus'),
    height: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    round: z.number().int().min(0).max(2_147_483_647),
    /** 1 propose, 2 prevote, 3 precommit. */
    step: z.number().int().min(0).max(3),
  }),
  z.strictObject({ kind: z.literal('slot'), slot: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }),
]);
export type Watermark = z.infer<typeof watermark>;
