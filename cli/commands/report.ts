import { z } from 'zod';
import type { Listed } from '../../aws/workflow.ts';
import { overdueDays } from '../../core/doctor.ts';
import { BatonError } from '../../core/errors.ts';
import { executionName, type ValidatorId } from '../../core/ids.ts';
import { isDrill } from '../../core/names.ts';
import { parseWith } from '../../core/parse.ts';
import { daysSince } from '../../core/survey.ts';
import { dayMs, utcOf } from '../../core/time.ts';
import { abreast } from '../../functions/shared/abreast.ts';
import { configOf, parseValidator, type Context } from '../context.ts';
import type { Answer } from '../output.ts';
import { figuresOf, sparkline, trendOf, type Figures, type Run } from '../report-figures.ts';
import { timingsOf } from '../timings.ts';

export interface ReportOptions {
  /** As they were typed. */
  readonly days: string;
  readonly objective: string;
}

/** Executions asked about at a time. */
const most = 4;
/** Executions that are looked into; older ones are counted as not read. */
const mostRuns = 300;
/** Step Functions keeps what has ended for so many days. */
const keptDays = 90;
const days = z.coerce.number().int().min(1).max(365);
const objective = z.coerce.number().min(1).max(86_400);

const kindOf = (name: string): Run['kind'] => (isDrill(name) ? 'drill' : /^[a-z0-9-]+\.t\d+\.by-hand-/.test(name) ? 'by-hand' : 'failover');

const runOf = async (context: Context, of: Listed): Promise<Run> => {
  const name = executionName.parse(of.name);
  const found = await context.workflow.find(name);
  const { termTakenMs, signedMs, askedMs } = timingsOf(found ? await context.workflow.history(name) : []);
  const end = found?.error ?? found?.status ?? of.status;
  return { execution: name, kind: kindOf(name), startedMs: of.startedMs, end, tookTerm: termTakenMs !== null, toSignatureMs: signedMs, askedMs };
};

interface Told {
  readonly validator: ValidatorId | null;
  readonly now: Figures;
  readonly before: Figures;
  readonly trend: ReturnType<typeof trendOf>;
  /** Days since it was moved; null for never. */
  readonly movedDays: number | null;
  readonly drillOverdue: boolean;
  /** Moves of this period that Step Functions no longer knows. */
  readonly forgotten: number;
}

const seconds = (ms: number | null): string => (ms === null ? 'none' : `${(ms / 1_000).toFixed(1)} s`);

const linesOf = (one: Told, runs: readonly Run[], objectiveMs: number): string[] => {
  const { now, before, trend } = one;
  const ends = Object.entries(now.ends).map(([end, count]) => `${end} ${count}`);
  const share = `${now.within} of ${now.recoveries} within ${seconds(objectiveMs)} (${((now.share ?? 0) * 100).toFixed(0)} %)`;
  const times = `median ${seconds(now.medianMs)}, longest ${seconds(now.longestMs)}`;
  const recovered = now.share === null ? 'no recovery' : `${now.recoveries} recoveries: ${times}, ${share}`;
  const moved = one.movedDays === null ? 'never moved' : `moved ${one.movedDays} days ago`;
  return [
    `${one.validator ?? 'fleet'}: ${now.runs} executions, ${now.drills} of them drills${ends.length === 0 ? '' : ` (${ends.join(', ')})`}`,
    `  ${recovered}`,
    ...(now.recoveries === 0 ? [] : [`  ${sparkline(runs)}`]),
    `  the period before: ${before.recoveries} recoveries, median ${seconds(before.medianMs)}${trend === null ? '' : `: now ${trend}`}`,
    ...(one.forgotten === 0 ? [] : [`  ${one.forgotten} moves are known by their time alone: Step Functions has forgotten them`]),
    ...(one.drillOverdue ? [`  a drill is overdue: ${moved}   next: baton drill --real --validator ${String(one.validator)}`] : []),
  ];
};

interface Period {
  readonly nowMs: number;
  readonly lengthMs: number;
  readonly objectiveMs: number;
}

