import type { z } from 'zod';
import type { ValidatorId } from '../core/ids.ts';
import { durationMs, elapsedMs, type DurationMs } from '../core/time.ts';
import { watch as contract } from './contract.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { homeVantage, measureRound, type WatchNeeds } from './shared/watch-round.ts';
import { Watching } from './shared/watching.ts';

const defaultProbeMs = durationMs(5_000);
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
  const watching = new Watching(deps, { fleet, vantage }, signal);
  let rounds = 0;
  const told = (how: string) => ({ rounds, started: watching.started, sentence: `Looked ${rounds} times at ${fleet.length} validators; ${how}.` });
  try {
    for (; rounds < maxRounds && remainingMs() > 2 * everyMs; rounds += 1) {
      const roundMs = clock.steadyMs();
      const leftMs = (): DurationMs => durationMs(Math.max(0, everyMs - elapsedMs(roundMs, clock.steadyMs())));
      if (!(await deps.records.keepWatcher(vantage, owner, signal))) return told('the next watcher took over');
      await watching.round(leftMs());
      measureRound(deps.measure, watching.all());
      await clock.sleep(leftMs(), signal);
    }
    return told('nobody took over in time');
  } finally {
    await watching.end();
  }
};

export const handler = handlerOf({ name: 'Watch', ...contract }, watch, {
  clock: make.clock,
  randomHex: make.randomHex,
  records: make.fleetRecords,
  lease: make.fleetLease,
  workflow: make.workflow,
  notify: make.notify,
  chains: make.chains,
  measure: make.measure,
});
