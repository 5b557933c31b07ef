import { describe, expect, test } from 'vitest';
import { alarmOf, type Properties } from './definition.ts';
import { documented, keyOfMetric, play, type Feed } from './evaluator.ts';
import { seriesOf } from './math.ts';
import { breaches, stateAfter, type Judge, type Missing, type State } from './metric-state.ts';
import { aggregate, type Datum } from './statistics.ts';

const unknown = (text: string) => expect.objectContaining({ name: 'UnknownToEvaluator', message: expect.stringContaining(text) as string }) as Error;

describe('statistics of one period', () => {
  test.each([
    ['Sum', 10],
    ['Maximum', 7],
    ['Minimum', 1],
    ['Average', 2.5],
    ['SampleCount', 4],
    ['p50', 1],
    ['p75', 1],
    ['p90', 7],
    ['p99.9', 7],
    ['p100', 7],
  ])('%s', (statistic, expected) => {
    expect(aggregate(statistic, [[1, 1], 7, null, 1])).toBe(expected);
    expect(aggregate(statistic, [null, null])).toBe(null);
  });
  test.each(['sum', 'IQM', 'tm90', 'p101', 'TC(0:5)', ''])('%s is not known', (statistic) => {
    expect(() => aggregate(statistic, [1])).toThrow(unknown(`statistic ${statistic}`));
  });
});

describe('comparisons at, above and below the threshold', () => {
  test.each([
    ['GreaterThanOrEqualToThreshold', true, true, false],
    ['GreaterThanThreshold', false, true, false],
    ['LessThanThreshold', false, false, true],
    ['LessThanOrEqualToThreshold', true, false, true],
  ])('%s', (operator, at, above, below) => {
    expect([breaches(operator, 5, 5), breaches(operator, 5.1, 5), breaches(operator, 4.9, 5)]).toEqual([at, above, below]);
  });
  test('anomaly bands are not known', () => {
    expect(() => breaches('GreaterThanUpperThreshold', 1, 1)).toThrow(unknown('GreaterThanUpperThreshold'));
  });
});

const points = (text: string): (number | null)[] => text.split(' ').map((sign) => (sign === '-' ? null : sign === 'X' ? 1 : 0));
const judge = (datapointsToAlarm: number, missing: Missing, evaluationPeriods = 3): Judge => ({
  evaluationPeriods,
  datapointsToAlarm,
  operator: 'GreaterThanOrEqualToThreshold',
  threshold: 1,
  missing,
});
const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
const letters: Record<string, State> = { A: 'ALARM', O: 'OK', I: 'INSUFFICIENT_DATA' };

/** Columns as AWS prints them: MISSING, IGNORE, BREACHING, NOT BREACHING; R retains the state before. */
const rowHolds = (text: string, datapoints: number, columns: string): void => {
  for (const [at, treatment] of treatments.entries()) {
    for (const before of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const) {
      const expected = columns[at] === 'R' ? before : letters[columns[at] as string];
      expect(`${treatment} ${stateAfter(judge(datapoints, treatment), points(text), before)}`).toBe(`${treatment} ${expected}`);
    }
  }
};

describe('missing data, as the tables of AWS have it (evaluation range 5)', () => {
  test.each([
    ['0 - X - X', 'OOOO'],
    ['0 - - - -', 'OOOO'],
    ['- - - - -', 'IRAO'],
    ['0 X X - X', 'AAAA'],
    ['- - X - -', 'ARAO'],
    ['X - - - -', 'ARAO'],
  ])('3 of 3: %s', (text, columns) => rowHolds(text, 3, columns));
  test.each([
    ['0 - X - X', 'AAAA'],
    ['0 0 X 0 X', 'AAAA'],
    ['0 - X - -', 'OOAO'],
    ['- - - - 0', 'OOAO'],
    ['- - - X -', 'ARAO'],
  ])('2 of 3: %s', (text, columns) => rowHolds(text, 2, columns));
  test('a young breaching point among missing ones waits for the next, as the text says', () => {
    for (const text of ['- - - - X', '- - - X -']) {
      expect(stateAfter(judge(3, 'ignore'), points(text), 'OK')).toBe('OK');
      expect(stateAfter(judge(3, 'notBreaching'), points(text), 'ALARM')).toBe('OK');
      expect(() => stateAfter(judge(3, 'missing'), points(text), 'OK')).toThrow(unknown('AWS does not say'));
    }
    for (const text of ['- - - X 0', '- - X - 0']) expect(stateAfter(judge(3, 'missing'), points(text), 'OK')).toBe('OK');
  });
  test('breaching points that suffice by themselves ring whatever is missing', () => {
    for (const treatment of treatments) expect(stateAfter(judge(2, treatment), points('- - - X X'), 'OK')).toBe('ALARM');
  });
});

