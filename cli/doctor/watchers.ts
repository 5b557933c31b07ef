import type { ValidatorConfig } from '../../core/config.ts';
import { not, ok, seenAs, type Finding, type Told } from '../../core/finding.ts';
import { asksOf, loadOf } from '../../core/shard.ts';
import type { StackFacts } from './look.ts';

/** Whether as many watchers share the fleet as it needs. */

/** What WatchShards may be. */
const shardCounts = [1, 2, 5, 10] as const;
/** What one watcher looks at in a round with time in hand: a thousand validators of ten chains (`npm run bench:watch`). */
const oneWatcher = 1_200;
/** Below this part of what they have time for, there are too many. */
const idlePart = 4;
/** A month of one in 256 MB, by the prices of `npm run cost`. */
export const watcherUsd = 8.76;

/** @param configs of the whole fleet. */
export const tellWatchers = ({ stack, schedules }: Pick<StackFacts, 'stack' | 'schedules'>, configs: readonly ValidatorConfig[]): Told => {
  const asking = configs.map((config) => ({ validator: config.id, asks: asksOf(config) }));
  const load = loadOf(asking);
  const needed = shardCounts.find((count) => load <= count * oneWatcher) ?? 10;
  return seenAs(schedules, 'baton doctor', (found) => {
    const watchers = found.filter(({ name }) => /^WatchSchedule\d*-/.test(name.slice(stack.length + 1))).length;
    const places = new Set(asking.map(({ asks }) => asks)).size;
    const fleet = `${configs.length} validators with ${places} different sets of chain and vantages; ${watchers} watchers share them`;
    const next = (count: number): string =>
      `sam deploy --parameter-overrides WatchShards=${count}   (or more WatchMemoryMb: docs/deploy.md, Thousands of validators)`;
    if (watchers < needed) return not('warn', `${fleet}: too few for a round each five seconds in 256 MB.`, next(needed));
    if (load > 10 * oneWatcher)
      return not('warn', `${fleet}: more than ten have time for in 256 MB.`, 'sam deploy --parameter-overrides WatchMemoryMb=1769');
    if (watchers > needed && load * idlePart <= watchers * oneWatcher)
      return not('warn', `${fleet}: ${needed} would do, and each costs $${watcherUsd} a month or more.`, next(needed));
    return ok(`${fleet}.`);
  });
};

export const judgeWatchers = (facts: StackFacts, configs: readonly ValidatorConfig[]): Finding => ({
  check: 'watchers',
  validator: null,
  node: null,
  ...tellWatchers(facts, configs),
});
