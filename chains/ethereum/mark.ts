import type { z } from 'zod';
import { eip3076, type Watermark } from '../../core/watermark.ts';

/** The watermark of a set of keys that move together: the highest of each over all of them. Rounding up is safe. */
export type EthereumMark = z.infer<typeof eip3076>;

/** @throws when it is the mark of another chain. */
export const ethereumMark = (mark: Watermark): EthereumMark => eip3076.parse(mark);

export const epochOf = (slot: number, slotsPerEpoch: number): number => Math.floor(slot / slotsPerEpoch);
