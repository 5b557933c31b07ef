import type { Judge, Missing } from './metric-state.ts';
import { parseRule, type Rule } from './rule.ts';
import { UnknownToEvaluator } from './statistics.ts';
import type { Periods } from './suppression.ts';

/** Alarms as a resolved template gives them, with the limits that CloudWatch puts on them. */

export type Properties = Readonly<Record<string, unknown>>;

export interface Metric {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

interface Actions {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly alarm: readonly string[];
  readonly ok: readonly string[];
}

export interface MetricAlarm extends Actions {
  readonly kind: 'metric';
  readonly judge: Judge;
  readonly periodSeconds: number;
  readonly metrics: readonly Metric[];
  readonly expressions: ReadonlyMap<string, string>;
  /** Id of the metric or expression that is judged. */
  readonly returned: string;
}

export interface CompositeAlarm extends Actions {
  readonly kind: 'composite';
  readonly rule: Rule;
  readonly suppressor: { readonly alarm: string; readonly periods: Periods } | null;
}

export type Alarm = MetricAlarm | CompositeAlarm;

const maxMetrics = 10;
const maxDescription = 1024;
const daySeconds = 86_400;

const refuse = (what: string): never => {
  throw new UnknownToEvaluator(what);
};
const onlyKeys = (value: Properties, keys: readonly string[], where: string): void => {
  const foreign = Object.keys(value).filter((key) => !keys.includes(key));
  if (foreign.length > 0) refuse(`${where}: ${foreign.join(', ')}`);
};
const textOf = (value: unknown, where: string): string => (typeof value === 'string' && value !== '' ? value : refuse(`${where} is no text`));
const numberOf = (value: unknown, where: string): number => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : refuse(`${where} is no number`);
};
const listOf = (value: unknown, where: string): readonly unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as unknown[]) : refuse(`${where} is no list`);
};
const objectOf = (value: unknown, where: string): Properties =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Properties) : refuse(`${where} is no object`);

const actionKeys = ['AlarmName', 'AlarmDescription', 'ActionsEnabled', 'AlarmActions', 'OKActions', 'Tags'];
const actionsOf = (properties: Properties): Actions => {
  const description = textOf(properties['AlarmDescription'], 'AlarmDescription');
  if (description.length > maxDescription) refuse(`a description of ${description.length} characters`);
  return {
    name: textOf(properties['AlarmName'], 'AlarmName'),
    description,
    enabled: properties['ActionsEnabled'] !== false,
    alarm: listOf(properties['AlarmActions'], 'AlarmActions').map((action) => textOf(action, 'AlarmActions')),
    ok: listOf(properties['OKActions'], 'OKActions').map((action) => textOf(action, 'OKActions')),
  };
};

const dimensionsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    listOf(value, 'Dimensions').map((item) => {
      const { Name, Value, ...more } = objectOf(item, 'Dimensions');
      onlyKeys(more, [], 'Dimensions');
      return [textOf(Name, 'Dimensions.Name'), textOf(Value, 'Dimensions.Value')];
    }),
  );

const periodOf = (value: unknown): number => {
  const seconds = numberOf(value, 'Period');
  // High resolution has another evaluation range, and periods above an hour are not looked at each minute.
  return seconds >= 60 && seconds % 60 === 0 && seconds <= 3_600 ? seconds : refuse(`Period ${seconds}`);
};

const judgeOf = (properties: Properties, namespaces: readonly string[], periodSeconds: number): Judge => {
  const evaluationPeriods = numberOf(properties['EvaluationPeriods'], 'EvaluationPeriods');
  const datapointsToAlarm = numberOf(properties['DatapointsToAlarm'] ?? evaluationPeriods, 'DatapointsToAlarm');
  if (datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods) refuse(`${datapointsToAlarm} of ${evaluationPeriods} data points`);
  if (evaluationPeriods * periodSeconds > daySeconds) refuse('an alarm that looks back more than a day');
  const missing = textOf(properties['TreatMissingData'] ?? (namespaces.includes('AWS/DynamoDB') ? 'ignore' : 'missing'), 'TreatMissingData');
  if (!['breaching', 'notBreaching', 'ignore', 'missing'].includes(missing)) refuse(`TreatMissingData ${missing}`);
  return {
    evaluationPeriods,
    datapointsToAlarm,
    operator: textOf(properties['ComparisonOperator'], 'ComparisonOperator'),
    threshold: numberOf(properties['Threshold'], 'Threshold'),
    missing: missing as Missing,
  };
};

type Queries = Pick<MetricAlarm, 'metrics' | 'expressions' | 'returned' | 'periodSeconds'>;

