/** What was published, compared: messages for which the chain slashes. */

export interface PublishedVote {
  readonly kind: 'vote';
  readonly by: string;
  /** Who voted: the validator's index. */
  readonly validator: number;
  readonly slot: number;
  readonly source: number;
  readonly target: number;
  /** All of its data, as it is told from another. */
  readonly data: string;
}
export interface PublishedBlock {
  readonly kind: 'block';
  readonly by: string;
  readonly validator: number;
  readonly slot: number;
  readonly data: string;
}
export type Published = PublishedVote | PublishedBlock;

export interface Conflict {
  readonly kind: 'double vote' | 'surround' | 'two blocks';
  readonly validator: number;
  readonly sentence: string;
}

const votesConflict = (a: PublishedVote, b: PublishedVote): Conflict['kind'] | null => {
  if (a.target === b.target && a.data !== b.data) return 'double vote';
  const surrounds = (outer: PublishedVote, inner: PublishedVote): boolean => outer.source < inner.source && inner.target < outer.target;
  return surrounds(a, b) || surrounds(b, a) ? 'surround' : null;
};

const conflictOf = (a: Published, b: Published): Conflict['kind'] | null => {
  if (a.kind === 'vote' && b.kind === 'vote') return votesConflict(a, b);
  return a.kind === 'block' && b.kind === 'block' && a.slot === b.slot && a.data !== b.data ? 'two blocks' : null;
};

/** Every pair of messages of one validator that conflicts, whoever published them. */
export const conflictsIn = (all: readonly Published[]): Conflict[] => {
  const found: Conflict[] = [];
  const byValidator = new Map<number, Published[]>();
  for (const one of all) {
    const before = byValidator.get(one.validator) ?? [];
    for (const other of before) {
      const kind = conflictOf(other, one);
      if (kind !== null)
        found.push({
          kind,
          validator: one.validator,
          sentence: `${kind} of validator ${one.validator}: slot ${other.slot} by ${other.by}, slot ${one.slot} by ${one.by}`,
        });
    }
    byValidator.set(one.validator, [...before, one]);
  }
  return found;
};
