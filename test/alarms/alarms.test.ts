import { describe, expect, test } from 'vitest';
import { play, type Told } from './evaluator.ts';
import { mutantsOf, survivorsOf } from './mutants.ts';
import { checkAlarms, feedOf, lettersOf, statesIn } from './run.ts';
import { series } from './series.ts';
import { alarmIn, alarmsOf, far, home, homeWith, type Stack } from './stack.ts';
import type { Datum } from './statistics.ts';

const metricAlarms = [...alarmsOf(home)].filter(([, alarm]) => alarm.kind === 'metric').map(([id]) => id);

describe('each alarm through its series', () => {
  test.each(series)('$alarm: $about', (one) => {
    expect(statesIn(one, alarmIn(home, one.alarm))).toBe(one.states);
  });
  test('every alarm rings in one series and not in another', () => {
    const of = (id: string): string[] => series.filter(({ alarm }) => alarm === id).map(({ states }) => states);
    expect(metricAlarms.filter((id) => !of(id).some((states) => states.includes('A')))).toEqual([]);
    expect(metricAlarms.filter((id) => !of(id).some((states) => !states.includes('A')))).toEqual([]);
    expect([...new Set(series.map(({ alarm }) => alarm))].sort()).toEqual([...metricAlarms].sort());
  });
  test('they ring in the same minute whatever AWS does where it does not say what', () => {
    const counts = checkAlarms();
    expect(counts.wrong).toEqual([]);
    expect(counts.evaluations).toBeGreaterThan(6_000);
  });
});

describe('parameters of the stack reach the alarms', () => {
  test.each([
    ['ApprovalWaiting', 'ApprovalWaitingSeconds', { ApprovalWaitingSeconds: '900' }, [300, 899, 900], 'OOA'],
    ['DrillOverdue', 'DrillAgeDays', { DrillOverdueDays: '7' }, [6, 7, 7, 7, 7, 7], 'OOOOOA'],
    ['AlertDeliveryUntested', 'AlertTestAgeDays', { AlertTestOverdueDays: '7' }, [6, 7, 7, 7, 7, 7], 'OOOOOA'],
    ['AlertDeliveryUntested', 'AlertTestUnansweredHours', { AlertTestAnswerHours: '8' }, [7, 8, 8, 8, 8, 8], 'OOOOOA'],
  ])('%s', (id, metric, parameters, data, states) => {
    const stack = homeWith(parameters);
    const alarm = alarmIn(stack, id);
    expect(lettersOf(play([alarm], feedOf(stack, { [metric]: data }), data.length), alarm)).toBe(states);
  });
});

describe('negative control: a changed alarm is noticed', () => {
  test.each(metricAlarms)('%s', (id) => {
    expect(mutantsOf(id).length).toBeGreaterThanOrEqual(10);
    expect(survivorsOf(id)).toEqual([]);
  });
});

/** Nothing is wrong, for so many minutes; then what is given, over it. */
const calm = (minutes: number, over: Readonly<Record<string, readonly Datum[]>> = {}): Record<string, readonly Datum[]> => {
  const zero = [
    'NeedsPerson',
    'GuardsSilent',
    'GuardsUnarmed',
    'StandbysNotReady',
    'TwoSigners',
    'ApprovalWaitingSeconds',
    'DrillAgeDays',
    'AlertTestAgeDays',
    'AlertTestUnansweredHours',
    'FencesFailed',
    'FenceTestAgeHours',
  ];
  const more = ['TableUnsafe', 'FleetPaused', 'FleetFailing', 'FleetUnobservable', 'Throttles:watch', 'Errors:watch'];
  const steady = (value: number): number[] => Array.from({ length: minutes }, () => value);
  const base = Object.fromEntries([...zero, ...more].map((name) => [name, steady(0)]));
  return { WatchRounds: steady(12), SurveyDone: steady(1), ...base, ...over };
};

