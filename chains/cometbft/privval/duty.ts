import type { Watermark } from '../../../core/watermark.ts';
import { voteTypes, type Proposal, type Vote } from './read.ts';

const stepOf = (duty: Vote | Proposal): number => {
  if (duty.kind === 'proposal') return 1;
  return duty.type === voteTypes.prevote ? 2 : 3;
};

/** Where a duty stands in the order of all. */
export const markOf = (duty: Vote | Proposal): Watermark => ({
  kind: 'consensus',
  height: Number(duty.height),
  round: duty.round,
  step: stepOf(duty),
});

/** Only these can be signed at all. */
export const isSane = (duty: Vote | Proposal): boolean => {
  const known: readonly number[] = duty.kind === 'vote' ? [voteTypes.prevote, voteTypes.precommit] : [voteTypes.proposal];
  return known.includes(duty.type) && duty.height > 0n && duty.height <= BigInt(Number.MAX_SAFE_INTEGER) && duty.round >= 0;
};
