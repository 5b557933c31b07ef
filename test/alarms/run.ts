import type { Alarm } from './definition.ts';
import { documented, play, type Feed, type Open, type Played } from './evaluator.ts';
import type { State } from './metric-state.ts';
import { series, type Series } from './series.ts';
import { alarmIn, home, metricKey, type Stack } from './stack.ts';
import type { Datum } from './statistics.ts';

/** Plays the series against the alarms of the template. */

/** Where AWS leaves the evaluation open, whatever it does: rings must be the same. */
export const openWays: readonly Open[] = [1, 2, 5].flatMap((extraPoints) =>
  (['fills', 'stays'] as const).map((emptyFill) => ({ extraPoints, emptyFill })),
);

export const feedOf = (stack: Stack, feed: Readonly<Record<string, readonly Datum[]>>): Feed =>
  new Map(Object.entries(feed).map(([name, data]) => [metricKey(stack, name), data]));

const letterOf: Record<State, string> = { OK: 'O', ALARM: 'A', INSUFFICIENT_DATA: 'I' };
export const lettersOf = (played: Played, alarm: Alarm): string => (played.states.get(alarm.name) ?? []).map((state) => letterOf[state]).join('');

/** The states of one alarm through one series. */
export const statesIn = (one: Series, alarm: Alarm, open: Open = documented): string =>
  lettersOf(play([alarm], feedOf(home, one.feed), one.states.length, open), alarm);

export interface AlarmCounts {
  readonly alarms: number;
  readonly series: number;
  /** States that were computed and compared. */
  readonly evaluations: number;
  readonly wrong: readonly string[];
}

/** Every series against its alarm of the template, as documented and in each way that AWS leaves open. */
export const checkAlarms = (): AlarmCounts => {
  const wrong: string[] = [];
  let evaluations = 0;
  for (const one of series) {
    const alarm = alarmIn(home, one.alarm);
    const states = statesIn(one, alarm);
    evaluations += states.length;
    if (states !== one.states) wrong.push(`${one.alarm}, ${one.about}: ${states} instead of ${one.states}`);
    for (const open of openWays) {
      const other = statesIn(one, alarm, open);
      evaluations += other.length;
      if (other.indexOf('A') !== one.states.indexOf('A')) {
        wrong.push(
          `${one.alarm}, ${one.about}, ${open.extraPoints} points more, FILL ${open.emptyFill}: ${other} rings otherwise than ${one.states}`,
        );
      }
    }
  }
  return { alarms: home.properties.size, series: series.length, evaluations, wrong };
};
