import { console as contract } from '../../functions/contract.ts';
import { describe, expect, test } from 'vitest';
import { metricTable, type MetricName } from '../../functions/shared/metrics.ts';
import type { Metric } from './definition.ts';
import { keyOfMetric } from './evaluator.ts';
import { alarmsOf, far, home, homeWith, type Stack } from './stack.ts';

/** Metrics of AWS that are used, with the dimensions under which AWS writes them. */
const ofAws: Readonly<Record<string, readonly string[]>> = {
  'AWS/States ExecutionsStarted': ['StateMachineArn'],
  'AWS/States ExecutionsSucceeded': ['StateMachineArn'],
  'AWS/States ExecutionsFailed': ['StateMachineArn'],
  'AWS/States ExecutionsTimedOut': ['StateMachineArn'],
  'AWS/States ExecutionsAborted': ['StateMachineArn'],
  'AWS/Lambda Errors': ['FunctionName'],
  'AWS/Lambda Throttles': ['FunctionName'],
  'AWS/DynamoDB ReadThrottleEvents': ['TableName'],
  'AWS/DynamoDB WriteThrottleEvents': ['TableName'],
  'AWS/SQS ApproximateNumberOfMessagesVisible': ['QueueName'],
};

const values: Readonly<Record<string, readonly string[]>> = {
  Step: ['Assess', 'TakeTerm', 'Fence', 'ReleaseKey', 'Verify', 'Settle', 'Rejoin', 'Reinstate'],
  Evidence: ['relinquished', 'stopped', 'powered-off', 'lapsed', 'attested'],
};

/** What is wrong with a metric: nobody writes it, or under other dimensions. */
const faultsOf = (stack: Stack, { namespace, name, dimensions }: Pick<Metric, 'namespace' | 'name' | 'dimensions'>): string[] => {
  const names = Object.keys(dimensions).sort();
  const wrong = (expected: readonly string[]): string[] =>
    [...expected].sort().join() === names.join() ? [] : [`${namespace} ${name}: dimensions ${names.join(', ')} instead of ${expected.join(', ')}`];
  if (namespace !== 'Baton') {
    const known = ofAws[`${namespace} ${name}`];
    const physical = [...Object.values(dimensions)].filter((value) => !resourceNames(stack).has(value));
    return known
      ? [...wrong(known), ...physical.map((value) => `${namespace} ${name}: nothing is called ${value}`)]
      : [`${namespace} ${name} is not known`];
  }
  if (!Object.hasOwn(metricTable, name)) return [`Baton ${name} is written by nobody`];
  const by = (metricTable[name as MetricName] as { by?: string }).by;
  const value = by === undefined ? undefined : dimensions[by];
  const foreign = by !== undefined && value !== undefined && !(values[by] ?? []).includes(value) ? [`Baton ${name}: ${by} ${value}`] : [];
  const service = dimensions['service'] === 'baton' ? [] : [`Baton ${name}: service ${dimensions['service']}`];
  return [...wrong(by === undefined ? ['service'] : ['service', by]), ...foreign, ...service];
};

const resourceNames = ({ resolved }: Stack): ReadonlySet<string> => {
  const of = (type: string): string[] =>
    Object.entries(resolved.resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id]) => (type === 'AWS::SQS::Queue' ? resolved.attribute(id, 'QueueName') : resolved.ref(id)));
  return new Set(['AWS::SQS::Queue', 'AWS::Serverless::Function', 'AWS::Serverless::StateMachine', 'AWS::DynamoDB::GlobalTable'].flatMap(of));
};

describe('the metrics of the alarms', () => {
  test.each([
    ['home', home, 47],
    ['vantage', far, 3],
  ] as const)('%s: somebody writes each of them, under exactly these dimensions', (_mode, stack, count) => {
    const metrics = [...alarmsOf(stack).values()].flatMap((alarm) => (alarm.kind === 'metric' ? alarm.metrics : []));
    expect(new Set(metrics.map(keyOfMetric)).size).toBe(count);
    expect(metrics.flatMap((metric) => faultsOf(stack, metric))).toEqual([]);
  });
  test('faults are found', () => {
    const service = { service: 'baton' };
    expect(faultsOf(home, { namespace: 'Baton', name: 'WatchRound', dimensions: service })).toEqual(['Baton WatchRound is written by nobody']);
    expect(faultsOf(home, { namespace: 'Baton', name: 'WatchRounds', dimensions: {} })).toHaveLength(2);
    expect(faultsOf(home, { namespace: 'Baton', name: 'StepMs', dimensions: service })).toHaveLength(1);
    expect(faultsOf(home, { namespace: 'Baton', name: 'FenceMs', dimensions: { ...service, Evidence: 'guessed' } })).toHaveLength(1);
    expect(faultsOf(home, { namespace: 'AWS/States', name: 'ExecutionsFailed', dimensions: { StateMachineArn: 'other' } })).toHaveLength(1);
    expect(faultsOf(home, { namespace: 'AWS/Lambda', name: 'Errors', dimensions: {} })).toHaveLength(1);
    expect(faultsOf(home, { namespace: 'AWS/EC2', name: 'CPUUtilization', dimensions: {} })).toHaveLength(1);
  });
  test('an alarm of Baton never starts a failover by its name', () => {
    const names = [...alarmsOf(home).values()].map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('baton-failover-'))).toEqual([]);
    expect([...alarmsOf(home)].filter(([id, { name }]) => name !== `baton-${id}`)).toEqual([]);
  });
});

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