const dynamo = { namespace: 'Baton', name: 'M', dimensions: { service: 'baton', Step: 'Watch' } };
const properties = (more: Properties = {}): Properties => ({
  AlarmName: 'a',
  AlarmDescription: 'd',
  Namespace: 'Baton',
  MetricName: 'M',
  Dimensions: [
    { Name: 'Step', Value: 'Watch' },
    { Name: 'service', Value: 'baton' },
  ],
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'notBreaching',
  AlarmActions: ['topic'],
  ...more,
});
const metricAlarm = (more: Properties = {}) => alarmOf('AWS::CloudWatch::Alarm', properties(more));
const feedOf = (data: readonly Datum[]): Feed => new Map([[keyOfMetric(dynamo), data]]);
const statesOf = (more: Properties, data: readonly Datum[], minutes = data.length, open = documented): string =>
  (play([metricAlarm(more)], feedOf(data), minutes, open).states.get('a') ?? []).map((state) => state[0]).join('');

describe('a metric alarm over time', () => {
  test('the figure of AWS: threshold 3, 3 of 3', () => {
    const figure = { Threshold: 3, ComparisonOperator: 'GreaterThanThreshold' };
    expect(statesOf(figure, [2, 3, 4, 4, 5, 2, 2, 2, 4, 2])).toBe('OOOOAOOOOO');
  });
  test('M of N', () => {
    expect(statesOf({ DatapointsToAlarm: 2 }, [1, 0, 1, 0, 0, 1])).toBe('OOAOOO');
  });
  test('a metric that stops: the last points count until they leave the evaluation range', () => {
    expect(statesOf({ EvaluationPeriods: 1, TreatMissingData: 'breaching' }, [0, 0], 6)).toBe('OOOOAA');
    expect(statesOf({ EvaluationPeriods: 1, TreatMissingData: 'breaching' }, [0, 0], 6, { ...documented, extraPoints: 1 })).toBe('OOOAAA');
    expect(statesOf({ EvaluationPeriods: 1 }, [1], 5)).toBe('AAAOO');
    expect(statesOf({ EvaluationPeriods: 1, TreatMissingData: 'ignore' }, [1], 6)).toBe('AAAAAA');
    expect(statesOf({ EvaluationPeriods: 1, TreatMissingData: 'missing' }, [0], 5)).toBe('OOOII');
  });
  test('longer periods slide with each minute', () => {
    expect(statesOf({ Period: 120, EvaluationPeriods: 1, Statistic: 'Sum', Threshold: 3 }, [1, 1, 2, 0, 0])).toBe('OOAOO');
  });
  test('DynamoDB is ignored when missing, unless the alarm says otherwise', () => {
    const table = { Namespace: 'AWS/DynamoDB', TreatMissingData: undefined };
    expect(metricAlarm(table)).toMatchObject({ judge: { missing: 'ignore' } });
    expect(metricAlarm({ ...table, TreatMissingData: 'notBreaching' })).toMatchObject({ judge: { missing: 'notBreaching' } });
    expect(metricAlarm({ TreatMissingData: undefined })).toMatchObject({ judge: { missing: 'missing' } });
  });
  test('a metric with other dimensions is another metric', () => {
    expect(statesOf({ EvaluationPeriods: 1, Dimensions: [{ Name: 'service', Value: 'baton' }] }, [1, 1])).toBe('OO');
  });
  test.each([
    [{ Unit: 'Count' }, 'Unit'],
    [{ Period: 10 }, 'Period 10'],
    [{ Period: 7_200 }, 'Period 7200'],
    [{ DatapointsToAlarm: 4 }, '4 of 3'],
    [{ EvaluationPeriods: 1_441 }, 'more than a day'],
    [{ TreatMissingData: 'zero' }, 'zero'],
    [{ Threshold: 'many' }, 'Threshold'],
    [{ AlarmDescription: 'd'.repeat(1_025) }, '1025'],
    [{ Metrics: [] }, 'Namespace'],
  ])('refused: %j', (more, text) => {
    expect(() => metricAlarm(more)).toThrow(unknown(text));
  });
});

