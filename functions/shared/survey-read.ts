import type { WaitingRecord } from '../../core/approval.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import type { NodeId, ValidatorId } from '../../core/ids.ts';
import { phases, type Lease } from '../../core/lease.ts';
import { holding, type Pause } from '../../core/pause.ts';
import { betweenLooksMs, isUnknown, judge, judgeBroken, judgeGate, looksOn, surveyLooks, type Judgement, type Look } from '../../core/survey.ts';
import type { DurationMs, EpochMs } from '../../core/time.ts';
import { verdictStates, type VerdictState } from '../../core/verdict.ts';
import { abreast } from './abreast.ts';
import type { Deps } from './deps.ts';
import { quarantinedOf } from './quarantine.ts';
import { readReports } from './reports.ts';

/** One validator as `survey` reads it. Nothing here rejects: one validator's trouble never stops the others. */

/** Validators read concurrently. */
export const mostAbreast = 20;

export type SurveyNeeds = 'clock' | 'records' | 'lease' | 'approvals' | 'workflow';

export interface Reading {
  readonly validator: ValidatorId;
  readonly paused: boolean;
  /** As it was noted, whether or not it holds. */
  readonly pause: Pause | undefined;
  readonly config: ValidatorConfig | undefined;
  readonly lease: Lease | undefined;
  readonly claimRunning: boolean;
  readonly open: WaitingRecord | undefined;
  readonly history: readonly { readonly execution: string; readonly atMs: number }[];
  /** As the watcher last stored it: it stores none while the validator is healthy. */
  readonly verdict: VerdictState;
  readonly before: Look | undefined;
  readonly looks: Look[];
  /** Nodes that were fenced and not brought back. */
  readonly quarantined: readonly NodeId[];
  readonly trouble: Trouble;
}

interface Trouble {
  /** What cannot be used, in words: only a person can mend it. */
  broken: string | null;
  /** Something gave no answer: the next survey may see it. */
  unseen: boolean;
}

/** What was read, or undefined and the trouble noted. */
const part = async <T>(trouble: Trouble, read: Promise<T>): Promise<T | undefined> => {
  try {
    return await read;
  } catch (error) {
    if (error instanceof BatonError && error.code === 'LeaseInvalid') trouble.broken ??= error.message;
    else trouble.unseen = true;
    return undefined;
  }
};

/** False only when the execution of the claim has ended and the lease still stands as it was: it may have been settled in between. */
export const isDriven = async (deps: Pick<Deps, 'workflow' | 'lease'>, lease: Lease, signal: AbortSignal): Promise<boolean> => {
  if (lease.phase === 'HELD' || (await deps.workflow.isRunning(lease.claim, signal))) return true;
  return (await deps.lease.read(lease.validator, signal))?.version !== lease.version;
};

export const nodesOf = ({ config }: Pick<Reading, 'config'>): readonly NodeId[] => config?.nodes.map(({ id }) => id) ?? [];

/** Reads the reports of its nodes once more. */
export const lookOnce = async (deps: Pick<Deps, 'records'>, reading: Reading, signal: AbortSignal): Promise<void> => {
  const look = await part(reading.trouble, readReports(deps, reading.validator, nodesOf(reading), signal));
  if (look) reading.looks.push(look);
};

export const readOne = async (
  deps: Pick<Deps, SurveyNeeds>,
  of: { readonly validator: ValidatorId; readonly vantage: string; readonly before?: Look | undefined },
  signal: AbortSignal,
): Promise<Reading> => {
  const { validator } = of;
  const trouble: Trouble = { broken: null, unseen: false };
  const [pause, found, lease, open, history, watch] = await Promise.all([
    part(trouble, deps.records.readPause(validator, signal)),
    part(trouble, deps.records.readConfig(validator, signal)),
    part(trouble, deps.lease.read(validator, signal)),
    part(trouble, deps.approvals.waiting(validator, signal)),
    part(trouble, deps.records.readHistory(validator, signal)),
    part(trouble, deps.records.readWatch(validator, of.vantage, signal)),
  ]);
  // The fleet names it, so it was enrolled.
  const leased = found?.config.custody !== 'gate';
  if (!trouble.unseen && (!found || (leased && !lease))) trouble.broken ??= found ? 'it has no lease' : 'it has no configuration';
  const [driven, quarantined] = await Promise.all([
    lease && part(trouble, isDriven(deps, lease, signal)),
    part(trouble, quarantinedOf(deps, validator, nodesOf({ config: found?.config }), signal)),
  ]);
  const reading: Reading = {
    validator,
    paused: holding(pause, deps.clock.epochMs()) !== undefined,
    pause,
    config: found?.config,
    lease,
    claimRunning: driven !== false,
    open,
    history: history ?? [],
    verdict: watch?.state ?? 'healthy',
    before: of.before,
    looks: [],
    quarantined: quarantined ?? [],
    trouble,
  };
  await lookOnce(deps, reading, signal);
  return reading;
};

/** @returns readings in the order of the fleet, each with what the survey before saw, which is kept for the next. */
export const readAll = (
  deps: Pick<Deps, SurveyNeeds | 'lastLooks'>,
  { fleet, vantage }: { readonly fleet: readonly ValidatorId[]; readonly vantage: string },
  signal: AbortSignal,
): Promise<Reading[]> =>
  abreast(fleet, mostAbreast, async (validator) => {
    const one = await readOne(deps, { validator, vantage, before: deps.lastLooks.before(validator, deps.clock.steadyMs()) }, signal);
    const [first] = one.looks;
    if (first) deps.lastLooks.keep(validator, first, deps.clock.steadyMs());
    return one;
  });

const wantsLook = (one: Reading): boolean => one.looks.length > 0 && looksOn(nodesOf(one), one, one.config?.custody === 'gate');

/** Looks at the reports again and again, until each guard was seen to live, or no more than `spareMs` are left. */
export const lookOn = async (
  deps: Pick<Deps, 'clock' | 'records'>,
  of: { readonly readings: readonly Reading[]; readonly remainingMs: () => number; readonly spareMs: DurationMs },
  signal: AbortSignal,
): Promise<void> => {
  for (let look = 1; look < surveyLooks; look += 1) {
    const watched = of.readings.filter(wantsLook);
    if (watched.length === 0 || of.remainingMs() < betweenLooksMs + of.spareMs) return;
    await deps.clock.sleep(betweenLooksMs, signal);
    await abreast(watched, mostAbreast, (one) => lookOnce(deps, one, signal));
  }
};

/** What is to be known of it, or null when it was not seen, or not watched long enough to tell. */
export const judgementOf = (one: Reading, nowMs: EpochMs): Judgement | null => {
  const { validator, paused, config, lease, before, looks, trouble } = one;
  if (trouble.broken !== null) return judgeBroken({ validator, paused, why: trouble.broken, nodes: nodesOf(one), looks });
  if (trouble.unseen || !config || looks.length === 0 || isUnknown(nodesOf(one), one)) return null;
  if (config.custody === 'gate') return judgeGate({ config, before, looks }, { paused });
  if (!lease) return null;
  return judge({ ...one, config, lease }, { paused, nowMs });
};

/** The figures of one validator. */
export const measureOne = (measure: Deps['measure'], { validator, lease, verdict, trouble }: Reading): void => {
  if (!lease) return;
  measure.split('LeaseTerm', validator, lease.term);
  measure.split('LeasePhase', validator, phases.indexOf(lease.phase));
  // None stored means healthy; none read means nothing.
  if (trouble.broken === null && !trouble.unseen) measure.split('Verdict', validator, verdictStates.indexOf(verdict));
};