const figuresIn = (runs: readonly Run[], { nowMs, lengthMs, objectiveMs }: Period): Pick<Told, 'now' | 'before' | 'trend'> => {
  const fromMs = nowMs - lengthMs;
  const now = figuresOf(
    runs.filter(({ startedMs }) => startedMs >= fromMs),
    objectiveMs,
  );
  const before = figuresOf(
    runs.filter(({ startedMs }) => startedMs < fromMs),
    objectiveMs,
  );
  return { now, before, trend: trendOf(now, before) };
};

const toldOf = async (context: Context, validator: ValidatorId, runs: readonly Run[], period: Period): Promise<Told> => {
  const { config } = await configOf(context, validator);
  const history = await context.records.readHistory(validator);
  const { nowMs, lengthMs } = period;
  const known = new Set(runs.map(({ execution }) => execution));
  const forgotten = history.filter(({ execution, atMs }) => atMs >= nowMs - lengthMs && !known.has(execution)).length;
  const lastMs = Math.max(-Infinity, ...history.map(({ atMs }) => atMs));
  const movedDays = lastMs === -Infinity ? null : daysSince(lastMs, context.clock.epochMs());
  const due = config.policy.drill?.everyDays ?? overdueDays.drill;
  return { validator, ...figuresIn(runs, period), movedDays, drillOverdue: config.nodes.length > 1 && (movedDays ?? Infinity) >= due, forgotten };
};

const listed = async (context: Context, fleet: readonly ValidatorId[], sinceMs: number): Promise<Listed[]> => {
  const all = await context.workflow.list({ sinceMs });
  return all.filter(({ name }) => fleet.some((validator) => name.startsWith(`${validator}.t`)) && executionName.safeParse(name).success);
};

/**
 * How long it took until a new holder signed, of each validator and of all, in the last days and in as many before. Reads only.
 * @throws BatonError InputInvalid.
 */
export const report = async (context: Context, name: string | undefined, options: ReportOptions): Promise<Answer> => {
  const wanted = parseWith(days, options.days, { what: '--days', code: 'InputInvalid', fix: 'Give a whole number from 1 to 365.' });
  const within = parseWith(objective, options.objective, { what: '--objective', code: 'InputInvalid', fix: 'Give seconds from 1 to 86400.' });
  const fleet = name === undefined ? await context.records.readFleet() : [parseValidator(name)];
  if (fleet.length === 0) throw new BatonError('ValidatorUnknown', 'no validator is configured', { fix: 'baton apply validators.yaml' });
  const period = { nowMs: context.clock.epochMs(), lengthMs: wanted * dayMs, objectiveMs: within * 1_000 };
  const found = await listed(context, fleet, period.nowMs - 2 * period.lengthMs);
  const runs = await abreast(found.slice(0, mostRuns), most, (one) => runOf(context, one));
  const of = (validator: ValidatorId): Run[] => runs.filter(({ execution }) => execution.startsWith(`${validator}.t`));
  const told = await abreast(fleet, most, (validator) => toldOf(context, validator, of(validator), period));
  const forgotten = told.reduce((sum, one) => sum + one.forgotten, 0);
  const whole: Told = { validator: null, ...figuresIn(runs, period), movedDays: null, drillOverdue: false, forgotten };
  const unread = found.length - Math.min(found.length, mostRuns);
  const inPeriod = (list: readonly Run[]): Run[] => list.filter(({ startedMs }) => startedMs >= period.nowMs - period.lengthMs);
  const knownSinceMs = period.nowMs - Math.min(2 * wanted, keptDays) * dayMs;
  return {
    lines: [
      `The last ${wanted} days, and the ${wanted} before.`,
      `Step Functions forgets after ${keptDays} days: what is told here is known since ${utcOf(knownSinceMs)}.`,
      ...told.flatMap((one) => linesOf(one, inPeriod(of(one.validator as ValidatorId)), period.objectiveMs)),
      ...(told.length > 1 ? linesOf(whole, inPeriod(runs), period.objectiveMs) : []),
      ...(unread === 0 ? [] : [`${unread} older executions were not looked into: ask for fewer days, or for one validator.`]),
    ],
    json: { days: wanted, objectiveSeconds: within, knownSinceMs, unread, validators: told, fleet: whole, runs },
  };
};