describe('metric math', () => {
  const metrics = [
    { id: 'm1', points: [1, null, 3] },
    { id: 'm2', points: [10, 20, null] },
    { id: 'empty', points: [null, null, null] },
  ];
  const result = (expression: string, emptyFill: 'fills' | 'stays' = 'fills') =>
    seriesOf(expression, { metrics, expressions: new Map([['e1', 'm1 + m2']]), emptyFill });
  test.each([
    ['m1', [1, null, 3]],
    ['m1 + m2', [11, 20, 3]],
    ['m1+empty', [1, null, 3]],
    ['m2 - m1 * 2', [8, 20, -6]],
    ['(m2 - m1) * 2', [18, 40, -6]],
    ['m2 / m1', [10, null, 0]],
    ['m1 > 1', [0, null, 1]],
    ['m1 >= 1 AND m2 > 10', [0, 0, 0]],
    ['SUM(METRICS())', [11, 20, 3]],
    ['SUM(METRICS("m"))', [11, 20, 3]],
    ['SUM([m1, e1])', [12, 20, 6]],
    ['FILL(m1, 0)', [1, 0, 3]],
    ['SUM(FILL(METRICS(), 5))', [16, 30, 13]],
    ['FILL(empty, 0)', [0, 0, 0]],
    ['e1 * 2', [22, 40, 6]],
  ] as [string, (number | null)[]][])('%s', (expression, expected) => {
    expect(result(expression)).toEqual(expected);
  });
  test('FILL of a metric without a data point: AWS does not say, so both are played', () => {
    expect(result('FILL(empty, 0)', 'stays')).toEqual([null, null, null]);
    expect(result('FILL(m1, 0)', 'stays')).toEqual([1, 0, 3]);
  });
  test.each([
    ['SUM(m1)', 'SUM of a single series'],
    ['AVG(METRICS())', 'AVG'],
    ['IF(m1 > 1, 1, 0)', 'IF'],
    ['FILL(m1, REPEAT)', '( expected'],
    ['m3', 'id m3'],
    ['m1 +', 'the end'],
    ['m1 m2', 'after the end'],
    ['1 + 1', 'no single series'],
    ['METRICS()', 'no single series'],
    ['m1 ; m2', 'at 2'],
    ['sum(METRICS())', 'id sum'],
  ])('not known: %s', (expression, text) => {
    expect(() => result(expression)).toThrow(unknown(text));
  });
  test('an alarm on an expression', () => {
    const stat = (id: string, MetricName: string) => ({
      Id: id,
      ReturnData: false,
      MetricStat: { Metric: { Namespace: 'N', MetricName }, Period: 60, Stat: 'Sum' },
    });
    const { Namespace, MetricName, Dimensions, Statistic, Period, ...rest } = properties({ EvaluationPeriods: 1 });
    void [Namespace, MetricName, Dimensions, Statistic, Period];
    const Metrics = [stat('a', 'A'), stat('b', 'B'), { Id: 'e', Expression: 'SUM(METRICS())', ReturnData: true }];
    const alarm = alarmOf('AWS::CloudWatch::Alarm', { ...rest, Metrics });
    const feed = new Map([[keyOfMetric({ namespace: 'N', name: 'B', dimensions: {} }), [0, 1]]]);
    expect(play([alarm], feed, 2).states.get('a')).toEqual(['OK', 'ALARM']);
    const wrong = (metrics: unknown) => () => alarmOf('AWS::CloudWatch::Alarm', { ...rest, Metrics: metrics });
    expect(wrong([stat('a', 'A'), stat('b', 'B')])).toThrow(unknown('one ReturnData'));
    expect(wrong([stat('A', 'A')])).toThrow(unknown('Id A'));
    expect(wrong([...Metrics, ...Array.from({ length: 9 }, (_, at) => stat(`x${at}`, 'X'))])).toThrow(unknown('Metrics a'));
  });
});

describe('composites over time', () => {
  const composite = (more: Properties) =>
    alarmOf('AWS::CloudWatch::CompositeAlarm', { AlarmName: 'c', AlarmDescription: 'd', AlarmActions: ['topic'], OKActions: ['topic'], ...more });
  const child = metricAlarm({ EvaluationPeriods: 1, AlarmActions: [] });
  test('it follows its children in the same minute and tells each change once', () => {
    const { told } = play([composite({ AlarmRule: 'ALARM(a)' }), child], feedOf([0, 1, 1, 0]), 4);
    expect(told.map(({ minute, state }) => `${minute} ${state}`)).toEqual(['0 OK', '1 ALARM', '3 OK']);
  });
  test('actions that are switched off are not taken', () => {
    expect(play([composite({ AlarmRule: 'ALARM(a)', ActionsEnabled: false }), child], feedOf([1]), 1).told).toEqual([]);
  });
  test('an alarm that is not there, a circle, and a wait without a suppressor are refused', () => {
    expect(() => play([composite({ AlarmRule: 'ALARM(gone)' })], new Map(), 1)).toThrow(unknown('alarm gone'));
    expect(() => play([composite({ AlarmRule: 'ALARM(c)' })], new Map(), 1)).toThrow(unknown('circle'));
    expect(() => composite({ AlarmRule: 'TRUE', ActionsSuppressorWaitPeriod: 60 })).toThrow(unknown('without a suppressor'));
    expect(() => composite({ AlarmRule: 'TRUE', InsufficientDataActions: [] })).toThrow(unknown('InsufficientDataActions'));
    expect(() => alarmOf('AWS::CloudWatch::AnomalyDetector', {})).toThrow(unknown('AnomalyDetector'));
  });
});
