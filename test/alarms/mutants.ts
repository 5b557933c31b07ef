import type { Tree } from '../../local/template/index.ts';
import { openWays, statesIn } from './run.ts';
import { series } from './series.ts';
import { alarmIn, home } from './stack.ts';

/** Negative control: an alarm that is a little wrong must come out differently in one of its series. */

const operators = ['GreaterThanOrEqualToThreshold', 'GreaterThanThreshold', 'LessThanThreshold', 'LessThanOrEqualToThreshold'];
const treatments = ['breaching', 'notBreaching', 'ignore', 'missing'];

export interface Mutant {
  readonly name: string;
  readonly changed: Tree;
}

/** Every way in which one alarm is made a little wrong. */
export const mutantsOf = (id: string): Mutant[] => {
  const properties = home.properties.get(id)?.properties ?? {};
  const numberOf = (key: string): number => Number(properties[key]);
  const [threshold, periods, points] = [numberOf('Threshold'), numberOf('EvaluationPeriods'), numberOf('DatapointsToAlarm')];
  const step = threshold < 1 ? 0.1 : 1;
  const other = (key: string, values: readonly string[]): Mutant[] =>
    values.filter((value) => value !== properties[key]).map((value) => ({ name: `${key} ${value}`, changed: { [key]: value } }));
  return [
    { name: 'a higher threshold', changed: { Threshold: threshold + step } },
    { name: 'a lower threshold', changed: { Threshold: threshold - step } },
    ...other('ComparisonOperator', operators),
    ...other('TreatMissingData', treatments),
    { name: 'one data point more', changed: { EvaluationPeriods: Math.max(periods, points + 1), DatapointsToAlarm: points + 1 } },
    { name: 'one period more', changed: { EvaluationPeriods: periods + 1, DatapointsToAlarm: periods === points ? points + 1 : points } },
    ...(points > 1 ? [{ name: 'one data point less', changed: { DatapointsToAlarm: points - 1 } }] : []),
  ];
};

/** All states of all its series, in each way that AWS leaves open; what the evaluator refuses to judge is an outcome too. */
const outcomeOf = (id: string, changed?: Tree): string => {
  const alarm = alarmIn(home, id, changed);
  const states = openWays.flatMap((open) =>
    series
      .filter((one) => one.alarm === id)
      .map((one) => {
        try {
          return statesIn(one, alarm, open);
        } catch (error) {
          return (error as Error).name;
        }
      }),
  );
  return states.join();
};

/** Names of the mutants of one alarm that no series notices. */
export const survivorsOf = (id: string): string[] => {
  const right = outcomeOf(id);
  return mutantsOf(id)
    .filter(({ changed }) => outcomeOf(id, changed) === right)
    .map(({ name }) => name);
};
