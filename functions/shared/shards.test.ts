import { describe, expect, test } from 'vitest';
import type { Chains } from '../../chains/index.ts';
import { validatorId, type ValidatorId } from '../../core/ids.ts';
import { hashOf } from '../../core/plan.ts';
import { durationMs } from '../../core/time.ts';
import { configOf } from '../../test/support/core.ts';
import { never, World } from '../../test/support/deps.ts';
import { measuring } from '../../test/support/measure.ts';
import { watch as contract } from '../contract.ts';
import { watch } from '../watch.ts';

/** Several watchers share a fleet: each validator is looked at by one of them, also while watchers come and go. */

const fleetOf = (count: number): ValidatorId[] => Array.from({ length: count }, (_, index) => validatorId.parse(`v-${index}`));

interface Looked {
  readonly validator: ValidatorId;
  readonly by: number;
  readonly atMs: number;
}

/** What a watcher reads of the fleet: all of it, ten validators of each chain, when it is not said. */
interface Read {
  readonly fleet?: readonly ValidatorId[];
  readonly chainOf?: (validator: ValidatorId) => number | null;
}
const tenEach = (validator: ValidatorId): number => Math.floor(Number(validator.slice(2)) / 10);

/** Watchers over one table and one clock. Every hundredth validator fails. */
const rig = (fleet: readonly ValidatorId[]) => {
  const world = new World();
  const watchers = new Map<string, { owner: string; plan?: string | undefined; generation: number; round: number }>();
  const looks: Looked[] = [];
  const figures: string[] = [];
  const failing = new Set(fleet.filter((_, index) => index % 100 === 0));
  const configs = new Map(fleet.map((id) => [id, { ...configOf(), id }]));
  const hash = hashOf(configOf());
  const start = (of: { shard: number; shards: number }, lastMs: number, { fleet: read = fleet, chainOf = tenEach }: Read = {}) => {
    const deps = world.deps();
    deps.records.readFleet = async () => [...read];
    deps.records.readAsks = async (id) => {
      const chain = chainOf(id);
      if (chain === null) throw new Error('unreadable');
      return { asks: `chain-${chain}`, probeMs: durationMs(5_000) };
    };
    deps.records.readConfig = async (id) => ({ config: configs.get(id) ?? configOf(), hash });
    deps.records.readWatcher = async (name) => watchers.get(name);
    deps.records.takeWatcher = async (name, { owner, plan }) => {
      watchers.set(name, { owner, plan, generation: (watchers.get(name)?.generation ?? 0) + 1, round: 0 });
    };
    deps.records.keepWatcher = async (name, owner) => {
      const found = watchers.get(name);
      if (found?.owner !== owner) return false;
      watchers.set(name, { ...found, round: found.round + 1 });
      return true;
    };
    const chains: Chains = {
      ...deps.chains,
      look: async (config, vantage) => {
        if (vantage === config.vantages[0]?.name) looks.push({ validator: config.id, by: of.shard, atMs: world.clock.steadyMs() });
        const observation = failing.has(config.id) ? 'failing' : 'signing';
        const seen = { head: 1, lastSigned: 1 };
        return { result: { ...seen, observation, sentence: '.' }, memory: { ...seen, observation, stillMs: 0 } };
      },
    };
    const measured = measuring();
    const own = { ...deps, chains, measure: { ...measured, add: (name: string, value: number) => figures.push(`${of.shard} ${name} ${value}`) } };
    const fromMs = world.clock.steadyMs();
    return watch(of, own, never, () => fromMs + lastMs - world.clock.steadyMs());
  };
  /** The longest time that a validator was not looked at between these two moments, over all of them. */
  const longestGapMs = (fromMs: number, toMs: number): number => {
    const last = new Map(fleet.map((id) => [id, fromMs]));
    let longest = 0;
    const note = (validator: ValidatorId, atMs: number): void => {
      longest = Math.max(longest, atMs - (last.get(validator) ?? 0));
      last.set(validator, atMs);
    };
    for (const { validator, atMs } of looks) if (last.has(validator) && atMs >= fromMs && atMs <= toMs) note(validator, atMs);
    for (const validator of fleet) note(validator, toMs);
    return longest;
  };
  return { world, looks, figures, start, longestGapMs, failing };
};

