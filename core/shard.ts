import * as z from 'zod';
import type { ValidatorId } from './ids.ts';

/**
 * Which of several watchers looks at a validator: the one with the highest score for it (rendezvous hashing). Each validator has an order of
 * its own of all watchers, so one that comes takes its share from all others, one that goes leaves its share to all others, and nothing else moves.
 */

/** Which of how many watchers, from 0; the only one when it is not said. */
export const part = { shard: z.number().int().min(0).max(99).optional(), shards: z.number().int().min(1).max(100).optional() };
export const isPart = ({ shard = 0, shards = 1 }: { readonly shard?: number | undefined; readonly shards?: number | undefined }): boolean =>
  shard < shards;

/** FNV-1a over the text, then MurmurHash3's last step, without which names that differ in one letter have scores that differ little. */
const scoreOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Of the watchers that live, the one for this validator; null of none. Two scores are never equal: each step takes different numbers to different ones. */
export const shardOf = (validator: ValidatorId, live: readonly number[]): number | null => {
  const scored = live.map((shard) => ({ shard, score: scoreOf(`${shard}#${validator}`) }));
  return scored.toSorted((one, other) => other.score - one.score)[0]?.shard ?? null;
};
