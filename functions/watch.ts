import type { z } from 'zod';
import type { ValidatorId } from '../core/ids.ts';
import { durationMs, elapsedMs, type DurationMs } from '../core/time.ts';
import { watch as contract } from './contract.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { homeVantage, measureRound, type WatchNeeds } from './shared/watch-round.ts';
import { Shards, watcherName } from './shared/shards.ts';
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
  const { shard = 0, shards = 1 } = input;
  const sharing = new Shards(deps, { vantage, shard, shards });
  await sharing.begin(signal);
  const fleet = await deps.records.readFleet(signal);
  // The only watcher reads all of each configuration: it looks at them all.
  const everyMs =
    shards === 1 ? await smallestProbeMs(deps, fleet, signal) : Math.min(defaultProbeMs, (await sharing.share(fleet, signal)) ?? defaultProbeMs);
  const [name, owner] = [watcherName(vantage, shard), deps.randomHex(8)];
  await deps.records.takeWatcher(name, { owner, plan: sharing.plan() }, signal);
  const watching = new Watching(deps, vantage, signal);
  let [rounds, looked] = [0, fleet.length];
  const told = (how: string) => ({ rounds, started: watching.started, sentence: `Looked ${rounds} times at ${looked} validators; ${how}.` });
  try {
    for (; rounds < maxRounds && remainingMs() > 2 * everyMs; rounds += 1) {
      const roundMs = clock.steadyMs();
      const leftMs = (): DurationMs => durationMs(Math.max(0, everyMs - elapsedMs(roundMs, clock.steadyMs())));
      if (!(await deps.records.keepWatcher(name, owner, signal))) return told('the next watcher took over');
      await sharing.look(signal);
      const mine = sharing.mine(fleet);
      looked = mine.length;
      await watching.round(mine, leftMs());
      measureRound(deps.measure, watching.all(), sharing.whole());
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
