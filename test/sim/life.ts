import { clearBreaker } from './breaker.ts';
import { writePlanned } from './faults.ts';
import { robin } from './people.ts';
import { startRogue } from './rogue.ts';
import { amber } from '../support/core.ts';
import { World, type WorldOptions } from './world.ts';

/** A whole run: safety with faults, then everything is healed and progress is required. */

export interface Outcome {
  readonly violations: readonly string[];
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly lines: readonly string[];
  readonly seen: World['faults']['seen'];
  readonly struck: readonly string[];
  readonly ends: readonly string[];
  readonly signatures: number;
}

const leastSafetyMs = 7_000;
/** How long the watchers may need until they start something. */
const unstartedMs = 40_000;
const mostSafetyMs = 120_000;
/** How long people may need, once everything is healed. */
const progressMs = 600_000;
const lookMs = 4_000;
const patienceMs = 20_000;
const settleMs = 12_000;
const freshBlocks = 3;

/** Exactly one node signs, the lease is HELD by it, and nothing is on its way. */
const isWell = (world: World): boolean => {
  if (world.states.running) return false;
  const { phase, holder } = world.lease();
  if (phase !== 'HELD') return false;
  const { head } = world.chain;
  const machine = world.machine(holder);
  const signs = Array.from({ length: freshBlocks }, (_, index) => world.chain.signerOf(head - index)).includes(machine.name);
  return signs && machine.canSign();
};

const heal = (world: World): void => {
  world.say('Everything is healed.');
  world.healing = true;
  world.faults.enabled = false;
  world.removeCopy();
  for (const machine of world.machines.values()) machine.heal();
};

/** The operator does what the runbook says: looks, and if nothing runs and nobody signs, asks for a failover. */
const operate = (world: World): void => {
  let idleMs = 0;
  let episode = 0;
  const look = (): void => {
    idleMs = world.states.running ? 0 : idleMs + lookMs;
    if (idleMs > patienceMs && idleMs <= patienceMs + lookMs && !isWell(world)) {
      // A command of before may have come late: they look at the machines again.
      for (const machine of world.machines.values()) machine.heal();
    }
    // A guard that follows one on a copied machine needs its time.
    if (idleMs > patienceMs + settleMs && !isWell(world)) {
      idleMs = 0;
      episode += 1;
      const [abandoned] = [...world.states.executions.values()].filter(({ status }) => status === 'ABORTED');
      if (abandoned && episode === 1) world.states.redrive(abandoned);
      else
        // They have looked at the machines, so a fenced one may take over again.
        world.people
          .readmitAll(robin)
          .then(() => clearBreaker(world, robin))
          .then(() => world.people.failover('failover', robin, `runbook-${episode}`))
          .catch((error: unknown) => {
            world.say(`The failover by hand is refused: ${(error as Error).name}.`);
          });
    }
    world.scheduler.after(lookMs, 'operator', look);
  };
  look();
};

const begin = (world: World): void => {
  const { scenario, switches } = world;
  for (const machine of world.machines.values()) machine.boot();
  world.chain.start();
  const liar = [...world.machines.values()].at(-1);
  if (scenario.liar && liar) startRogue(world, liar, false);
  if (switches.activeLies) {
    world.machine(amber).liesAboutStop = true;
    startRogue(world, world.machine(amber), true);
  }
};

export const live = async (options: WorldOptions): Promise<Outcome> => {
  const world = new World(options);
  const { scheduler, judge, scenario } = world;
  const afterEach = (): void => {
    judge.afterEvent();
  };
  const broken = (): boolean => judge.violations.length > 0;
  begin(world);
  // A quiet start, so that the active signs before anything happens.
  world.faults.enabled = false;
  await scheduler.run(4_200, broken, afterEach);
  world.faults.enabled = true;
  scenario.begin(world);
  const startMs = scheduler.nowMs;
  let quietSinceMs: number | null = null;
  const quiet = (): boolean => {
    const leastMs = world.states.executions.size > 0 ? leastSafetyMs : unstartedMs;
    const still = !world.states.running && scheduler.nowMs - startMs > leastMs;
    quietSinceMs = still ? (quietSinceMs ?? scheduler.nowMs) : null;
    return broken() || (quietSinceMs !== null && scheduler.nowMs - quietSinceMs > 2_000);
  };
  await scheduler.run(startMs + mostSafetyMs + 2 * world.config.timing.leaseMs, quiet, afterEach);
  heal(world);
  operate(world);
  const progressed = await scheduler.run(scheduler.nowMs + progressMs, () => broken() || isWell(world), afterEach);
  if (!progressed) judge.violate(`no progress: ${progressMs / 60_000} minutes after everything was healed nobody signs with the lease HELD`);
  scheduler.end();
  scheduler.mix(`${judge.signatures} signatures, version ${world.lease().version}`);
  return {
    violations: judge.violations,
    hash: scheduler.hash,
    events: scheduler.events,
    virtualMs: scheduler.nowMs,
    lines: world.lines,
    seen: world.faults.seen,
    struck: world.faults.struck,
    ends: [...world.states.executions.values()].map(({ status, error }) => (status === 'SUCCEEDED' ? status : error)),
    signatures: judge.signatures,
  };
};

/** The flags that replay exactly this run. */
export const replayFlags = ({ seed, scenario, planned = [] }: WorldOptions): string =>
  [`--seed ${seed}`, `--scenario ${scenario.name}`, ...planned.map((one) => `--fault '${writePlanned(one)}'`)].join(' ');