const counts = (looks: readonly Looked[]): Map<string, number> => {
  const found = new Map<string, number>();
  for (const { validator } of looks) found.set(validator, (found.get(validator) ?? 0) + 1);
  return found;
};

describe('ten watchers', () => {
  test('of 10,000 validators: each is looked at once in each round, by one and always the same; all that fail are found', async () => {
    const fleet = fleetOf(10_000);
    const { world, looks, start, failing } = rig(fleet);
    const ten = Array.from({ length: 10 }, (_, shard) => start({ shard, shards: 10 }, 41_000));
    const results = await world.clock.run(Promise.all(ten));
    // They begin together after 10 s, and know of each other from their second round on.
    for (const atMs of [15_000, 20_000, 25_000, 30_000]) {
      const round = looks.filter((one) => one.atMs === atMs);
      expect(round.length).toBe(10_000);
      expect(new Set(round.map(({ validator }) => validator)).size).toBe(10_000);
    }
    const by = new Map(looks.filter(({ atMs }) => atMs === 15_000).map(({ validator, by: one }) => [validator, one]));
    expect(looks.filter(({ validator, by: one, atMs }) => atMs > 15_000 && by.get(validator) !== one)).toEqual([]);
    const started = results.flatMap((one) => one.started);
    expect(started.length).toBe(100);
    expect(new Set(started.map((name) => name.split('.')[0]))).toEqual(new Set(failing));
  }, 60_000);
});

test('validators of one chain are looked at by one watcher', async () => {
  const fleet = fleetOf(300);
  const { world, looks, start } = rig(fleet);
  await world.clock.run(Promise.all(Array.from({ length: 5 }, (_, shard) => start({ shard, shards: 5 }, 41_000))));
  const late = looks.filter(({ atMs }) => atMs === 30_000);
  expect(new Set(late.map(({ validator, by }) => `${tenEach(validator)} by ${by}`)).size).toBe(30);
  expect([0, 1, 2, 3, 4].map((shard) => late.filter(({ by }) => by === shard).length)).toEqual([60, 60, 60, 60, 60]);
});

describe('watchers that have read different things', () => {
  const fleet = fleetOf(300);
  const three = [0, 1, 2].map((shard) => ({ shard, shards: 3 }));
  const others: [string, Read][] = [
    ['a fleet that is shorter', { fleet: fleet.slice(0, 240) }],
    ['other chains', { chainOf: (id) => tenEach(id) % 7 }],
    ['no configuration of some', { chainOf: (id) => (tenEach(id) < 9 ? null : tenEach(id)) }],
    ['no configuration at all', { chainOf: () => null }],
  ];
  test.each(others)('%s: nobody of whom all know is left out, in no round', async (_, read) => {
    const { world, looks, start, longestGapMs } = rig(read.fleet ?? fleet);
    await world.clock.run(Promise.all(three.map((of) => start(of, 61_000, of.shard === 1 ? read : { fleet }))));
    expect(longestGapMs(10_000, 45_000)).toBe(5_000);
    // More than once, by some: that is harmless.
    expect(looks.filter(({ atMs }) => atMs === 30_000).length).toBeGreaterThan(300);
  });
  test('when they have read the same again, each is looked at once', async () => {
    const { world, looks, start, longestGapMs } = rig(fleet);
    const both = async (minute: number, read: Read): Promise<void> => {
      await world.clock.sleep(durationMs(minute * 60_000));
      await Promise.all(three.map((of) => start(of, 120_000, of.shard === 1 ? read : {})));
    };
    await world.clock.run(Promise.all([both(0, { chainOf: () => null }), both(1, {})]));
    expect(longestGapMs(10_000, 150_000)).toBeLessThanOrEqual(10_000);
    expect(counts(looks.filter(({ atMs }) => atMs === 90_000))).toEqual(new Map(fleet.map((id) => [id, 1])));
  });
  test('a configuration that none can read: its validator is looked at once', async () => {
    const { world, looks, start } = rig(fleet);
    const read: Read = { chainOf: (id) => (id === 'v-7' ? null : tenEach(id)) };
    await world.clock.run(Promise.all(three.map((of) => start(of, 61_000, read))));
    expect(counts(looks.filter(({ atMs }) => atMs === 30_000))).toEqual(new Map(fleet.map((id) => [id, 1])));
  });
});