const toldIn = (stack: Stack, minutes: number, over: Readonly<Record<string, readonly Datum[]>>): string[] => {
  const told = play([...alarmsOf(stack).values()], feedOf(stack, calm(minutes, over)), minutes).told;
  return told.map(({ minute, alarm, state }: Told) => `${minute} ${alarm.replace('baton-', '')} ${state}`);
};
const after = (minutes: number, ...then: Datum[]): Datum[] => [...Array.from({ length: minutes }, () => 0), ...then];
const ones = (minutes: number): number[] => Array.from({ length: minutes }, () => 1);
const greeting = '1 ValidatorNeedsHuman OK';

describe('whom it tells', () => {
  test('calm: once that all is well, when the stack is new', () => {
    expect(toldIn(home, 20, {})).toEqual([greeting]);
  });
  test.each([
    ['WatcherSilent', { WatchRounds: [12, 12] }, 4],
    ['SurveySilent', { SurveyDone: [1, 1] }, 4],
    ['FailoverFailed', { ExecutionsFailed: after(4, 1) }, 4],
    ['FailoverTimedOut', { ExecutionsTimedOut: after(4, 1) }, 4],
    ['FailoverAborted', { ExecutionsAborted: after(4, 1) }, 4],
    ['NeedsPerson', { NeedsPerson: after(4, 1, 1) }, 5],
    ['GuardSilent', { GuardsSilent: after(4, 1, 1, 1) }, 6],
    ['ApprovalWaiting', { ApprovalWaitingSeconds: after(4, 300) }, 4],
    ['DeadLetters', { ApproximateNumberOfMessagesVisible: after(4, 1) }, 4],
    ['FunctionThrottled', { 'Throttles:fence': after(4, 1, 1) }, 5],
    ['TableThrottled', { WriteThrottleEvents: after(4, 1, 1) }, 5],
    ['FunctionFailing', { 'Errors:watch': after(4, 1, 1, 1) }, 6],
    ['ValidatorFailing', { FleetFailing: after(4, 1, 1) }, 5],
    ['ChainUnobservable', { FleetUnobservable: after(4, 1, 1, 1) }, 6],
    ['TableUnsafe', { TableUnsafe: after(4, 1) }, 4],
  ])('%s pages through the composite, a minute after it rang', (id, over, minute) => {
    const played = play([...alarmsOf(home).values()], feedOf(home, calm(12, over)), 12);
    expect(lettersOf(played, alarmIn(home, id)).indexOf('A')).toBe(minute);
    expect(toldIn(home, 12, over).slice(0, 2)).toEqual([greeting, `${minute + 1} ValidatorNeedsHuman ALARM`]);
  });
  test.each([
    ['GuardUnarmed', { GuardsUnarmed: ones(20) }, 14],
    ['StandbyNotReady', { StandbysNotReady: ones(20) }, 14],
    ['DrillOverdue', { DrillAgeDays: after(4, 90, 90, 90, 90, 90) }, 8],
    ['AlertDeliveryUntested', { AlertTestAgeDays: after(4, 30, 30, 30, 30, 30) }, 8],
    ['AlertDeliveryUntested', { AlertTestUnansweredHours: after(4, 72, 72, 72, 72, 72) }, 8],
    ['FenceTestFailed', { FencesFailed: after(4, ...ones(16)) }, 8],
    ['FenceTestFailed', { FenceTestAgeHours: after(4, 26, 26, 26, 26, 26) }, 8],
  ])('%s tells, and pages nobody', (_id, over, minute) => {
    expect(toldIn(home, 20, over).filter((told) => told !== greeting)).toEqual([`${minute} FleetNeedsCare ALARM`]);
  });
  test('weeks without a drill do not keep the page mute', () => {
    const told = toldIn(home, 16, { DrillAgeDays: Array.from({ length: 16 }, () => 9999), ExecutionsFailed: after(10, 1) });
    expect(told).toEqual([greeting, '4 FleetNeedsCare ALARM', '11 ValidatorNeedsHuman ALARM', '14 ValidatorNeedsHuman OK']);
  });
  test('Slack that fails tells by itself, and pages nobody', () => {
    expect(toldIn(home, 12, { 'Errors:announce': after(4, 1, 1, 1) })).toEqual([greeting, '6 SlackFailing ALARM']);
  });
  test('two signers ring by themselves, at the first data point', () => {
    expect(toldIn(home, 8, { TwoSigners: after(4, 1, 0) })).toEqual([greeting, '4 TwoSignersSuspected ALARM']);
  });
  test('everything goes to the topic, and no other alarm has an action', () => {
    const topic = home.resolved.ref('Topic');
    const alarms = [...alarmsOf(home)].map(([id, alarm]) => [id, alarm.alarm, alarm.ok] as const);
    expect(alarms.filter(([, alarm, ok]) => alarm.length + ok.length > 0)).toEqual([
      ['TwoSignersSuspected', [topic], []],
      ['SlackFailing', [topic], []],
      ['ValidatorNeedsHuman', [topic], [topic]],
      ['FleetNeedsCare', [topic], []],
    ]);
  });
});

