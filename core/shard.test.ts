import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validatorId } from './ids.ts';
import * as z from 'zod';
import { isPart, part, shardOf } from './shard.ts';

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
