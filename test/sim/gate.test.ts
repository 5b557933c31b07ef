import { describe, expect, test } from 'vitest';
import { plants } from './gate-plants.ts';
import { liveGate } from './gate-world.ts';

/** Active-active in the simulator: it repeats exactly, finds nothing where nothing is, and finds what is planted. */

test('a seed gives the same events twice, another seed others', async () => {
  const [first, second, other] = [await liveGate({ seed: 3 }), await liveGate({ seed: 3 }), await liveGate({ seed: 4 })];
  expect([second.hash, second.events, second.lines]).toEqual([first.hash, first.events, first.lines]);
  expect(other.hash).not.toBe(first.hash);
});

describe('one signature for each duty, and every height signed with one member down', () => {
  test.each([10, 11, 12, 13, 14, 15, 16, 17])('seed %i', async (seed) => {
    const { violations, left } = await liveGate({ seed });
    expect(violations).toEqual([]);
    expect(left).toBeGreaterThan(100);
  });
  test('with the key in KMS and in memory alike', async () => {
    const found = await Promise.all([10, 11, 12, 13].map(async (seed) => (await liveGate({ seed })).inKms));
    expect([...new Set(found)].length).toBe(2);
  });
  test.each([
    'amber UpdateItem arbiter#all=lose',
    'amber UpdateItem arbiter#all=late',
    'birch UpdateItem arbiter#all=twice',
    'cedar UpdateItem arbiter#all=echo',
    'birch UpdateItem arbiter#all=slow',
  ])('%s', async (fault) => {
    expect((await liveGate({ seed: 2, planned: [fault] })).violations).toEqual([]);
  });
});

describe('what is planted is found', () => {
  test.each(Object.entries(plants))('%s', async (_, plant) => {
    const found: string[] = [];
    for (let seed = 1; seed <= 5 && found.length === 0; seed += 1) found.push(...(await liveGate({ seed, plant })).violations);
    expect(found[0]).toMatch(/^two signatures left for height/);
  });
});
