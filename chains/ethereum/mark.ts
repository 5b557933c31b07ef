import { z } from 'zod';

/** The watermark of a set of keys that move together: the highest of each over all of them. Rounding up is safe. */

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const ethereumMark = z.strictObject({
  kind: z.literal('eip3076'),
  /** Highest slot of a block that may have been signed. */
  slot: count,
  /** Highest source epoch of a vote. */
  source: count,
  /** Highest target epoch of a vote. */
  target: count,
});
export type EthereumMark = z.infer<typeof ethereumMark>;

export const epochOf = (slot: number, slotsPerEpoch: number): number => Math.floor(slot / slotsPerEpoch);
