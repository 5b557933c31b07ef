import { expect, test } from 'vitest';
import type { Chains } from '../../chains/index.ts';
import { durationMs } from '../../core/time.ts';
import { validatorId } from '../../core/ids.ts';
import { hashOf } from '../../core/plan.ts';
import { configOf } from '../../test/support/core.ts';
import { never, World } from '../../test/support/deps.ts';
import { watch } from '../watch.ts';
import { Watching } from './watching.ts';

/** Many validators in one watch: none waits for another. */

const fleet = Array.from({ length: 30 }, (_, index) => validatorId.parse(`v-${index}`));
const roundMs = durationMs(5_000);

/** A world of many validators, in which a look at the slow ones takes so long. */
const slowWorld = (slow: ReadonlySet<string>, takesMs: number) => {
  const world = new World();
  const deps = world.deps();
  const looked = new Map<string, number>();
  deps.records.readFleet = async () => fleet;
  deps.records.readConfig = async (id) => {
    const config = { ...configOf(), id };
    return { config, hash: hashOf(config) };
  };
  const look = deps.chains.look.bind(deps.chains);
  const chains: Chains = {
    ...deps.chains,
    look: async (config, ...rest) => {
      if (slow.has(config.id)) await world.clock.sleep(durationMs(takesMs));
      looked.set(config.id, (looked.get(config.id) ?? 0) + 1);
      return look(config, ...rest);
    },
  };
  return { world, deps: { ...deps, chains }, looked };
};

test('who is slow is looked at less often, and delays nobody', async () => {
  const { world, deps, looked } = slowWorld(new Set(['v-3', 'v-7']), 12_000);
  const { rounds } = await world.clock.run(watch({}, deps, never, () => 72_000 - world.clock.steadyMs()));
  expect(rounds).toBe(13);
  // Two vantages each.
  expect(looked.get('v-0')).toBe(26);
  expect(looked.get('v-29')).toBe(26);
  // From 0, 15, 30 and 45 s on, and the one that the end of the watch cut off.
  expect(looked.get('v-3')).toBe(10);
});

test('who hangs for ever is unobservable, and all others are seen in each round', async () => {
  const { world, deps } = slowWorld(new Set(['v-3']), 9_000_000);
  await world.clock.run(watch({}, deps, never, () => 62_000 - world.clock.steadyMs()));
  expect(world.measured.figures.filter((one) => one === 'FleetHealthy 29').length).toBe(11);
  expect(world.measured.figures.filter((one) => one === 'FleetUnobservable 1').length).toBe(11);
});

test('a look that ends after the watch does has no effect', async () => {
  const { world, deps } = slowWorld(new Set(['v-3']), 60_000);
  world.observe = () => 'failing';
  const watching = new Watching(deps, 'home', never);
  await world.clock.run(watching.round(fleet.slice(3, 4), roundMs));
  const over = watching.end();
  await world.clock.run(over);
  expect(world.clock.steadyMs()).toBe(60_000);
  expect([...world.watched.keys()]).toEqual([]);
  expect(watching.all()).toMatchObject([{ unseen: true }]);
});

/** A validator that fails, and how often its failover was asked for; the first so many times in vain. */
const failing = async (inVain = 0) => {
  const world = new World();
  world.observe = () => 'failing';
  const deps = world.deps();
  let asked = 0;
  const start = deps.workflow.start.bind(deps.workflow);
  deps.workflow.start = async (of, signal) => {
    asked += 1;
    if (asked <= inVain) throw new Error('throttled');
    return start(of, signal);
  };
  const { started } = await world.clock.run(watch({}, deps, never, () => 60_000 - world.clock.steadyMs()));
  return { asked, started };
};

test('one execution is asked for once in an episode, however often it is seen failing', async () => {
  expect((await failing()).asked).toBe(1);
});

test('what failed to start is asked for again', async () => {
  const { asked, started } = await failing(2);
  expect([asked, started.length]).toEqual([3, 1]);
});

test('a state that stays is written until its samples no longer change', async () => {
  const world = new World();
  world.observe = () => 'halted';
  const deps = world.deps();
  let writes = 0;
  const writeWatch = deps.records.writeWatch.bind(deps.records);
  deps.records.writeWatch = async (...of) => {
    writes += 1;
    return writeWatch(...of);
  };
  const { rounds } = await world.clock.run(watch({}, deps, never, () => 120_000 - world.clock.steadyMs()));
  expect(rounds).toBe(22);
  expect(writes).toBe(6);
});