const bodyOf = (stack: Stack): { readonly widgets: readonly Widget[] } => {
  const dashboard = stack.resolved.resources['Dashboard'];
  return JSON.parse(dashboard?.Properties['DashboardBody'] as string) as { widgets: Widget[] };
};

const searched = /^SEARCH\('\{Baton,service,Validator\} MetricName="([A-Za-z]+)" service="baton"', '(Maximum)', 60\)$/;

/** The metric of one line of a widget: namespace, name, dimensions and their values one after the other, options last. */
const metricOf = (line: readonly unknown[]): Pick<Metric, 'namespace' | 'name' | 'dimensions'> => {
  const [namespace, name, ...rest] = line.filter((item): item is string => typeof item === 'string');
  const pairs = rest.flatMap((item, at) => (at % 2 === 0 ? [[item, rest[at + 1] ?? ''] as const] : []));
  return { namespace: namespace ?? '', name: name ?? '', dimensions: Object.fromEntries(pairs) };
};

describe('the dashboard', () => {
  const { widgets } = bodyOf(home);
  const lines = widgets.flatMap(({ type, properties }) => (type === 'metric' ? (properties['metrics'] as readonly unknown[][]) : []));
  const expressions = lines.flatMap(([first]) => (first !== null && typeof first === 'object' ? [(first as { expression: string }).expression] : []));

  test('its metrics are written by somebody', () => {
    const plain = lines.filter(([first]) => typeof first === 'string').map(metricOf);
    expect(plain.length).toBe(40);
    expect(plain.flatMap((metric) => faultsOf(home, metric))).toEqual([]);
  });
  test('its searches are bounded to the validators of this stack', () => {
    const names = expressions.map((expression) => searched.exec(expression)?.[1]);
    expect(names).toEqual(['Verdict', 'LeaseTerm', 'LeasePhase']);
    expect(names.filter((name) => (metricTable[name as MetricName] as { by?: string }).by !== 'Validator')).toEqual([]);
  });
  test('it shows every alarm that each stack has', () => {
    const always = [...homeWith({ SlackEnabled: 'false' }).properties.keys()];
    expect([...home.properties.keys()].filter((id) => !always.includes(id))).toEqual(['SlackFailing']);
    const shown = widgets.flatMap(({ type, properties }) => (type === 'alarm' ? (properties['alarms'] as string[]) : []));
    expect([...shown].sort()).toEqual(always.map((id) => home.resolved.attribute(id, 'Arn')).sort());
  });
  test('it is named for the stack, as the link in the outputs has it, and none is made for a vantage', () => {
    expect(home.resolved.ref('Dashboard')).toBe('baton');
    expect(home.resolved.outputs['DashboardLink']?.Value).toMatch(/#dashboards:name=baton$/);
    expect(far.resolved.resources['Dashboard']).toBe(undefined);
  });
  test('widgets lie on the grid, side by side and not over each other', () => {
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(widgets.filter(({ x, width }) => x + width > 24)).toEqual([]);
    const kinds = widgets.map(({ type }) => type);
    expect(kinds.filter((type) => !['metric', 'alarm', 'text', 'custom'].includes(type))).toEqual([]);
  });
  test('the console comes before all figures, by parameters that its function takes', () => {
    const [console] = widgets.filter(({ type }) => type === 'custom');
    expect(console?.y).toBe(2);
    expect(console?.properties).toMatchObject({ endpoint: expect.stringMatching(/:function:baton-console$/) as string, updateOn: { refresh: true } });
    const { params, endpoint } = console?.properties as { params: unknown; endpoint: string };
    expect(endpoint).toBe(home.resolved.attribute('ConsoleFunction', 'Arn'));
    expect(contract.input.parse(params)).toMatchObject({ page: 'fleet', find: '', show: 'all', sort: 'attention' });
  });
  test('every widget of figures has a title, a Region, a period and statistics that the evaluator knows', () => {
    for (const { type, properties } of widgets.filter(({ type }) => type === 'metric')) {
      expect(properties, type).toMatchObject({
        title: expect.stringMatching(/.{4}/) as string,
        region: 'eu-central-1',
        period: expect.any(Number) as number,
      });
    }
    const statistics = lines.flatMap((line) => (typeof line[0] === 'string' ? [(line.at(-1) as { stat: string }).stat] : []));
    expect([...new Set(statistics)].sort()).toEqual(['Maximum', 'Sum', 'p50', 'p90', 'p99']);
  });
});
