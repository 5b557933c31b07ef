/** What benches say of several runs. */

export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The median is the middle one, or the mean of the two in the middle. Null of nothing. */
export const rangeOf = (values: readonly number[]): Range | null => {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const half = sorted.length / 2;
  const [lower, upper] = [sorted[Math.ceil(half) - 1] ?? min, sorted[Math.floor(half)] ?? max];
  return { min, median: (lower + upper) / 2, max };
};

/** Of values in order: the one with this share of them below it. 0 of nothing. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
