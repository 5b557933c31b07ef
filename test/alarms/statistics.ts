/** What CloudWatch makes of the samples of one period. */

export class UnknownToEvaluator extends Error {
  override name = 'UnknownToEvaluator';
}

/** Samples of one minute: one value, several, or none. */
export type Datum = number | readonly number[] | null;

const percentile = (values: readonly number[], percent: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
};

const simple: Record<string, (values: readonly number[]) => number> = {
  Sum: (values) => values.reduce((total, value) => total + value, 0),
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  Average: (values) => values.reduce((total, value) => total + value, 0) / values.length,
  SampleCount: (values) => values.length,
};

/** The value of one period, or null when it has no samples. @throws UnknownToEvaluator for another statistic. */
export const aggregate = (statistic: string, data: readonly Datum[]): number | null => {
  const values = data.flatMap((datum) => datum ?? []);
  const known = simple[statistic];
  const percent = /^p(\d{1,2}(\.\d{1,10})?|100)$/.exec(statistic)?.[1];
  if (!known && percent === undefined) throw new UnknownToEvaluator(`statistic ${statistic}`);
  if (values.length === 0) return null;
  return known ? known(values) : percentile(values, Number(percent));
};
