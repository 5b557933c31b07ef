import type { z } from 'zod';
import type { ExecutionName, ValidatorId } from '../core/ids.ts';
import { durationMs, elapsedMs } from '../core/time.ts';
import { watch as contract } from './contract.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { homeVantage, measureRound, resume, unwatched, watchOne, type WatchNeeds, type Watched } from './shared/watch-round.ts';

const defaultProbeMs = durationMs(5_000);
/** Validators looked at concurrently. */
const abreast = 20;
const maxRounds = 600;

const smallestProbeMs = async (deps: Pick<Deps, 'records'>, fleet: readonly ValidatorId[], signal: AbortSignal): Promise<number> => {
  const configs = await Promise.all(fleet.map((id) => deps.records.readConfig(id, signal).catch(() => undefined)));
  return Math.min(defaultProbeMs, ...configs.flatMap((found) => (found ? [found.config.timing.probeMs] : [])));
};

/**
 * Started each minute; looks every few seconds until the next invocation takes over. It goes on past the minute until then, so there is
 * no gap; each round is counted only while the watch is ours, so there is no overlap.
 */
export const watch: Act<z.output<typeof contract.input>, z.input<typeof contract.output>, WatchNeeds> = async (input, deps, signal, remainingMs) => {
  const { clock } = deps;
  const vantage = input.vantage ?? homeVantage;
  const owner = deps.randomHex(8);
  await deps.records.takeWatcher(vantage, owner, signal);
  const fleet = await deps.records.readFleet(signal);
  const everyMs = await smallestProbeMs(deps, fleet, signal);
  const known = new Map<ValidatorId, Watched>();
  const started: ExecutionName[] = [];
  const one = async (validator: ValidatorId): Promise<void> => {
    // One validator's trouble never stops the others.
    try {
      const before = known.get(validator) ?? (await resume(deps, validator, vantage, signal));
      const { after, started: name } = await watchOne(deps, { validator, vantage, before }, signal);
      known.set(validator, after);
      if (name) started.push(name);
    } catch {
      known.set(validator, { ...(known.get(validator) ?? unwatched), unseen: true });
    }
  };
  let rounds = 0;
  for (; rounds < maxRounds && remainingMs() > 2 * everyMs; rounds += 1) {
    const roundMs = clock.steadyMs();
    if (!(await deps.records.keepWatcher(vantage, owner, signal))) {
      return { rounds, started, sentence: `Looked ${rounds} times at ${fleet.length} validators; the next watcher took over.` };
    }
    for (let from = 0; from < fleet.length; from += abreast) await Promise.all(fleet.slice(from, from + abreast).map(one));
    measureRound(deps.measure, [...known.values()]);
    await clock.sleep(durationMs(Math.max(0, everyMs - elapsedMs(roundMs, clock.steadyMs()))), signal);
  }
  return { rounds, started, sentence: `Looked ${rounds} times at ${fleet.length} validators; nobody took over in time.` };
};

export const handler = handlerOf({ name: 'Watch', ...contract }, watch, {
  clock: make.clock,
  randomHex: make.randomHex,
  records: make.records,
  lease: make.lease,
  workflow: make.workflow,
  notify: make.notify,
  chains: make.chains,
  measure: make.measure,
});
