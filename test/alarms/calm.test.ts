import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { metricTable, sparing, type MetricName, type PlainMetric } from '../../functions/shared/metrics.ts';
import { measuring } from '../support/measure.ts';
import { documented, play } from './evaluator.ts';
import { feedOf, lettersOf, openWays } from './run.ts';
import { alarmIn, alarmsOf, home } from './stack.ts';
import type { Datum } from './statistics.ts';

/** What is calm tells no zeros while all is well. Its alarms must not notice. */

const isCalm = (name: string): name is PlainMetric => Object.hasOwn(metricTable, name) && 'calm' in metricTable[name as MetricName];
const alarms = [...alarmsOf(home)].flatMap(([id, alarm]) =>
  alarm.kind === 'metric' ? alarm.metrics.filter(({ name }) => isCalm(name)).map(({ name }) => [id, name as PlainMetric] as const) : [],
);

const toldOf = (name: PlainMetric, data: readonly (number | null)[]): Datum[] => {
  const measured = measuring();
  const measure = sparing(measured);
  return data.map((value) => {
    if (value === null) return null;
    measured.figures.length = 0;
    measure.add(name, value);
    return measured.figures.length === 0 ? null : value;
  });
};

test('zeros are left out, but for the first ones and those after something else', () => {
  const zeros = [0, 0, 0, 0, 0];
  expect(toldOf('GuardsSilent', [...zeros, 0, 0, 2, ...zeros, 0])).toEqual([...zeros, null, null, 2, ...zeros, null]);
  expect(toldOf('GuardsSilent', [3, 3, 3, 3, 3, 3, 3])).toEqual([3, 3, 3, 3, 3, 3, 3]);
  expect(toldOf('SurveyDone', [...zeros, ...zeros])).toEqual([...zeros, ...zeros]);
});

test('each validator has zeros of its own, and what is left out of one is told of another', () => {
  const measured = measuring();
  const measure = sparing(measured);
  for (let minute = 0; minute < 7; minute += 1) measure.split('Verdict', 'hub-1', 0);
  measure.split('Verdict', 'hub-2', 0);
  measure.split('LeasePhase', 'hub-1', 0);
  expect(measured.figures).toEqual([...Array.from({ length: 5 }, () => 'Verdict/hub-1 0'), 'Verdict/hub-2 0', 'LeasePhase/hub-1 0']);
});

describe('alarms of what is calm', () => {
  test('are these', () => {
    expect(alarms.map(([id]) => id).toSorted()).toEqual([
      'ApprovalWaiting',
      'FleetPaused',
      'GuardSilent',
      'GuardUnarmed',
      'NeedsPerson',
      'StandbyNotReady',
      'TableUnsafe',
      'TwoSignersSuspected',
    ]);
  });
  // Long enough to be forgotten, and too short to be; a survey that fails in between.
  const run = fc.tuple(fc.constantFrom<number | null>(0, 0, 0, 1, 1_000, null), fc.integer({ min: 1, max: 18 }));
  const history = fc
    .array(run, { minLength: 1, maxLength: 8 })
    .map((runs) => [0, ...runs.flatMap(([value, times]) => Array.from({ length: times }, () => value))]);
  test('would notice zeros that are never told', () => {
    const silent = (data: readonly (number | null)[]): Datum[] => data.map((value) => (value === 0 ? null : value));
    const alarm = alarmIn(home, 'GuardSilent');
    const states = (feed: readonly Datum[]): string => lettersOf(play([alarm], feedOf(home, { GuardsSilent: feed }), feed.length), alarm);
    expect(states([0, 1, 1, 1, 0, 0])).toBe('OOOAOO');
    expect(states(silent([0, 1, 1, 1, 0, 0]))).not.toBe('OOOAOO');
  });
  test.each(alarms)('%s is in the same state in each minute, whether zeros of %s are told or not', (id, name) => {
    const alarm = alarmIn(home, id);
    fc.assert(
      fc.property(history, fc.constantFrom(documented, ...openWays), (data, open) => {
        const states = (feed: readonly Datum[]): string => lettersOf(play([alarm], feedOf(home, { [name]: feed }), data.length, open), alarm);
        expect(states(toldOf(name, data))).toBe(states(data));
      }),
      { numRuns: 300 },
    );
  });
});
