import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesOf, type ChainTable } from '../../core/chain-rules.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { Resolved } from '../template/index.ts';
import type { Minute, ValidatorMinute } from './minute.ts';
import { warmLine } from './warm.ts';

/** What Baton costs a month while nothing happens: the counted calls of a minute, what template.yaml creates, and the prices of prices.json. */

export const minutesPerMonth = 43_800;
const hoursPerMonth = 730;

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
  | 'kmsSignMillion'
  | 'traceMillion'
  | 'schedulerMillion'
  | 't4gSmallHour'
  | 'gp3GbMonth';
export interface Prices {
  readonly date: string;
  readonly region: string;
  readonly prices: Readonly<Record<PriceName, { readonly usd: number; readonly source: string }>>;
}

export const readPrices = (): Prices => JSON.parse(readFileSync(join(import.meta.dirname, 'prices.json'), 'utf8')) as Prices;

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

export const total = (lines: readonly Line[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);

export const stackLines = (resolved: Resolved, minute: Minute, of: Prices): Line[] => {
  const { prices } = of;
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
    warmLine(resolved, of),
  ];
};

/** Each signature of custody gate: one signer's claim wins, and the others find it by a look. */
const gateLines = (
  config: ValidatorConfig,
  { prices }: Prices,
  of: { readonly chains: ChainTable; readonly blockMs: number | undefined },
): Line[] => {
  const perHour = config.custody === 'gate' ? rulesOf(config, of.chains).signaturesPerHour?.(config.chain, of.blockMs) : undefined;
  if (perHour === undefined) return [];
  const millions = (perHour * hoursPerMonth) / 1e6;
  const looks = config.nodes.length - 1;
  return [
    { what: 'the arbiter: a write of one signer for each signature', usd: millions * prices.dynamodbWriteMillion.usd },
    { what: `the arbiter: a look of each of the other ${looks}`, usd: millions * looks * prices.dynamodbReadMillion.usd },
    // Who follows has no vote of its own made; each has the extension of its precommit signed.
    ...(config.kmsKey === undefined
      ? []
      : [
          {
            what: 'KMS: a vote twice a block by one member, its extension by each',
            usd: millions * (1 + config.nodes.length / 2) * prices.kmsSignMillion.usd,
          },
          { what: 'KMS: the key that signs', usd: prices.kmsKeyMonth.usd },
        ]),
  ];
};

export const validatorLines = (
  config: ValidatorConfig,
  { guards, watchReads }: ValidatorMinute,
  prices: Prices,
  of: { readonly chains: ChainTable; readonly blockMs: number | undefined },
): Line[] => {
  const usd = (perMinute: number, price: number): number => ((perMinute * minutesPerMonth) / 1e6) * price;
  const { dynamodbReadMillion: read, dynamodbWriteMillion: write } = prices.prices;
  return [
    { what: config.custody === 'gate' ? 'the guards read their membership' : 'the guards read the lease', usd: usd(guards.reads, read.usd) },
    { what: 'the guards report', usd: usd(guards.writes, write.usd) },
    { what: 'watch and survey read', usd: usd(watchReads, read.usd) },
    ...gateLines(config, prices, of),
  ];
};

/** Metrics of their own, which the first validators of the fleet have. */
export const ownMetrics = (minute: Minute, { prices }: Prices): number => minute.validatorMetrics * prices.metricMonth.usd;

/** A dashboard that stays open and is refreshed once a minute: each time its page is made. */
export const pageUsd = (count: number, pageReads: number, resolved: Resolved, minute: Minute, { prices }: Prices): number => {
  const gbSeconds = (minute.pageSeconds * Number(resolved.resources['ConsoleFunction']?.Properties['MemorySize'])) / 1_024;
  const reads = minute.pageOwnReads + count * pageReads;
  const once =
    gbSeconds * prices.lambdaGbSecond.usd +
    (prices.lambdaMillionRequests.usd + prices.traceMillion.usd + reads * prices.dynamodbReadMillion.usd) / 1e6;
  return minutesPerMonth * once;
};

const quorumMachines = 3;
const diskGb = 8;

/** What a quorum of one's own (etcd, Consul, Raft) needs at least: three small machines with a disk each, without anybody's work. */
export const quorumUsd = ({ prices }: Prices): number => quorumMachines * (hoursPerMonth * prices.t4gSmallHour.usd + diskGb * prices.gp3GbMonth.usd);

export const dollars = (usd: number): string => `$${usd.toFixed(2)}`;
