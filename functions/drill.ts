import type { z } from 'zod';
import { drillsDue, type DrillSeen, type DrillStart } from '../core/drill.ts';
import type { EpochMs } from '../core/time.ts';
import { durationMs } from '../core/time.ts';
import { drill as contract } from './contract.ts';
import { abreast } from './shared/abreast.ts';
import { frozenNow } from './shared/breaker.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { judgementOf, lookOn, mostAbreast, readOne, type Reading, type SurveyNeeds } from './shared/survey-read.ts';

/** Names that were used before are passed over, so many at most. */
const mostTries = 20;
/** Time kept free after the last look, to start one in. */
const spareMs = durationMs(10_000);

const seenOf = (one: Reading, nowMs: EpochMs): DrillSeen[] => {
  const { config, lease, verdict, history } = one;
  const judgement = judgementOf(one, nowMs);
  return config && lease && judgement ? [{ config, lease, verdict, judgement, history }] : [];
};

const start = ({ workflow }: Pick<Deps, 'workflow'>, one: DrillStart, signal: AbortSignal): Promise<boolean> => {
  const { validator, to, reason } = one;
  const input = { validator, kind: 'switchover', ...(to === undefined ? {} : { to }), cause: { kind: 'drill', by: 'schedule', reason } };
  return workflow.start({ name: one.execution, input }, signal);
};

/** Starts at most one drill, when nothing else runs, waits, or needs care. It goes through Assess, approval and fencing like every other plan. */
export const drill: Act<z.output<typeof contract.input>, z.input<typeof contract.output>, SurveyNeeds> = async (_, deps, signal, remainingMs) => {
  const { clock, records, workflow } = deps;
  const frozen = await frozenNow(deps, signal);
  if (frozen) return { execution: null, sentence: frozen.sentence };
  const fleet = await records.readFleet(signal);
  const readings = await abreast(fleet, mostAbreast, (validator) => readOne(deps, { validator, vantage: 'home' }, signal));
  if (!readings.some(({ config }) => config?.policy.drill)) return { execution: null, sentence: 'No validator asks for drills.' };
  await lookOn(deps, { readings, remainingMs, spareMs }, signal);
  const nowMs = clock.epochMs();
  const seen = readings.flatMap((one) => seenOf(one, nowMs));
  const unseen = fleet.filter((validator) => !seen.some(({ config }) => config.id === validator));
  // Asked last: what was started while the guards were watched is in it.
  const running = (await workflow.list({ running: true }, signal)).map(({ name }) => name);
  const { starts, sentence } = drillsDue({ seen, unseen, running, nowMs });
  for (const one of starts.slice(0, mostTries))
    if (await start(deps, one, signal)) return { execution: one.execution, sentence: `Started ${one.execution}. ${one.reason}` };
  return { execution: null, sentence: starts.length === 0 ? sentence : `${sentence} Each was tried in this window already.` };
};

export const handler = handlerOf({ name: 'Drill', ...contract }, drill, {
  clock: make.clock,
  records: make.records,
  lease: make.lease,
  approvals: make.approvals,
  workflow: make.workflow,
  measure: make.measure,
});
