import { expect, test } from 'vitest';
import { assumedArbiter } from '../../bench/gate/arbiters.ts';
import { measureRate, roundOf } from '../../bench/gate/rate.ts';
import { claimOf } from '../../core/gate.ts';
import { durationMs, steadyMs } from '../../core/time.ts';
import { amber, attempt, birch, v } from '../support/core.ts';

/** The arithmetic of bench/gate. */

test('a round counts what was signed in the time that it took', () => {
  expect(roundOf([4, 1, 3, 2], 500, { late: 2 })).toEqual({ perSecond: 8, p50Ms: 3, p99Ms: 4, signatures: 4, refused: { late: 2 } });
  expect(roundOf([], 0)).toEqual({ perSecond: 0, p50Ms: 0, p99Ms: 0, signatures: 0, refused: {} });
});

test('each key signs one duty after the other, and what is refused is no signature', async () => {
  let nowMs = 0;
  const asked: number[] = [];
  const underWay = new Set<number>();
  const idle = Array.from({ length: 70 }, (_, key) => key);
  const round = await measureRate({
    idle,
    lengthMs: durationMs(100),
    clock: { steadyMs: () => steadyMs(nowMs) },
    sign: async (key) => {
      expect(underWay.has(key)).toBe(false);
      underWay.add(key);
      asked.push(key);
      await Promise.resolve();
      nowMs += 1;
      underWay.delete(key);
      return key === 3 ? 'no' : null;
    },
  });
  expect(new Set(asked).size).toBe(70);
  expect(asked.slice(0, 3)).toEqual([0, 1, 2]);
  expect(idle.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 70 }, (_, key) => key));
  expect(round.signatures + (round.refused['no'] ?? 0)).toBe(asked.length);
  expect(round.refused['no']).toBe(asked.filter((key) => key === 3).length);
});

test('the arbiter with an assumed latency waits, counts, and gives one duty away once', async () => {
  const slept: number[] = [];
  const arbiter = assumedArbiter({ sleep: async (lengthMs) => void slept.push(lengthMs) }, durationMs(5));
  await arbiter.open({ validator: v, attempt: attempt('open'), floor: { kind: 'slot', slot: 1 } });
  const claim = (node: typeof amber, content: string) =>
    claimOf({ validator: v, node, duty: { kind: 'slot', slot: 2 }, claimed: { content: content.repeat(64), signature: 'QQ==', time: null } });
  const signal = new AbortController().signal;
  const outcomes = [
    await arbiter.claim(claim(amber, 'a'), signal),
    await arbiter.claim(claim(birch, 'a'), signal),
    await arbiter.claim(claim(birch, 'b'), signal),
  ];
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['won', 'repeat', 'refused']);
  expect(slept).toEqual([5, 5, 5]);
  expect(await arbiter.counted()).toEqual({ writes: 3, reads: 0 });
  expect(await arbiter.counted()).toEqual({ writes: 0, reads: 0 });
});
