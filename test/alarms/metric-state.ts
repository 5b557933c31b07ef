import { UnknownToEvaluator } from './statistics.ts';
import type { TimeSeries } from './math.ts';

/** One evaluation of one metric alarm, by "Configuring how CloudWatch alarms treat missing data". */

export type State = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type Missing = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

export interface Judge {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly operator: string;
  readonly threshold: number;
  readonly missing: Missing;
}

const comparisons: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** @throws UnknownToEvaluator for operators of anomaly bands, which need a model that CloudWatch trains. */
export const breaches = (operator: string, value: number, threshold: number): boolean => {
  const compare = comparisons[operator];
  if (!compare) throw new UnknownToEvaluator(`comparison ${operator}`);
  return compare(value, threshold);
};

/**
 * The state after looking at the points of the evaluation range, the oldest first.
 * @throws UnknownToEvaluator where AWS leaves the state open: a young breaching point among missing ones that stay missing.
 */
export const stateAfter = (judge: Judge, range: TimeSeries, before: State): State => {
  const { evaluationPeriods, datapointsToAlarm, missing } = judge;
  const alarms = (breaching: number): State => (breaching >= datapointsToAlarm ? 'ALARM' : 'OK');
  const real = range.flatMap((value, at) =>
    value === null ? [] : [{ age: range.length - at, bad: breaches(judge.operator, value, judge.threshold) }],
  );
  const used = real.slice(-evaluationPeriods);
  const bad = used.filter((point) => point.bad).length;
  const toFill = evaluationPeriods - used.length;
  // Enough real points, also from farther back: how missing ones are treated does not matter.
  if (toFill === 0 || missing === 'notBreaching') return alarms(bad);
  if (missing === 'breaching') return alarms(bad + toFill);
  if (used.length === 0) return missing === 'ignore' ? before : 'INSUFFICIENT_DATA';
  if (bad < used.length || bad >= datapointsToAlarm) return alarms(bad);
  if (missing === 'ignore') return before;
  // Only breaching points, fewer than needed: the oldest must have aged, so that a single late blip does not ring.
  if ((used[0]?.age ?? 0) >= datapointsToAlarm) return 'ALARM';
  throw new UnknownToEvaluator('a young breaching point among missing ones: AWS does not say which state follows');
};
