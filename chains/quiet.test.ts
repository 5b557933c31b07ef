import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestWindow, windowsBetween } from './quiet.ts';

const of = { head: 100, within: 1_000, enough: 300 };

describe('the best window', () => {
  test.each<[string, [number, number][], { start: number; end: number } | null]>([
    ['is none of none', [], null],
    [
      'is none that is over, empty, or begins too late',
      [
        [0, 100],
        [200, 200],
        [1_101, 2_000],
      ],
      null,
    ],
    [
      'is the one that is open, when it is long enough',
      [
        [50, 400],
        [500, 5_000],
      ],
      { start: 100, end: 400 },
    ],
    [
      'is the longer one that comes',
      [
        [50, 160],
        [200, 400],
      ],
      { start: 200, end: 400 },
    ],
    [
      'is the open one of two, as long as it is little shorter',
      [
        [50, 275],
        [400, 600],
      ],
      { start: 100, end: 275 },
    ],
    [
      'is the earlier of two that are enough',
      [
        [800, 2_000],
        [300, 600],
      ],
      { start: 300, end: 600 },
    ],
    [
      'is the longest of those that are too short',
      [
        [300, 330],
        [400, 450],
        [500, 549],
      ],
      { start: 400, end: 450 },
    ],
    ['may begin with the last slot that is near', [[1_100, 1_200]], { start: 1_100, end: 1_200 }],
  ])('%s', (_, windows, best) => {
    expect(
      bestWindow(
        windows.map(([start, end]) => ({ start, end })),
        of,
      ),
    ).toEqual(best);
  });
  test('stays the best when it is reached', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 25 }), (pairs, late) => {
        let at = 100;
        const windows = pairs.map(([length, busy]) => {
          const window = { start: at, end: at + length };
          at = window.end + busy;
          return window;
        });
        const chosen = bestWindow(windows, of);
        if (chosen === null || chosen.start === of.head || chosen.end <= chosen.start + late) return;
        const head = chosen.start + late;
        const then = bestWindow(windows, { ...of, head, within: of.within - (head - of.head) });
        expect(then?.start).toBe(head);
      }),
    );
  });
});

describe('what lies between leader slots', () => {
  test.each<[number[], [number, number][]]>([
    [[], [[100, 200]]],
    [[100, 101, 102, 103], [[104, 200]]],
    [
      [99, 120, 121, 122, 123, 160, 199, 200],
      [
        [100, 120],
        [124, 160],
        [161, 199],
      ],
    ],
    [
      [160, 120],
      [
        [100, 120],
        [121, 160],
        [161, 200],
      ],
    ],
  ])('%j', (due, windows) => {
    expect(windowsBetween(due, { head: 100, end: 200 }).map(({ start, end }) => [start, end])).toEqual(windows);
  });
});
