import { expect, test } from 'vitest';
import { birch, robin, run } from '../test/support/core.ts';
import { plannedMove, stillStands, toCome, type PlannedMove } from './planned.ts';
import { epochMs } from './time.ts';

const move: PlannedMove = { execution: run('one'), to: birch, notBeforeMs: 1_000, notAfterMs: 2_000, by: robin, reason: 'Upgrade.' };

test('the execution that was asked for may go on, and no other', () => {
  expect(stillStands(move, run('one'))).toBe(true);
  expect(stillStands(move, run('two'))).toBe(false);
  expect(stillStands({ ...move, cancelledBy: robin }, run('one'))).toBe(false);
  expect(stillStands(undefined, run('one'))).toBe(false);
});

test('a move is to come until its window ends', () => {
  expect(toCome(move, epochMs(0))).toBe(move);
  expect(toCome(move, epochMs(1_999))).toBe(move);
  expect(toCome(move, epochMs(2_000))).toBe(undefined);
  expect(toCome({ ...move, cancelledBy: robin }, epochMs(0))).toBe(undefined);
  expect(toCome(undefined, epochMs(0))).toBe(undefined);
});

test.each<[string, Record<string, unknown>, boolean]>([
  ['as it is', {}, true],
  ['cancelled', { cancelledBy: robin }, true],
  ['at the beginning of time', { notBeforeMs: 0, notAfterMs: 0 }, true],
  ['before it', { notBeforeMs: -1 }, false],
  ['ended before it', { notAfterMs: -1 }, false],
  ['within a millisecond', { notBeforeMs: 1.5 }, false],
  ['ended within one', { notAfterMs: 1.5 }, false],
  ['by nobody', { by: '' }, false],
  ['by a very long name', { by: 'x'.repeat(2_049) }, false],
  ['by a long name', { by: 'x'.repeat(2_048) }, true],
  ['without a reason', { reason: '' }, false],
  ['with a very long reason', { reason: 'x'.repeat(1_001) }, false],
  ['with a long reason', { reason: 'x'.repeat(1_000) }, true],
  ['cancelled by nobody', { cancelledBy: '' }, false],
  ['cancelled by a very long name', { cancelledBy: 'x'.repeat(2_049) }, false],
  ['cancelled by a long name', { cancelledBy: 'x'.repeat(2_048) }, true],
  ['with another field', { colour: 'red' }, false],
])('a record %s', (_, of, accepted) => {
  expect(plannedMove.safeParse({ ...move, ...of }).success).toBe(accepted);
});
