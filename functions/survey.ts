import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { daysSince, neverDays } from '../core/survey.ts';
import { sentenceOf, totalsOf, type Totals } from '../core/survey-totals.ts';
import { durationMs } from '../core/time.ts';
import { survey as contract } from './contract.ts';
import { abreast } from './shared/abreast.ts';
import { frozenNow, suspectTwo } from './shared/breaker.ts';
import type { Deps } from './shared/deps.ts';
import { measureFences } from './shared/measure-fences.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { judgementOf, lookOn, measureOne, mostAbreast, readOne, type SurveyNeeds } from './shared/survey-read.ts';

const hourMs = 3_600_000;
const mostHours = 9_999;
/** Time kept free after the last look. */
const spareMs = durationMs(5_000);

// An item that a hand has broken acknowledges nothing.
const alertTestOf = async ({ alertTests, clock }: Pick<Deps, 'alertTests' | 'clock'>, signal: AbortSignal) => {
  const found = await alertTests.read(signal).catch((error: unknown) => {
    if (error instanceof BatonError && error.code === 'LeaseInvalid') return undefined;
    throw error;
  });
  const nowMs = clock.epochMs();
  const ageDays = found?.acknowledged ? Math.min(neverDays, daysSince(found.acknowledged.atMs, nowMs)) : neverDays;
  const sinceMs = found?.unansweredSinceMs;
  return { ageDays, unansweredHours: sinceMs === undefined ? 0 : Math.min(mostHours, Math.max(0, Math.floor((nowMs - sinceMs) / hourMs))) };
};

/**
 * Once a minute: reads what stands in the table, watches the guards for some seconds, and says what a person should know. Two signers freeze the
 * fleet; it changes nothing else.
 */
export const survey: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  SurveyNeeds | 'measure' | 'tableCheck' | 'alertTests' | 'fenceTests' | 'validatorsMeasured'
> = async (input, deps, signal, remainingMs) => {
  const { clock, measure, records } = deps;
  const [fleet, tested, table, frozen] = await Promise.all([
    records.readFleet(signal),
    alertTestOf(deps, signal),
    deps.tableCheck.safety(signal),
    frozenNow(deps, signal),
  ]);
  const readings = await abreast(fleet, mostAbreast, (validator) => readOne(deps, { validator, vantage: input.vantage ?? 'home' }, signal));
  await lookOn(deps, { readings, remainingMs, spareMs }, signal);
  const nowMs = clock.epochMs();
  const judged = readings.map((one) => judgementOf(one, nowMs));
  const seen = judged.filter((one) => one !== null);
  const whole = {
    unseen: fleet.filter((_, index) => judged[index] === null),
    alertTestAgeDays: tested.ageDays,
    table,
    frozen: frozen?.sentence ?? null,
  };
  for (const [name, value] of Object.entries(totalsOf(seen, whole))) measure.add(name as keyof Totals, value as number);
  measure.add('AlertTestUnansweredHours', tested.unansweredHours);
  await measureFences(deps, readings, signal);
  for (const one of readings.slice(0, deps.validatorsMeasured)) measureOne(measure, one);
  measure.flush();
  await suspectTwo(deps, seen, signal);
  return { validators: fleet.length, sentence: sentenceOf(seen, whole) };
};

export const handler = handlerOf({ name: 'Survey', ...contract }, survey, {
  clock: make.clock,
  records: make.records,
  lease: make.lease,
  approvals: make.approvals,
  workflow: make.workflow,
  tableCheck: make.tableCheck,
  alertTests: make.alertTests,
  fenceTests: make.fenceTests,
  validatorsMeasured: make.validatorsMeasured,
  measure: make.measure,
});
