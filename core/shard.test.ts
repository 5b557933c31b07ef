import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validatorId } from './ids.ts';
import * as z from 'zod';
import { asksOf, isPart, part, planOf, plannedShard, shardOf, type Asking } from './shard.ts';

const fleet = Array.from({ length: 10_000 }, (_, index) => validatorId.parse(`val-${index}`));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, shard) => shard);
const countsOf = (live: readonly number[]): number[] => live.map((shard) => fleet.filter((one) => shardOf(one, live) === shard).length);

test('which of how many: from 0 and below their number; the only one when it is not said', () => {
  const parses = (value: unknown): boolean => z.object(part).refine(isPart).safeParse(value).success;
  for (const good of [{}, { shard: 0 }, { shards: 1 }, { shards: 100 }, { shard: 1, shards: 2 }, { shard: 99, shards: 100 }])
    expect(parses(good)).toBe(true);
  const bad = [{ shard: 1 }, { shard: 2, shards: 2 }, { shard: 3, shards: 2 }, { shard: -1, shards: 2 }, { shard: 0.5, shards: 2 }];
  for (const one of [...bad, { shards: 0 }, { shards: 1.5 }, { shards: 101 }]) expect(parses(one)).toBe(false);
  expect(part.shard.safeParse(99).success).toBe(true);
  expect(part.shard.safeParse(100).success).toBe(false);
});

describe('which watcher looks at a validator', () => {
  test('nobody of none, and the only one of one', () => {
    expect(shardOf(validatorId.parse('hub-1'), [])).toBeNull();
    expect(shardOf(validatorId.parse('hub-1'), [7])).toBe(7);
    expect(new Set(fleet.map((one) => shardOf(one, [0])))).toEqual(new Set([0]));
  });
  test('the same on every machine and in every version', () => {
    const names = ['a', 'b', 'hub-1', 'hub-2', 'osmosis-1', 'val-0', 'val-1', 'val-9999', 'a-very-long-name-of-a-validator-0123456'];
    expect(names.map((name) => shardOf(validatorId.parse(name), upTo(10)))).toEqual([8, 3, 3, 9, 3, 3, 9, 5, 0]);
    expect(names.map((name) => shardOf(validatorId.parse(name), upTo(3)))).toEqual([1, 0, 1, 0, 0, 1, 1, 2, 0]);
  });
  test.each([
    [2, [5080, 4920]],
    [5, [2019, 1935, 2003, 2064, 1979]],
    [10, [1007, 985, 1025, 1024, 969, 994, 1016, 985, 1010, 985]],
  ])('10,000 over %i watchers: about the same for each, and none left out', (count, counts) => {
    expect(countsOf(upTo(count))).toEqual(counts);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(10_000);
  });
  test('one more takes its share, and nothing moves between the others', () => {
    for (const count of [1, 2, 4, 9]) {
      const moved = fleet.filter((one) => shardOf(one, upTo(count)) !== shardOf(one, upTo(count + 1)));
      expect(new Set(moved.map((one) => shardOf(one, upTo(count + 1))))).toEqual(new Set([count]));
      expect(Math.abs(moved.length * (count + 1) - 10_000)).toBeLessThan(600);
    }
  });
  test('whoever lives: one of them, the same in whatever order, and the same when another one goes', () => {
    const shards = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(shards, fc.constantFrom(...fleet), (live, one) => {
        const found = shardOf(one, live);
        expect(live).toContain(found);
        for (const gone of live.filter((shard) => shard !== found)) {
          expect(
            shardOf(
              one,
              live.filter((shard) => shard !== gone),
            ),
          ).toBe(found);
        }
      }),
    );
  });
});

describe('what validators have in common', () => {
  const at = (kind: string, vantages: { name: string; url: string }[]) => asksOf({ chain: { kind }, vantages });
  const [one, two] = [
    { name: 'one', url: 'http://a.example:1' },
    { name: 'two', url: 'http://b.example:1' },
  ];
  test('kind, and names and addresses of vantages in whatever order', () => {
    expect(at('cometbft', [one, two])).toBe(at('cometbft', [two, one]));
    expect(at('cometbft', [one, two])).not.toBe(at('solana', [one, two]));
    expect(at('cometbft', [one, two])).not.toBe(at('cometbft', [one]));
    expect(at('cometbft', [one, two])).not.toBe(at('cometbft', [one, { ...two, url: 'http://c.example:1' }]));
    expect(at('cometbft', [one, two])).not.toBe(at('cometbft', [one, { ...two, name: 'three' }]));
  });
});

/** So many validators of each chain, one chain after the other; of the chain `null` nobody knows what it asks. */
const fleetOf = (chains: readonly (readonly [asks: string | null, count: number])[]): Asking[] =>
  chains.flatMap(([asks, count], chain) =>
    Array.from({ length: count }, (_, index) => ({ validator: validatorId.parse(`c${chain}-${index}`), asks })),
  );
