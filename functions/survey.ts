import type { z } from 'zod';
import { sentenceOf, totalsOf, type Totals } from '../core/survey-totals.ts';
import { durationMs } from '../core/time.ts';
import { survey as contract } from './contract.ts';
import { alertTestOf } from './shared/alert-test-seen.ts';
import { frozenNow, suspectTwo } from './shared/breaker.ts';
import { measureFences } from './shared/measure-fences.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import { LastLooks } from './shared/last-looks.ts';
import * as make from './shared/make.ts';
import { judgementOf, lookOn, measureOne, readAll, type SurveyNeeds } from './shared/survey-read.ts';

/** Time kept free after the last look. */
const spareMs = durationMs(5_000);

/** Kept over the calls of one process. */
const seenHere = new LastLooks();

/**
 * Once a minute: reads what stands in the table, sees whose guard has reported since the minute before, and says what a person should know. Two
 * signers freeze the fleet; it changes nothing else.
 */
export const survey: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  SurveyNeeds | 'measure' | 'tableCheck' | 'alertTests' | 'fenceTests' | 'validatorsMeasured' | 'lastLooks'
> = async (input, deps, signal, remainingMs) => {
  const { clock, measure, records } = deps;
  const [fleet, tested, table, frozen] = await Promise.all([
    records.readFleet(signal),
    alertTestOf(deps, signal),
    deps.tableCheck.safety(signal),
    frozenNow(deps, signal),
  ]);
  const readings = await readAll(deps, { fleet, vantage: input.vantage ?? 'home' }, signal);
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
  lastLooks: () => seenHere,
  measure: make.measure,
});
