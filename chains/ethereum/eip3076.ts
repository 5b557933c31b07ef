import { highest } from '../../core/watermark.ts';
import type { EthereumMark } from './mark.ts';

/**
 * What a key may sign after what it may have signed: the rules of EIP-3076, kept with the highest messages alone instead of all of them.
 * Source never lower and target always higher leaves no double vote and no surround, either way round.
 */

export interface SignedBlock {
  readonly slot: number;
  /** `0x` and 64 hex; null when only the slot is known. */
  readonly signingRoot: string | null;
}

export interface SignedVote {
  readonly source: number;
  readonly target: number;
  readonly signingRoot: string | null;
}

/** The highest that one key may have signed; null is nothing. */
export interface KeyHistory {
  readonly block: SignedBlock | null;
  readonly vote: SignedVote | null;
}

export const noHistory: KeyHistory = { block: null, vote: null };

/** `repeat`: the very message was signed here before, and signing it again gives the same signature. */
export type Verdict = 'sign' | 'repeat' | 'refuse';

/** May this block be signed? Its slot must be higher than any before. */
export const judgeBlock = (before: SignedBlock | null, block: { slot: number; signingRoot: string }): Verdict => {
  if (before === null || block.slot > before.slot) return 'sign';
  return before.slot === block.slot && before.signingRoot === block.signingRoot ? 'repeat' : 'refuse';
};

/** May this vote be signed? Its target must be higher than any before, its source not lower, and not above its target. */
export const judgeVote = (before: SignedVote | null, vote: { source: number; target: number; signingRoot: string }): Verdict => {
  if (vote.source > vote.target) return 'refuse';
  if (before === null || (vote.target > before.target && vote.source >= before.source)) return 'sign';
  const same = before.target === vote.target && before.source === vote.source && before.signingRoot === vote.signingRoot;
  return same ? 'repeat' : 'refuse';
};

const higherBlock = (a: SignedBlock | null, b: SignedBlock | null): SignedBlock | null => {
  if (a === null || b === null) return a ?? b;
  if (a.slot !== b.slot) return a.slot > b.slot ? a : b;
  return a.signingRoot === b.signingRoot ? a : { slot: a.slot, signingRoot: null };
};

// The highest source and the highest target may be of two votes: then it is no vote that could be repeated.
const higherVote = (a: SignedVote | null, b: SignedVote | null): SignedVote | null => {
  if (a === null || b === null) return a ?? b;
  const [source, target] = [Math.max(a.source, b.source), Math.max(a.target, b.target)];
  const whole = [a, b].filter((one) => one.source === source && one.target === target);
  const roots = new Set(whole.map(({ signingRoot }) => signingRoot));
  return { source, target, signingRoot: roots.size === 1 ? (whole[0]?.signingRoot ?? null) : null };
};

/** Two histories of one key as one that allows nothing which either of them forbids. */
export const merge = (a: KeyHistory, b: KeyHistory): KeyHistory => ({ block: higherBlock(a.block, b.block), vote: higherVote(a.vote, b.vote) });

/** A floor as the history of a key: everything up to it may have been signed, and nobody knows what. */
export const historyOf = (floor: EthereumMark): KeyHistory => ({
  block: { slot: floor.slot, signingRoot: null },
  vote: { source: floor.source, target: floor.target, signingRoot: null },
});

/**
 * A history that was raised to a floor. A message that is known stays repeatable: its root is the one that was signed, whatever the floor.
 */
export const raise = (history: KeyHistory, floor: EthereumMark): KeyHistory => {
  const { block, vote } = history;
  const raised = merge(history, historyOf(floor));
  return {
    block: block?.slot === raised.block?.slot ? block : raised.block,
    vote: vote?.source === raised.vote?.source && vote?.target === raised.vote?.target ? vote : raised.vote,
  };
};

/** The floor that covers all of these keys; null when one of them has signed nothing that is known. */
export const markOf = (histories: Iterable<KeyHistory>): EthereumMark | null => {
  let mark: EthereumMark | null = null;
  for (const { block, vote } of histories) {
    if (block === null || vote === null) return null;
    mark = join(mark, { kind: 'eip3076', slot: block.slot, source: vote.source, target: vote.target });
  }
  return mark;
};

/** The lowest mark that covers both. */
export const join = (a: EthereumMark | null, b: EthereumMark): EthereumMark =>
  // Of two marks of one kind it is of that kind, and never null.
  highest(a, b) as EthereumMark;
