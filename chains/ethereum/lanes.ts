import { highest, type Watermark } from '../../core/watermark.ts';
import type { Lanes } from '../chain.ts';
import { ethereumMark } from './mark.ts';

/** Custody `gate`: each key has an order of blocks and one of votes. A block is above by its slot, a vote by its target, with no lower source. */

export const blockLane = (publicKey: string): string => `${publicKey}block`;
export const voteLane = (publicKey: string): string => `${publicKey}vote`;

const blockPart = (mark: Watermark): Watermark => ({ kind: 'slot', slot: ethereumMark(mark).slot });
const votePart = (mark: Watermark): Watermark => ({ ...ethereumMark(mark), slot: 0 });

/** What of a mark is asked of its lane. */
export const partOf = { block: blockPart, vote: votePart } as const;

export const lanesOf = (publicKeys: readonly string[]): Lanes => ({
  all: publicKeys.flatMap((key) => [
    { lane: blockLane(key), part: blockPart },
    { lane: voteLane(key), part: votePart },
  ]),
  whole: (parts) => {
    let whole: Watermark = { kind: 'eip3076', slot: 0, source: 0, target: 0 };
    for (const part of parts)
      whole = highest(whole, part.kind === 'slot' ? { kind: 'eip3076', slot: part.slot, source: 0, target: 0 } : part) ?? whole;
    return whole;
  },
});
