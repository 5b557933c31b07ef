import { configOf, leaseOf, robin } from './core.ts';
import { never, World } from './deps.ts';
import { validatorId } from '../../core/ids.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import { survey } from '../../functions/survey.ts';

/** What tests of `survey` begin from. */

export const remaining = (): number => 50_000;
/** A world in which all is well: every guard runs, and the fleet was moved and its alerts tested today. */
export const wellWorld = (): World => {
  const world = new World();
  world.silent.clear();
  const atMs = world.clock.epochMs();
  world.history = [{ execution: 'one', atMs }];
  world.alertTest = { code: '0123abcd', sentAtMs: atMs, by: robin, acknowledged: { code: '0123abcd', atMs, by: robin } };
  return world;
};
export const look = (world: World, deps: Deps = world.deps(), remainingMs: () => number = remaining) =>
  world.clock.run(survey({}, deps, never, remainingMs));
export const figureOf = (world: World, name: string): number =>
  Number(world.measured.figures.find((one) => one.startsWith(`${name} `))?.slice(name.length + 1));

/** A fleet of this many, all alike but for their names. */
export const fleetOf = (world: World, count: number): Deps => {
  const deps = world.deps();
  deps.records.readFleet = async () => Array.from({ length: count }, (_, index) => validatorId.parse(`hub-${index}`));
  deps.records.readConfig = async (id) => ({ config: { ...configOf(), id }, hash: 'x' });
  return { ...deps, lease: { ...deps.lease, read: async (id) => leaseOf({ validator: id }) } };
};