const queriesOf = (value: unknown): Queries => {
  const metrics: Metric[] = [];
  const expressions = new Map<string, string>();
  const periods = new Set<number>();
  const returned: string[] = [];
  for (const item of listOf(value, 'Metrics')) {
    const query = objectOf(item, 'Metrics');
    onlyKeys(query, ['Id', 'Expression', 'Label', 'ReturnData', 'MetricStat'], 'Metrics');
    const id = textOf(query['Id'], 'Id');
    if (!/^[a-z][A-Za-z0-9_]*$/.test(id)) refuse(`Id ${id}`);
    if (query['ReturnData'] !== false) returned.push(id);
    if (query['Expression'] !== undefined) {
      expressions.set(id, textOf(query['Expression'], 'Expression'));
      continue;
    }
    const stat = objectOf(query['MetricStat'], 'MetricStat');
    onlyKeys(stat, ['Metric', 'Period', 'Stat'], 'MetricStat');
    const metric = objectOf(stat['Metric'], 'Metric');
    onlyKeys(metric, ['Namespace', 'MetricName', 'Dimensions'], 'Metric');
    periods.add(periodOf(stat['Period']));
    metrics.push({
      id,
      namespace: textOf(metric['Namespace'], 'Namespace'),
      name: textOf(metric['MetricName'], 'MetricName'),
      dimensions: dimensionsOf(metric['Dimensions']),
      statistic: textOf(stat['Stat'], 'Stat'),
    });
  }
  const ids = [...metrics.map(({ id }) => id), ...expressions.keys()];
  const [one, ...others] = returned;
  const [period, ...otherPeriods] = periods;
  if (new Set(ids).size !== ids.length || metrics.length > maxMetrics) return refuse(`Metrics ${ids.join(', ')}`);
  if (one === undefined || others.length > 0 || period === undefined || otherPeriods.length > 0)
    return refuse('Metrics with other than one period and one ReturnData');
  return { metrics, expressions, returned: one, periodSeconds: period };
};

const singleOf = (properties: Properties): Queries => ({
  metrics: [
    {
      id: 'm1',
      namespace: textOf(properties['Namespace'], 'Namespace'),
      name: textOf(properties['MetricName'], 'MetricName'),
      dimensions: dimensionsOf(properties['Dimensions']),
      statistic: textOf(properties['Statistic'] ?? properties['ExtendedStatistic'], 'Statistic'),
    },
  ],
  expressions: new Map(),
  returned: 'm1',
  periodSeconds: periodOf(properties['Period']),
});

const judgeKeys = ['EvaluationPeriods', 'DatapointsToAlarm', 'Threshold', 'ComparisonOperator', 'TreatMissingData'];
const singleKeys = ['Namespace', 'MetricName', 'Dimensions', 'Statistic', 'ExtendedStatistic', 'Period'];

const metricAlarmOf = (properties: Properties): MetricAlarm => {
  const byMath = properties['Metrics'] !== undefined;
  onlyKeys(properties, [...actionKeys, ...judgeKeys, ...(byMath ? ['Metrics'] : singleKeys)], 'AWS::CloudWatch::Alarm');
  const queries = byMath ? queriesOf(properties['Metrics']) : singleOf(properties);
  const namespaces = queries.metrics.map(({ namespace }) => namespace);
  return { kind: 'metric', ...actionsOf(properties), ...queries, judge: judgeOf(properties, namespaces, queries.periodSeconds) };
};

const suppressorKeys = ['ActionsSuppressor', 'ActionsSuppressorWaitPeriod', 'ActionsSuppressorExtensionPeriod'];

const compositeAlarmOf = (properties: Properties): CompositeAlarm => {
  onlyKeys(properties, [...actionKeys, ...suppressorKeys, 'AlarmRule'], 'AWS::CloudWatch::CompositeAlarm');
  const [alarm, wait, extension] = suppressorKeys.map((key) => properties[key]);
  if (alarm === undefined && (wait !== undefined || extension !== undefined)) refuse('a wait or extension period without a suppressor');
  return {
    kind: 'composite',
    ...actionsOf(properties),
    rule: parseRule(textOf(properties['AlarmRule'], 'AlarmRule')),
    suppressor:
      alarm === undefined
        ? null
        : {
            alarm: textOf(alarm, 'ActionsSuppressor'),
            periods: {
              waitSeconds: numberOf(wait, 'ActionsSuppressorWaitPeriod'),
              extensionSeconds: numberOf(extension, 'ActionsSuppressorExtensionPeriod'),
            },
          },
  };
};

/** @throws UnknownToEvaluator for a property, a value or a size that CloudWatch or this evaluator does not know. */
export const alarmOf = (type: string, properties: Properties): Alarm => {
  if (type === 'AWS::CloudWatch::Alarm') return metricAlarmOf(properties);
  return type === 'AWS::CloudWatch::CompositeAlarm' ? compositeAlarmOf(properties) : refuse(type);
};
