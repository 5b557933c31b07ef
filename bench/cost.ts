import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveTemplate, loadTemplate, type Resolved } from '../local/template/index.ts';
import { countMinute, type Minute } from './minute.ts';

/**
 * What Baton costs a month while nothing happens: the calls of one counted minute of watch, survey and guards, what template.yaml creates,
 * and the prices of bench/prices.json. `npm run cost` prints the table, `npm run cost -- --write` puts it into docs/deploy.md.
 */

const root = join(import.meta.dirname, '..');
const minutesPerMonth = 43_800;
const fleets = [1, 10, 100] as const;

type PriceName =
  | 'dynamodbReadMillion'
  | 'dynamodbWriteMillion'
  | 'lambdaGbSecond'
  | 'lambdaMillionRequests'
  | 'alarmMonth'
  | 'compositeAlarmMonth'
  | 'metricMonth'
  | 'dashboardMonth'
  | 'logGb'
  | 'kmsKeyMonth'
  | 'traceMillion'
  | 'schedulerMillion';
export interface Prices {
  readonly date: string;
  readonly region: string;
  readonly prices: Readonly<Record<PriceName, { readonly usd: number; readonly source: string }>>;
}

export const readPrices = (): Prices => JSON.parse(readFileSync(join(root, 'bench', 'prices.json'), 'utf8')) as Prices;

const ofType = (resolved: Resolved, type: string): readonly Readonly<Record<string, unknown>>[] =>
  Object.values(resolved.resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);

/** An alarm on metric math is charged for each metric that it looks at. */
const alarmMetrics = (alarm: Readonly<Record<string, unknown>>): number => {
  const { Metrics: metrics } = alarm as { Metrics?: readonly { MetricStat?: unknown }[] };
  return metrics ? metrics.filter(({ MetricStat }) => MetricStat !== undefined).length : 1;
};

export interface Line {
  readonly what: string;
  readonly usd: number;
}

export const stackLines = (resolved: Resolved, minute: Minute, { prices }: Prices): Line[] => {
  const memoryGb = (logicalId: string): number => Number(resolved.resources[logicalId]?.Properties['MemorySize']) / 1_024;
  const perMonth = (perMinute: number): number => perMinute * minutesPerMonth;
  const gbSeconds = 60 * memoryGb('WatchFunction') + minute.surveySeconds * memoryGb('SurveyFunction');
  const alarms = ofType(resolved, 'AWS::CloudWatch::Alarm').reduce((sum, alarm) => sum + alarmMetrics(alarm), 0);
  const invocations = ofType(resolved, 'AWS::Scheduler::Schedule').filter((one) => one['ScheduleExpression'] === 'rate(1 minute)').length;
  return [
    { what: 'Lambda: the watch runs all the time, the survey once a minute', usd: perMonth(gbSeconds) * prices.lambdaGbSecond.usd },
    { what: `${minute.stackMetrics} metrics`, usd: minute.stackMetrics * prices.metricMonth.usd },
    {
      what: `${alarms} alarmed metrics, ${ofType(resolved, 'AWS::CloudWatch::CompositeAlarm').length} composite alarms`,
      usd: alarms * prices.alarmMonth.usd + ofType(resolved, 'AWS::CloudWatch::CompositeAlarm').length * prices.compositeAlarmMonth.usd,
    },
    { what: 'the dashboard', usd: ofType(resolved, 'AWS::CloudWatch::Dashboard').length * prices.dashboardMonth.usd },
    { what: `${ofType(resolved, 'AWS::KMS::Key').length} keys`, usd: ofType(resolved, 'AWS::KMS::Key').length * prices.kmsKeyMonth.usd },
    {
      what: 'schedule, requests, traces, the watch’s own items',
      usd:
        (perMonth(invocations) / 1e6) * (prices.schedulerMillion.usd + prices.lambdaMillionRequests.usd + prices.traceMillion.usd) +
        (perMonth(minute.stackReads) / 1e6) * prices.dynamodbReadMillion.usd +
        (perMonth(minute.stackWrites) / 1e6) * prices.dynamodbWriteMillion.usd,
    },
  ];
};

export const validatorLines = (minute: Minute, { prices }: Prices): Line[] => {
  const usd = (perMinute: number, price: number): number => ((perMinute * minutesPerMonth) / 1e6) * price;
  return [
    { what: 'the guards read the lease', usd: usd(minute.guardReads, prices.dynamodbReadMillion.usd) },
    { what: 'the guards report', usd: usd(minute.guardWrites, prices.dynamodbWriteMillion.usd) },
    { what: 'watch and survey read', usd: usd(minute.validatorReads, prices.dynamodbReadMillion.usd) },
  ];
};

const total = (lines: readonly Line[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);
const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

/** The two tables of docs/deploy.md. */
export const costTable = async (): Promise<string> => {
  const prices = readPrices();
  const resolved = resolveTemplate(loadTemplate(join(root, 'template.yaml')), { region: 'us-east-1', account: '123456789012', stack: 'baton' });
  const measured = Number(resolved.parameters['ValidatorsMeasured']);
  const minute = await countMinute();
  const [stack, validator] = [stackLines(resolved, minute, prices), validatorLines(minute, prices)];
  const own = minute.validatorMetrics * prices.prices.metricMonth.usd;
  const row = ({ what, usd }: Line): string => `| ${what} | ${dollars(usd)} |`;
  const fleet = (count: number): string => {
    const sum = total(stack) + count * total(validator) + Math.min(count, measured) * own;
    return `| ${count} | ${dollars(sum)} | ${dollars(sum / count)} |`;
  };
  return [
    `Prices of ${prices.date}, ${prices.region}; two nodes per validator, default timing and parameters.`,
    '',
    '| the stack, a month | |',
    '|---|---|',
    ...stack.map(row),
    `| **together** | **${dollars(total(stack))}** |`,
    '',
    '| each validator, a month | |',
    '|---|---|',
    ...validator.map(row),
    `| **together** | **${dollars(total(validator))}** |`,
    `| the first ${measured} also have ${minute.validatorMetrics} metrics of their own | ${dollars(own)} |`,
    '',
    '| validators | all, a month | per validator |',
    '|---|---|---|',
    ...fleets.map(fleet),
  ].join('\n');
};

const markers = /<!-- cost -->[\s\S]*<!-- \/cost -->/;

if (import.meta.main) {
  const table = await costTable();
  process.stdout.write(`${table}\n`);
  const file = join(root, 'docs', 'deploy.md');
  if (process.argv.includes('--write')) writeFileSync(file, readFileSync(file, 'utf8').replace(markers, `<!-- cost -->\n${table}\n<!-- /cost -->`));
}