describe('a pause', () => {
  const trouble = { ExecutionsFailed: after(6, 1) };
  test('of the whole fleet keeps the page silent, also when it is seen a minute after the trouble', () => {
    expect(toldIn(home, 20, { ...trouble, FleetPaused: after(3, ...ones(17)) })).toEqual([greeting]);
    expect(toldIn(home, 20, { ...trouble, FleetPaused: after(7, ...ones(13)) })).toEqual([greeting]);
    expect(toldIn(home, 20, { ...trouble, FleetPaused: after(9, ...ones(11)) })).toContain('7 ValidatorNeedsHuman ALARM');
  });
  test('of one validator of many suppresses nothing', () => {
    expect(toldIn(home, 9, { ...trouble, ValidatorsPaused: ones(9) })).toEqual([greeting, '7 ValidatorNeedsHuman ALARM']);
  });
  test('never hides two signers', () => {
    expect(toldIn(home, 9, { TwoSigners: after(6, 1), FleetPaused: ones(9) })).toEqual(['6 TwoSignersSuspected ALARM']);
  });
  test('that ends while something is wrong pages then', () => {
    const over = { NeedsPerson: after(4, ...ones(16)), FleetPaused: [...ones(8), ...after(12)] };
    expect(toldIn(home, 20, over)).toEqual(['11 ValidatorNeedsHuman ALARM']);
  });
  test('that ends when all is well again does not', () => {
    const over = { NeedsPerson: [0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], FleetPaused: [...ones(8), ...after(8)] };
    expect(toldIn(home, 16, over)).toEqual(['11 ValidatorNeedsHuman OK']);
  });
  test('does not outlive the survey: its silence ends the pause and pages', () => {
    const over = Object.fromEntries(['SurveyDone', 'FleetPaused'].map((name) => [name, ones(6)]));
    expect(toldIn(home, 16, over)).toEqual(['9 ValidatorNeedsHuman ALARM']);
  });
});

describe('a vantage', () => {
  test('has the alarms of a watcher, and pages by itself', () => {
    expect([...far.properties.keys()].sort()).toEqual(['DeadLetters', 'FunctionFailing', 'ValidatorNeedsHuman', 'WatcherSilent']);
    expect(alarmsOf(far).get('ValidatorNeedsHuman')).toMatchObject({ suppressor: null });
    expect(toldIn(far, 8, { WatchRounds: [12, 12] })).toEqual(['0 ValidatorNeedsHuman OK', '4 ValidatorNeedsHuman ALARM']);
    expect(toldIn(far, 8, { 'Errors:watch': after(3, 1, 1, 1) })).toContain('5 ValidatorNeedsHuman ALARM');
    expect(toldIn(far, 8, { ApproximateNumberOfMessagesVisible: after(3, 1) })).toContain('3 ValidatorNeedsHuman ALARM');
  });
});