const anyFleet = fc
  .array(fc.tuple(fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e')), fc.integer({ min: 1, max: 260 })), { minLength: 1, maxLength: 12 })
  .map(fleetOf);
const someOf = (shards: number) => fc.subarray(upTo(shards), { minLength: 1 });
const shared = fc
  .tuple(anyFleet, fc.integer({ min: 1, max: 12 }))
  .chain(([asking, shards]) => fc.tuple(fc.constant({ asking, shards, plan: planOf(asking, shards) }), someOf(shards), someOf(shards)));

describe('the plan by which watchers share a fleet', () => {
  test('ten chains of 100 over two: whole chains, five for each', () => {
    const asking = fleetOf(Array.from({ length: 10 }, (_, chain) => [`chain-${chain}`, 100] as const));
    const plan = planOf(asking, 2);
    const by = upTo(2).map((shard) => asking.filter(({ validator }) => plannedShard(plan, validator, [0, 1]) === shard));
    expect(by.map(({ length }) => length)).toEqual([500, 500]);
    expect(by.map((own) => new Set(own.map(({ asks }) => asks)).size)).toEqual([5, 5]);
  });
  test('one big chain: no watcher has it all', () => {
    const asking = fleetOf([['only', 950]]);
    const plan = planOf(asking, 5);
    const counted = upTo(5).map((shard) => asking.filter(({ validator }) => plannedShard(plan, validator, upTo(5)) === shard).length);
    expect(counted).toEqual([200, 200, 200, 200, 150]);
  });
  test('what one chain asks weighs as much as twenty validators', () => {
    const asking = fleetOf([['big', 100], ...Array.from({ length: 6 }, (_, chain) => [`small-${chain}`, 1] as const)]);
    const plan = planOf(asking, 2);
    const own = asking.filter(({ validator }) => plannedShard(plan, validator, [0, 1]) === 0);
    expect(own.length).toBe(100);
    // 120 beside 126: with less, or more, one of the small ones would move.
    expect(
      plannedShard(
        planOf([...asking, ...fleetOf([['x', 1]]).map((one) => ({ ...one, validator: validatorId.parse('x') }))], 2),
        validatorId.parse('x'),
        [0, 1],
      ),
    ).toBe(0);
  });
  test('the same on every machine and in every version', () => {
    const plan = planOf(
      fleetOf([
        ['a', 150],
        ['b', 20],
        [null, 2],
        ['a', 60],
      ]),
      3,
    );
    expect(plan.digest).toBe('47e8080cf3a0df5f');
    const groups = new Map([...plan.places.values()].map(({ group, home }) => [group, home]));
    expect(Object.fromEntries(groups)).toEqual({ 'c0-0': 0, 'c0-100': 1, 'c1-0': 2, 'c2-0': 2, 'c2-1': 2, 'c3-50': 2 });
  });
  test('exactly one that lives looks at each validator, also at one that is not in the plan', () => {
    fc.assert(
      fc.property(shared, ([{ asking, plan }, live]) => {
        for (const { validator } of [...asking, { validator: validatorId.parse('unknown') }])
          expect(live).toContain(plannedShard(plan, validator, live));
        expect(plannedShard(plan, validatorId.parse('unknown'), [])).toBeNull();
      }),
      { numRuns: 30 },
    );
  });
  test('while all live, the loads of two differ by no more than the heaviest group', () => {
    fc.assert(
      fc.property(shared, ([{ asking, plan, shards }]) => {
        const loads = upTo(shards).map((shard) => {
          const own = asking.filter(({ validator }) => plannedShard(plan, validator, upTo(shards)) === shard);
          return own.length + 20 * new Set(own.map(({ validator }) => plan.places.get(validator)?.group)).size;
        });
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(120);
      }),
      { numRuns: 30 },
    );
  });
  test('a group asks the same, has 100 validators at most, and one that knows nothing is alone', () => {
    fc.assert(
      fc.property(anyFleet, (asking) => {
        const { places } = planOf(asking, 3);
        const asksOfGroup = new Map<string, (string | null)[]>();
        for (const { validator, asks } of asking) {
          const group = String(places.get(validator)?.group);
          asksOfGroup.set(group, [...(asksOfGroup.get(group) ?? []), asks]);
        }
        for (const members of asksOfGroup.values()) {
          expect(new Set(members).size).toBe(1);
          expect(members.length).toBeLessThanOrEqual(members[0] === null ? 1 : 100);
        }
      }),
      { numRuns: 5 },
    );
  });
  test('who differ about who lives leave nobody out, and who goes moves only its own', () => {
    fc.assert(
      fc.property(shared, ([{ asking, plan }, live, fewer]) => {
        const rest = live.filter((shard) => fewer.includes(shard));
        for (const { validator } of asking) {
          const found = plannedShard(plan, validator, live);
          // It lives: so by the view of whoever sees fewer, and itself, it is still the one.
          if (found !== null && rest.includes(found)) expect(plannedShard(plan, validator, rest)).toBe(found);
        }
      }),
      { numRuns: 30 },
    );
  });
  test('the groups of one that goes are spread over the others', () => {
    const asking = fleetOf(Array.from({ length: 100 }, (_, chain) => [`chain-${chain}`, 100] as const));
    const plan = planOf(asking, 10);
    const live = upTo(10).filter((shard) => shard !== 4);
    const counted = live.map((shard) => asking.filter(({ validator }) => plannedShard(plan, validator, live) === shard).length);
    expect(counted).toEqual([1300, 1100, 1000, 1000, 1000, 1100, 1000, 1300, 1200]);
  });
  test('plans are alike where the fleet is, what it asks, and how many share it', () => {
    const fleet = [
      ['a', 30],
      ['b', 20],
    ] as const;
    const { digest } = planOf(fleetOf(fleet), 2);
    expect(planOf(fleetOf(fleet), 2).digest).toBe(digest);
    expect(planOf(fleetOf(fleet), 3).digest).not.toBe(digest);
    expect(planOf(fleetOf([...fleet, ['b', 1]]), 2).digest).not.toBe(digest);
    expect(
      planOf(
        fleetOf([
          ['a', 30],
          ['a', 20],
        ]),
        2,
      ).digest,
    ).not.toBe(digest);
  });
});
