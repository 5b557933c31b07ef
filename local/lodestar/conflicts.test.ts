import { describe, expect, test } from 'vitest';
import { conflictsIn, type Published } from './conflicts.ts';

const vote = (source: number, target: number, data: string, of: { validator?: number; by?: string } = {}): Published => ({
  kind: 'vote',
  by: of.by ?? 'amber',
  validator: of.validator ?? 8,
  slot: target * 8,
  source,
  target,
  data,
});
const block = (slot: number, data: string, validator = 8): Published => ({ kind: 'block', by: 'birch', validator, slot, data });
const kinds = (...all: Published[]): string[] => conflictsIn(all).map(({ kind }) => kind);

describe('what was published', () => {
  test('conflicts', () => {
    expect(kinds(vote(1, 3, 'a'), vote(1, 3, 'b'))).toEqual(['double vote']);
    expect(kinds(vote(1, 3, 'a'), vote(2, 3, 'b'))).toEqual(['double vote']);
    expect(kinds(vote(1, 5, 'a'), vote(2, 4, 'b'))).toEqual(['surround']);
    expect(kinds(vote(2, 4, 'a'), vote(1, 5, 'b'))).toEqual(['surround']);
    expect(kinds(block(7, 'a'), block(7, 'b'))).toEqual(['two blocks']);
    expect(kinds(vote(1, 3, 'a'), vote(1, 3, 'b'), vote(1, 3, 'c'))).toHaveLength(3);
  });
  test('does not', () => {
    expect(kinds(vote(1, 3, 'a'), vote(1, 3, 'a', { by: 'birch' }))).toEqual([]);
    expect(kinds(vote(1, 3, 'a'), vote(1, 3, 'b', { validator: 9 }))).toEqual([]);
    expect(kinds(vote(1, 3, 'a'), vote(1, 4, 'b'), vote(3, 5, 'c'))).toEqual([]);
    expect(kinds(block(7, 'a'), block(8, 'b'), block(7, 'b', 9))).toEqual([]);
    expect(kinds(block(24, 'a'), vote(1, 3, 'b'))).toEqual([]);
  });
  test('is told with who published it', () => {
    expect(conflictsIn([vote(1, 3, 'a'), vote(1, 3, 'b', { by: 'birch' })])).toEqual([
      { kind: 'double vote', validator: 8, sentence: 'double vote of validator 8: slot 24 by amber, slot 24 by birch' },
    ]);
  });
});
