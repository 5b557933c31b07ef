import { describe, expect, test } from 'vitest';
import { judge, lineOf, type Line } from '../../bench/failover/judge.ts';

/** The judge must see what it is there for. */

const lines = (node: string, fromMs: number, toMs: number): Line[] =>
  Array.from({ length: (toMs - fromMs) / 100 + 1 }, (_, at) => ({ atMs: fromMs + at * 100, node, height: (fromMs + at * 100) / 100 }));
const of = { active: 'amber', faultMs: 1_050, endMs: 9_050 };

describe('the judge', () => {
  test('a clean change of hands has its gap and nothing else', () => {
    expect(judge([...lines('amber', 0, 1_000), ...lines('birch', 3_500, 9_000)], of)).toEqual({
      downtimeMs: 2_500,
      overlapMs: 0,
      lateLines: 0,
      twice: 0,
      last: 'birch',
      tookOverMs: 3_500,
    });
  });
  test('one line of the old one after the first of the new one is late, though nothing overlaps for any time', () => {
    const found = judge([...lines('amber', 0, 1_000), ...lines('birch', 3_500, 9_000), { atMs: 5_020, node: 'amber', height: 50 }], of);
    expect(found).toMatchObject({ lateLines: 1, overlapMs: 0, twice: 1 });
  });
  test('a line that was written late for an earlier tick is late too, and not twice', () => {
    const found = judge([...lines('amber', 0, 1_000), ...lines('birch', 3_500, 9_000), { atMs: 5_020, node: 'amber', height: 11 }], of);
    expect(found).toMatchObject({ lateLines: 1, twice: 0 });
  });
  test('both for a while', () => {
    const found = judge([...lines('amber', 0, 5_000), ...lines('birch', 3_500, 9_000)], of);
    expect(found).toMatchObject({ downtimeMs: 100, overlapMs: 1_500, lateLines: 15, twice: 16 });
  });
  test('whoever hands back and stays away is not late', () => {
    expect(judge([...lines('amber', 0, 1_000), ...lines('birch', 3_500, 5_000), ...lines('amber', 5_100, 9_000)], of)).toMatchObject({
      lateLines: 0,
      last: 'amber',
    });
  });
  test('the longest gap counts, not the first', () => {
    expect(judge([...lines('amber', 0, 1_000), ...lines('birch', 1_500, 2_000), ...lines('birch', 4_000, 9_000)], of).downtimeMs).toBe(2_000);
  });
  test('a gap before the fault is none of its', () => {
    expect(judge([...lines('amber', 0, 100), ...lines('amber', 900, 9_000)], { ...of, faultMs: 2_000 }).downtimeMs).toBe(100);
  });
  test('nobody signs again', () => {
    expect(judge(lines('amber', 0, 1_000), of)).toMatchObject({ downtimeMs: null, last: null, tookOverMs: null });
    expect(judge([...lines('amber', 0, 1_000), ...lines('birch', 3_500, 3_600)], of).downtimeMs).toBe(null);
  });
  test('reads lines, and nothing else', () => {
    expect(lineOf('1795981944908 birch 17959819449')).toEqual({ atMs: 1_795_981_944_908, node: 'birch', height: 17_959_819_449 });
    for (const torn of ['', '1795981944908 birch', '1795981944908 birch 1795x', 'birch 1 2']) expect(lineOf(torn)).toBe(null);
  });
});
