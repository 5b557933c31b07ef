import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { robin, v } from '../test/support/core.ts';
import { clearance, fenceOnly, frozenBy, suspicions, withClear, withSuspicion, type BreakerRecord, type Seen } from './breaker.ts';
import type { ValidatorId } from './ids.ts';

const none: BreakerRecord = { suspicions: undefined, clearance: undefined };
const two: Seen = { kind: 'two-signers', validator: v, what: 'Both say so.', by: 'survey', atMs: 0 };
const slashed: Seen = { ...two, kind: 'slashed', what: 'Block 9.', by: 'watch home' };
const hub2 = 'hub-2' as ValidatorId;
const suspecting = (record: BreakerRecord, seen: Seen): BreakerRecord => ({
  ...record,
  suspicions: withSuspicion(record, seen) ?? record.suspicions,
});
const cleared = (record: BreakerRecord, through: number): BreakerRecord => ({
  ...record,
  clearance: withClear(record, { through, by: robin, reason: 'Looked.', atMs: 5 }),
});

describe('the breaker', () => {
  test('is closed before anything was suspected', () => {
    expect(frozenBy(none)).toBe(null);
  });
  test('a suspicion freezes, and says what, where and who', () => {
    expect(frozenBy(suspecting(none, two))).toEqual({
      open: [{ ...two, number: 1 }],
      last: 1,
      sentence: 'The fleet is frozen: 1. hub-1: Both say so. (survey, 1970-01-01 00:00:00 UTC)',
    });
  });
  test('the same is told once, until it is cleared; another is added', () => {
    const one = suspecting(none, two);
    expect(withSuspicion(one, { ...two, what: 'Still.', atMs: 9 })).toBe(null);
    expect(frozenBy(suspecting(one, slashed))?.open.map(({ number }) => number)).toEqual([1, 2]);
    expect(frozenBy(suspecting(one, { ...two, validator: hub2 }))?.last).toBe(2);
    expect(frozenBy(suspecting(cleared(one, 1), two))).toMatchObject({ last: 2, open: [{ number: 2 }] });
  });
  test('a clearance ends what it names, and nothing that came after', () => {
    const one = suspecting(none, two);
    expect(frozenBy(cleared(one, 1))).toBe(null);
    expect(frozenBy(cleared(suspecting(one, slashed), 1))).toMatchObject({ last: 2, open: [{ kind: 'slashed', number: 2 }] });
  });
  test.each([
    ['a clearance of what is not there', { ...cleared(none, 3) }],
    ['a clearance above the newest', cleared(suspecting(none, two), 2)],
  ])('%s is frozen, and nothing that a clearance could name', (_, record) => {
    expect(frozenBy(record)).toMatchObject({ open: [], last: null });
    const [through, last] = [record.clearance?.through ?? 0, record.suspicions?.last ?? 0];
    expect(frozenBy(record)?.sentence).toBe(
      `The record of the breaker cannot be used: suspicion ${through} was cleared and ${last} is the newest. ` +
        'Nobody is released while nobody knows what was suspected.',
    );
  });
  test('a record whose newest is not the last of those found is none', () => {
    const one = { ...two, number: 1 };
    expect(suspicions.safeParse({ last: 1, found: [one] }).success).toBe(true);
    expect(suspicions.safeParse({ last: 2, found: [one] }).success).toBe(false);
    expect(suspicions.safeParse({ last: 1, found: [] }).success).toBe(false);
  });
  test('after a record was lost, a new suspicion is above what was cleared', () => {
    expect(frozenBy(suspecting(cleared(none, 3), two))).toMatchObject({ last: 4, open: [{ number: 4 }] });
  });
  test('no sequence of suspicions and clearances of older ones ends in closed while something is open', () => {
    const step = fc.oneof(
      fc.record({ validator: fc.constantFrom(v, hub2), kind: fc.constantFrom('two-signers' as const, 'slashed' as const) }),
      fc.constant('clear' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let record = none;
        const open = new Set<string>();
        for (const one of steps) {
          if (one === 'clear') {
            const last = frozenBy(record)?.last ?? null;
            if (last !== null) record = cleared(record, last);
            open.clear();
          } else {
            record = suspecting(record, { ...two, ...one });
            open.add(`${one.kind} ${one.validator}`);
          }
          expect(frozenBy(record)?.open.length ?? 0).toBe(open.size);
          if (record.suspicions) suspicions.parse(record.suspicions);
          if (record.clearance) clearance.parse(record.clearance);
        }
      }),
    );
  });
  test('the kept records are bounded', () => {
    let record = none;
    for (let index = 1; index <= 30; index += 1) record = cleared(suspecting(record, two), index);
    expect([record.suspicions?.found.length, record.clearance?.history.length, record.suspicions?.found[0]?.number]).toEqual([20, 20, 11]);
  });
});

describe('a term that is taken although the fleet is frozen', () => {
  const frozen = frozenBy(suspecting(none, two)) ?? expect.fail();
  test.each([
    ['by a person, where two sign', frozen, v, true, true],
    ['by the watch', frozen, v, false, false],
    ['of another validator', frozen, hub2, true, false],
    ['of one that was slashed', frozenBy(suspecting(none, slashed)) ?? expect.fail(), v, true, false],
    ['while nobody can read why', { open: [], last: null, sentence: '' }, v, true, false],
  ])('%s', (_, by, validator, byHand, expected) => {
    expect(fenceOnly(by, { validator, byHand })).toBe(expected);
  });
});
