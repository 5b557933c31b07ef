import type { Step } from '../explorer.ts';
import { evidenceSteps } from './evidence.ts';
import { executionSteps, isEnd } from './execution.ts';
import { faultSteps, ticked } from './faults.ts';
import { canSign, guardSteps, polled } from './guard.ts';
import { indexOf, lapsedMs, timed, type Scope, type World } from './world.ts';

/**
 * Liveness: from here on there is no more trouble. Machines are started, what is on its way arrives, guards read the lease, and when nothing
 * drives it any more an operator starts a failover, as the named ends say. Then the lease must soon be held by one that signs.
 */

/** Steps that happen of themselves between two reads of a guard: more would mean that they go round in circles. */
const maxAtOnce = 60;

const settled = (world: World, scope: Scope): boolean => {
  const holder = world.nodes[indexOf(world.lease.holder)];
  const ended = world.executions.every(({ at }) => at === 'Assess' || isEnd(at));
  return ended && world.lease.phase === 'HELD' && holder !== undefined && canSign(scope, holder);
};

const allSteps = (world: World, scope: Scope): Step<World>[] => [
  ...executionSteps(world, scope),
  ...guardSteps(world, scope),
  ...evidenceSteps(world, scope),
  ...faultSteps(world, scope),
];

const firstOf = (world: World, scope: Scope, kind: 'itself' | 'operator' | 'resort'): World | null =>
  allSteps(world, scope).find((step) => step.kind === kind)?.to ?? null;

const round = (from: World, scope: Scope): World => {
  let world = from;
  for (const index of world.nodes.keys()) world = polled(world, index, scope);
  let next: World | null = world;
  for (let step = 0; step < maxAtOnce && next !== null; step += 1) {
    world = next;
    next = firstOf(world, scope, 'itself');
  }
  if (timed(scope)) world = ticked(world, scope);
  if (settled(world, scope)) return world;
  const idle = world.executions.every(({ at }) => at === 'Assess' || isEnd(at));
  return idle ? (firstOf(world, scope, 'operator') ?? world) : world;
};

/** Rounds without a change of the lease after which Fence gives up and reinstates the holder, which is alive. */
const patience = lapsedMs + 2;

/** How many rounds it takes until one node signs and the lease is held; null when that is more than `within`. */
export const roundsToHeal = (from: World, bounds: Scope, within: number): number | null => {
  // What is stuck takes more terms to mend: the bound of the search is no bound of the world.
  const scope: Scope = { ...bounds, terms: bounds.terms + 4 };
  let world = from;
  let still = 0;
  for (let rounds = 0; rounds <= within; rounds += 1) {
    if (settled(world, scope)) return rounds;
    const next = round(world, scope);
    still = next.lease === world.lease ? still + 1 : 0;
    world = still > patience ? (firstOf(next, scope, 'resort') ?? next) : next;
  }
  return null;
};
