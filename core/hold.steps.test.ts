import { describe, expect, test } from 'vitest';
import { amber, birch, fencing, leaseOf, t } from '../test/support/core.ts';
import { maySign, newHold, onDeadline, onRead, onRelinquished, onUnproven, type HoldState, type HoldStep } from './hold.ts';
import type { Lease } from './lease.ts';
import { durationMs, steadyMs } from './time.ts';

/** Each step of the guard, whole: the state after it, what the gate does, what is owed, and the sentence in the journal. */

const timing = { leaseMs: durationMs(15_000), stopMs: durationMs(3_000) };
const nothing: HoldState = { node: amber, floor: 2, relinquished: 1, term: null, deadlineMs: null };
const holding: HoldState = { node: amber, floor: 2, relinquished: 1, term: t(2), deadlineMs: steadyMs(13_000) };
const read = (state: HoldState, lease: Lease | undefined, sentMs = 5_000): HoldStep => onRead(state, { sentMs: steadyMs(sentMs), lease }, timing);

describe('a new hold', () => {
  test('holds nothing and knows its floor', () => {
    expect(newHold(amber, { relinquished: 1, floor: 2 })).toStrictEqual(nothing);
  });
  test('has a floor no lower than the term it gave up', () => {
    expect(newHold(amber, { relinquished: 5, floor: 2 })).toStrictEqual({ ...nothing, relinquished: 5, floor: 5 });
  });
});

describe('one read, whole', () => {
  test.each<[string, HoldState, Lease | undefined, HoldStep]>([
    [
      'no lease, while holding: closes',
      holding,
      undefined,
      {
        state: nothing,
        action: 'close',
        relinquish: null,
        sentence: 'There is no lease: nobody may sign.',
      },
    ],
    [
      'no lease, while holding nothing: stays closed',
      nothing,
      undefined,
      {
        state: nothing,
        action: 'stay-closed',
        relinquish: null,
        sentence: 'There is no lease: nobody may sign.',
      },
    ],
    [
      'an older term: thrown away',
      holding,
      leaseOf({ term: t(1) }),
      { state: holding, action: 'ignore', relinquish: null, sentence: 'A read of term 1 is older than term 2.' },
    ],
    [
      'the term it holds: goes on, with a later deadline',
      holding,
      leaseOf({ term: t(2) }),
      { state: { ...holding, deadlineMs: steadyMs(17_000) }, action: 'keep', relinquish: null, sentence: 'Holds term 2.' },
    ],
    [
      'a later term of its own: closes first and opens at the next read',
      holding,
      leaseOf({ term: t(3), phase: 'RELEASED' }),
      {
        state: { ...nothing, floor: 3 },
        action: 'close',
        relinquish: null,
        sentence: 'Term 3 is newer than the one held: closes first, then opens for it.',
      },
    ],
    [
      'a term of its own, while holding nothing: opens',
      nothing,
      leaseOf({ term: t(3), phase: 'RELEASED' }),
      {
        state: { ...holding, floor: 3, term: t(3), deadlineMs: steadyMs(17_000) },
        action: 'open',
        relinquish: null,
        sentence: 'May sign in term 3.',
      },
    ],
    [
      'FENCING, while holding: closes and owes the term',
      holding,
      fencing({ term: t(3) }),
      { state: { ...nothing, floor: 3 }, action: 'close', relinquish: t(3), sentence: 'May not sign: term 3 fences this node.' },
    ],
    [
      'FENCED, while holding nothing: owes the term',
      nothing,
      fencing({ term: t(3), phase: 'FENCED' }),
      { state: { ...nothing, floor: 3 }, action: 'stay-closed', relinquish: t(3), sentence: 'May not sign: term 3 fences this node.' },
    ],
    [
      'FENCING of the term it gave up already: owes nothing',
      { ...nothing, relinquished: 3 },
      fencing({ term: t(3) }),
      {
        state: { ...nothing, relinquished: 3, floor: 3 },
        action: 'stay-closed',
        relinquish: null,
        sentence: `May not sign: ${amber} is the recorded active of term 3 (FENCING).`,
      },
    ],
    [
      'FENCING of another node: owes nothing',
      nothing,
      fencing({ term: t(3), holder: birch }),
      {
        state: { ...nothing, floor: 3 },
        action: 'stay-closed',
        relinquish: null,
        sentence: `May not sign: ${birch} is the recorded active of term 3 (FENCING).`,
      },
    ],
    [
      'another holder, while holding: closes',
      holding,
      leaseOf({ term: t(2), holder: birch }),
      { state: nothing, action: 'close', relinquish: null, sentence: `May not sign: ${birch} is the recorded active of term 2 (HELD).` },
    ],
    [
      'its own term, given up: stays closed and owes nothing',
      { ...nothing, relinquished: 2 },
      leaseOf({ term: t(2) }),
      {
        state: { ...nothing, relinquished: 2 },
        action: 'stay-closed',
        relinquish: null,
        sentence: `May not sign: ${amber} is the recorded active of term 2 (HELD).`,
      },
    ],
  ])('%s', (_, state, lease, expected) => {
    expect(read(state, lease)).toStrictEqual(expected);
  });
  test('the deadline never moves back', () => {
    expect(read(holding, leaseOf({ term: t(2) }), 500).state.deadlineMs).toBe(13_000);
  });
});

describe('the gate', () => {
  test('is open before the deadline and shut at it', () => {
    expect(maySign(holding, steadyMs(12_999))).toBe(true);
    expect(maySign(holding, steadyMs(13_000))).toBe(false);
  });
  test('is shut without a term or without a deadline, whatever the clock says', () => {
    expect(maySign({ ...holding, term: null }, steadyMs(0))).toBe(false);
    expect(maySign({ ...holding, deadlineMs: null }, steadyMs(-1))).toBe(false);
  });
});

describe('at the deadline', () => {
  test('without a term it stays closed', () => {
    expect(onDeadline(nothing, steadyMs(0))).toStrictEqual({ state: nothing, action: 'stay-closed', relinquish: null, sentence: 'Holds nothing.' });
  });
  test('before it, goes on', () => {
    expect(onDeadline(holding, steadyMs(12_999))).toStrictEqual({ state: holding, action: 'keep', relinquish: null, sentence: 'Holds term 2.' });
  });
  test('when it has passed, closes and owes nothing: no later term was seen', () => {
    expect(onDeadline(holding, steadyMs(13_000))).toStrictEqual({
      state: nothing,
      action: 'close',
      relinquish: null,
      sentence: 'The lease could not be read in time: closes term 2.',
    });
  });
});

test('a guard that is not proven to be the only one closes what it holds, and owes nothing', () => {
  const why = 'No report was acknowledged in time.';
  expect(onUnproven(holding, why)).toStrictEqual({ state: nothing, action: 'close', relinquish: null, sentence: why });
  expect(onUnproven(nothing, why)).toStrictEqual({ state: nothing, action: 'stay-closed', relinquish: null, sentence: why });
});

test('a relinquish raises the floor and what was given up, and lowers neither', () => {
  expect(onRelinquished(nothing, t(3))).toStrictEqual({ ...nothing, relinquished: 3, floor: 3 });
  expect(onRelinquished({ ...nothing, relinquished: 5, floor: 6 }, t(3))).toStrictEqual({ ...nothing, relinquished: 5, floor: 6 });
});