describe('watchers that come and go', () => {
  const fleet = fleetOf(300);
  test('one that is not there is covered by the others, and rounds beside it do not count', async () => {
    const { world, looks, figures, start, longestGapMs } = rig(fleet);
    await world.clock.run(Promise.all([0, 1, 3].map((shard) => start({ shard, shards: 4 }, 61_000))));
    expect(counts(looks.filter(({ atMs }) => atMs === 30_000))).toEqual(new Map(fleet.map((id) => [id, 1])));
    expect(longestGapMs(10_000, 45_000)).toBe(5_000);
    expect(figures.filter((one) => one.includes('WatchRounds'))).toEqual([]);
  });
  test('when all are there, their rounds count', async () => {
    const { world, figures, start } = rig(fleet);
    await world.clock.run(Promise.all([0, 1].map((shard) => start({ shard, shards: 2 }, 41_000))));
    expect(figures.filter((one) => one === '0 WatchRounds 1').length).toBeGreaterThanOrEqual(4);
    expect(figures.filter((one) => one === '1 WatchRounds 1').length).toBeGreaterThanOrEqual(4);
  });
  test('from one to two: no validator misses a round, and about half of them move', async () => {
    const { world, looks, start, longestGapMs } = rig(fleet);
    const grow = async (): Promise<void> => {
      const alone = start({ shard: 0, shards: 1 }, 120_000);
      await world.clock.sleep(durationMs(30_000));
      const both = [0, 1].map((shard) => start({ shard, shards: 2 }, 61_000));
      await Promise.all([alone, ...both]);
    };
    await world.clock.run(grow());
    expect(longestGapMs(0, 75_000)).toBeLessThanOrEqual(10_000);
    const late = looks.filter(({ atMs }) => atMs >= 60_000 && atMs < 65_000);
    expect(counts(late)).toEqual(new Map(fleet.map((id) => [id, 1])));
    expect(late.filter(({ by }) => by === 1).length).toBeGreaterThan(120);
  });
  test('from two to one: no validator misses a round', async () => {
    const { world, start, longestGapMs } = rig(fleet);
    const shrink = async (): Promise<void> => {
      const both = [0, 1].map((shard) => start({ shard, shards: 2 }, 90_000));
      await world.clock.sleep(durationMs(40_000));
      await Promise.all([...both, start({ shard: 0, shards: 1 }, 61_000)]);
    };
    await world.clock.run(shrink());
    expect(longestGapMs(10_000, 85_000)).toBeLessThanOrEqual(10_000);
  });
  test('one that dies is covered as soon as its silence shows', async () => {
    const { world, start, longestGapMs } = rig(fleet);
    // The second ends by itself after 45 s, and nobody takes it over.
    await world.clock.run(Promise.all([start({ shard: 0, shards: 2 }, 120_000), start({ shard: 1, shards: 2 }, 45_000)]));
    expect(longestGapMs(10_000, 100_000)).toBeLessThanOrEqual(20_000);
    expect(longestGapMs(60_000, 100_000)).toBe(5_000);
  });
  test('the next one of a watcher takes over without a gap', async () => {
    const { world, start, longestGapMs } = rig(fleet);
    const both = async (minute: number): Promise<void> => {
      await world.clock.sleep(durationMs(minute * 60_000));
      await Promise.all([0, 1].map((shard) => start({ shard, shards: 2 }, 120_000)));
    };
    await world.clock.run(Promise.all([both(0), both(1), both(2)]));
    expect(longestGapMs(10_000, 180_000)).toBeLessThanOrEqual(10_000);
  });
});

test('a shard that is none of them is refused', () => {
  expect(contract.input.safeParse({ vantage: 'home', shard: 1, shards: 2 }).success).toBe(true);
  expect(contract.input.safeParse({ vantage: 'home' }).success).toBe(true);
  for (const wrong of [{ shard: 2, shards: 2 }, { shard: 1 }, { shard: -1, shards: 2 }, { shard: 0.5, shards: 2 }, { shards: 0 }, { shards: 101 }])
    expect(contract.input.safeParse(wrong).success).toBe(false);
});
