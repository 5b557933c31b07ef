import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compare,
  covers,
  dutyOf,
  endOf,
  floorAfter,
  heightOf,
  highest,
  judgeDuty,
  markWord,
  soundMark,
  watermarkAfter,
  type Duty,
  type LastDuty,
  type Watermark,
} from './watermark.ts';

const at = (height: number, round: number, step: number): Watermark => ({ kind: 'consensus', height, round, step });
const consensus: Duty = { kind: 'consensus' };
const slots: Duty = { kind: 'slot' };
const slot = (value: number): Watermark => ({ kind: 'slot', slot: value });

test.each([
  [at(5, 0, 1), at(5, 0, 1), 0],
  [at(5, 0, 1), at(5, 0, 2), -1],
  [at(5, 1, 1), at(5, 0, 3), 1],
  [at(6, 0, 1), at(5, 9, 3), 1],
  [slot(4), slot(5), -1],
  [slot(5), slot(5), 0],
] as const)('compare %j and %j is %i', (a, b, expected) => {
  expect(compare(a, b)).toBe(expected);
});

test('watermarks of two kinds have no order', () => {
  expect(() => compare(at(1, 0, 0), slot(1))).toThrow(new RangeError('a consensus watermark cannot be compared with a slot one'));
});

test('compare is a total order, as that of the digits written in a row', () => {
  const digits = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3));
  fc.assert(
    fc.property(digits, digits, (a, b) => {
      const expected = Math.sign(Number(a.join('')) - Number(b.join('')));
      expect(compare(at(...a), at(...b))).toBe(expected);
      expect(compare(at(...b), at(...a))).toBe(0 - expected);
    }),
  );
});

test('highest never falls', () => {
  const mark = slot(3);
  expect(highest(mark, slot(3))).toBe(mark);
  expect(highest(at(5, 0, 1), at(4, 3, 3))).toEqual(at(5, 0, 1));
  expect(highest(at(4, 3, 3), at(5, 0, 1))).toEqual(at(5, 0, 1));
  expect(highest(null, slot(3))).toEqual(slot(3));
  expect(highest(slot(3), null)).toEqual(slot(3));
  expect(highest(null, null)).toBe(null);
});

describe('the floor of the next holder', () => {
  test('is exact when the proof carries it', () => {
    expect(watermarkAfter({ duty: consensus, evidence: { watermark: at(7, 1, 2) }, head: 9, margin: 2 })).toEqual(at(7, 1, 2));
  });
  test('is the head and a margin, at its last round and step, when it does not', () => {
    expect(watermarkAfter({ duty: consensus, evidence: {}, head: 9, margin: 2 })).toEqual(at(11, 2_147_483_647, 3));
    expect(watermarkAfter({ duty: slots, evidence: {}, head: 9, margin: 2 })).toEqual(slot(11));
    expect(watermarkAfter({ duty: slots, evidence: { watermark: at(7, 1, 2) }, head: 0, margin: 2 })).toEqual(slot(2));
  });
  test('is unknown without either', () => {
    expect(watermarkAfter({ duty: consensus, evidence: {}, head: null, margin: 2 })).toBe(null);
    expect(watermarkAfter({ duty: consensus, evidence: { watermark: slot(3) }, head: null, margin: 2 })).toBe(null);
    expect(watermarkAfter({ duty: consensus, evidence: {}, head: Number.NaN, margin: 2 })).toBe(null);
    expect(watermarkAfter({ duty: consensus, evidence: {}, head: -1, margin: 2 })).toBe(null);
    expect(watermarkAfter({ duty: slots, evidence: {}, head: Number.MAX_SAFE_INTEGER - 1, margin: 2 })).toBe(null);
  });
  describe('when the vantages lag', () => {
    const after = (head: number | null, heights: (number | null | undefined)[], duty: Duty = slots) =>
      watermarkAfter({ duty, evidence: {}, head, margin: 2, nodes: { heights, maxLag: 5 } });
    test.each<[string, number, (number | null | undefined)[], number]>([
      ['nodes that know no more change nothing', 100, [100, 7], 102],
      ['nodes that cannot tell change nothing', 100, [null, undefined], 102],
      ['a node that has seen more is believed', 100, [103, null], 105],
      ['so is the further of two', 100, [101, 104], 106],
      ['as far as honest views lie apart', 100, [105, 0], 107],
    ])('%s', (_, head, heights, slotReached) => {
      expect(after(head, heights)).toEqual(slot(slotReached));
      expect(after(head, heights, consensus)).toEqual(at(slotReached, 2_147_483_647, 3));
    });
    test('too far ahead of them is unknown: it is neither left out nor followed', () => {
      expect(after(100, [106])).toBe(null);
      expect(after(100, [null, Number.MAX_SAFE_INTEGER])).toBe(null);
    });
    test('no head is no head, whatever nodes say', () => {
      expect(after(null, [103])).toBe(null);
    });
    test('an exact last duty needs neither', () => {
      const exact = { duty: slots, evidence: { watermark: slot(7) }, head: 9, margin: 2, nodes: { heights: [1_000], maxLag: 5 } } as const;
      expect(watermarkAfter(exact)).toEqual(slot(7));
    });
    test('the floor is above everything that any honest node has seen, or there is none', () => {
      const height = fc.nat({ max: 1_000 });
      fc.assert(
        fc.property(height, height, height, fc.nat({ max: 50 }), fc.integer({ min: 1, max: 50 }), (head, one, other, maxLag, margin) => {
          const floor = watermarkAfter({ duty: slots, evidence: {}, head, margin, nodes: { heights: [one, other], maxLag } });
          expect(floor === null).toBe(Math.max(one, other) > head + maxLag);
          if (floor) expect(heightOf(floor)).toBe(Math.max(head, one, other) + margin);
        }),
      );
    });
  });
});

describe('one duty', () => {
  const duty = (height: number, round: number, step: number, content = 'a'): LastDuty => ({ watermark: at(height, round, step), content });
  test.each([
    ['a higher one is signed', duty(5, 0, 1), null, duty(5, 0, 2), 'sign'],
    ['the same again is repeated', duty(5, 0, 2), null, duty(5, 0, 2), 'repeat'],
    ['the same with other content is refused', duty(5, 0, 2), null, duty(5, 0, 2, 'b'), 'refuse'],
    ['a lower step is refused', duty(5, 0, 2), null, duty(5, 0, 1), 'refuse'],
    ['a lower round is refused', duty(5, 1, 1), null, duty(5, 0, 3), 'refuse'],
    ['a lower height is refused', duty(5, 0, 1), null, duty(4, 9, 3), 'refuse'],
    ['the floor itself is refused', null, at(5, 0, 2), duty(5, 0, 2), 'refuse'],
    ['below the floor is refused', null, at(5, 0, 2), duty(5, 0, 1), 'refuse'],
    ['above the floor is signed', null, at(5, 0, 2), duty(5, 0, 3), 'sign'],
    ['above the last one but at the floor is refused', duty(5, 0, 1), at(5, 0, 3), duty(5, 0, 3), 'refuse'],
    ['above the last one and the floor is signed', duty(5, 0, 1), at(5, 0, 2), duty(5, 0, 3), 'sign'],
    ['the last one again is repeated below a floor too', duty(5, 0, 2), at(6, 0, 3), duty(5, 0, 2), 'repeat'],
    ['the first ever is signed', null, null, duty(1, 0, 1), 'sign'],
  ] as const)('%s', (_, last, floor, next, expected) => {
    expect(judgeDuty({ last, floor, duty: next })).toBe(expected);
  });
  test('no two contents are ever signed for one watermark', () => {
    const duties = fc.array(
      fc.record({
        h: fc.integer({ min: 1, max: 3 }),
        r: fc.integer({ min: 0, max: 1 }),
        s: fc.integer({ min: 1, max: 3 }),
        c: fc.constantFrom('a', 'b'),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(duties, (list) => {
        const signed = new Map<string, string>();
        let last: LastDuty | null = null;
        for (const { h, r, s, c } of list) {
          const next = duty(h, r, s, c);
          const verdict = judgeDuty({ last, floor: null, duty: next });
          if (verdict === 'refuse') continue;
          const key = `${h}/${r}/${s}`;
          expect(signed.get(key) ?? c).toBe(c);
          signed.set(key, c);
          last = next;
        }
      }),
    );
  });
});

test('a mark counts heights or slots, by the chain', () => {
  expect([heightOf(at(7, 1, 2)), heightOf(slot(9))]).toEqual([7, 9]);
});

describe('the floor of a new term', () => {
  const of = { duty: consensus, evidence: {}, head: 9, margin: 2 } as const;
  test('is what may have been signed', () => {
    expect(floorAfter({ ...of, before: null })).toEqual(at(11, 2_147_483_647, 3));
    expect(floorAfter({ ...of, before: at(3, 0, 1) })).toEqual(at(11, 2_147_483_647, 3));
  });
  test('never falls below the one before', () => {
    expect(floorAfter({ ...of, before: at(12, 0, 1) })).toEqual(at(12, 0, 1));
    expect(floorAfter({ ...of, evidence: { watermark: at(7, 1, 2) }, before: at(12, 0, 1) })).toEqual(at(12, 0, 1));
  });
  test('is unknown when nobody knows what was signed, whatever the one before', () => {
    expect(floorAfter({ ...of, head: null, before: at(12, 0, 1) })).toBe(null);
  });
  test('does not compare heights with slots', () => {
    expect(() => floorAfter({ ...of, before: slot(3) })).toThrow(RangeError);
  });
});

test.each<[Watermark, string, string]>([
  [{ kind: 'consensus', height: 12, round: 1, step: 2 }, 'height 12, round 1, step 2', 'consensus-12-1-2'],
  [{ kind: 'slot', slot: 98 }, 'slot 98', 'slot-98'],
])('a duty in words, and as one', (mark, words, word) => {
  expect([dutyOf(mark), markWord(mark)]).toEqual([words, word]);
});

describe('the exact duty of a proof', () => {
  test('is what it says when nothing shows that the disk is old', () => {
    expect(soundMark({ mark: at(7, 1, 2), before: null, signedAbove: false })).toEqual(at(7, 1, 2));
    expect(soundMark({ mark: at(7, 1, 2), before: at(7, 1, 2), signedAbove: false })).toEqual(at(7, 1, 2));
    expect(soundMark({ mark: undefined, before: null, signedAbove: false })).toBe(undefined);
    expect(soundMark({ mark: undefined, before: at(7, 1, 2), signedAbove: false })).toBe(undefined);
  });
  test.each([
    ['the chain shows a later signature', null, true],
    ['nobody can tell what the chain shows', null, null],
    ['it lies below the floor of its own term', at(7, 1, 3), false],
    ['the floor is of another kind', slot(3), false],
  ])('is none when %s', (_, before, signedAbove) => {
    expect(soundMark({ mark: at(7, 1, 2), before, signedAbove })).toBe(undefined);
  });
  test('ends where a signature above would contradict it', () => {
    expect([endOf(at(7, 0, 1), consensus), endOf(at(7, 0, 2), consensus), endOf(at(7, 0, 3), consensus), endOf(slot(7), consensus)]).toEqual([
      6, 6, 7, 7,
    ]);
  });
});

describe('Ethereum: slot, source and target are apart', () => {
  const eth: Duty = { kind: 'eip3076', slotsPerEpoch: 32 };
  const mark = (slot: number, source: number, target: number): Watermark => ({ kind: 'eip3076', slot, source, target });
  test('one covers another when no part of it is lower', () => {
    expect(covers(mark(5, 3, 4), mark(5, 3, 4))).toBe(true);
    expect(covers(mark(6, 3, 4), mark(5, 3, 4))).toBe(true);
    expect(covers(mark(9, 3, 3), mark(5, 3, 4))).toBe(false);
    expect(covers(mark(9, 2, 9), mark(5, 3, 4))).toBe(false);
    expect(covers(mark(4, 9, 9), mark(5, 3, 4))).toBe(false);
    expect(() => covers(mark(1, 1, 1), slot(1))).toThrow(new RangeError('a eip3076 watermark cannot be compared with a slot one'));
  });
  test('the others cover what is not above them', () => {
    expect([covers(at(5, 0, 2), at(5, 0, 2)), covers(at(5, 0, 1), at(5, 0, 2)), covers(at(5, 1, 1), at(5, 0, 2))]).toEqual([true, false, true]);
    expect([covers(slot(5), slot(5)), covers(slot(4), slot(5))]).toEqual([true, false]);
  });
  test('they have no order', () => {
    expect(() => compare(mark(1, 1, 1), mark(1, 1, 1))).toThrow(new RangeError('two eip3076 watermarks have no order'));
  });
  test('the highest of two is that of each part', () => {
    expect(highest(mark(5, 3, 4), mark(9, 1, 2))).toEqual(mark(9, 3, 4));
    expect(highest(mark(5, 1, 4), mark(4, 3, 2))).toEqual(mark(5, 3, 4));
    expect(highest(mark(5, 3, 2), mark(4, 1, 4))).toEqual(mark(5, 3, 4));
    expect(highest(mark(5, 3, 4), mark(5, 3, 4))).toEqual(mark(5, 3, 4));
    expect(() => highest(mark(5, 3, 4), slot(1))).toThrow(RangeError);
  });
  test('from the head: an attestation in a slot is for its epoch, its source an epoch before, and the node may have been an epoch further', () => {
    expect(watermarkAfter({ duty: eth, evidence: {}, head: 61, margin: 2 })).toEqual(mark(63, 1, 2));
    expect(watermarkAfter({ duty: eth, evidence: {}, head: 62, margin: 2 })).toEqual(mark(64, 2, 3));
    expect(watermarkAfter({ duty: eth, evidence: { watermark: mark(7, 1, 2) }, head: 62, margin: 2 })).toEqual(mark(7, 1, 2));
    expect(watermarkAfter({ duty: eth, evidence: { watermark: slot(7) }, head: 62, margin: 2 })).toEqual(mark(64, 2, 3));
  });
  test('no duty up to that slot lies above the mark, whatever the epochs', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 64 }), fc.nat(10_000), fc.nat(400), (head, slotsPerEpoch, signedAt, back) => {
        fc.pre(signedAt <= head + 2);
        const floor = watermarkAfter({ duty: { kind: 'eip3076', slotsPerEpoch }, evidence: {}, head, margin: 2 });
        const target = Math.floor(signedAt / slotsPerEpoch);
        const signed = mark(signedAt, Math.max(0, target - 1 - back), target);
        expect(floor !== null && covers(floor, signed)).toBe(true);
      }),
    );
  });
  test('an attestation of its target may land in any slot of that epoch', () => {
    expect(endOf(mark(70, 1, 2), eth)).toBe(95);
    expect(endOf(mark(99, 1, 2), eth)).toBe(99);
    expect(endOf(mark(70, 1, 2), slots)).toBe(70);
    expect(endOf(slot(70), eth)).toBe(70);
  });
  test('in words, as one word, and by its slot', () => {
    expect(dutyOf(mark(70, 1, 2))).toBe('slot 70, source 1, target 2');
    expect(markWord(mark(70, 1, 2))).toBe('eip3076-70-1-2');
    expect(heightOf(mark(70, 1, 2))).toBe(70);
  });
  test('a mark below the floor of its own term in any part is none', () => {
    const of = (before: Watermark) => soundMark({ mark: mark(70, 1, 2), before, signedAbove: false });
    expect(of(mark(60, 1, 2))).toEqual(mark(70, 1, 2));
    expect(of(mark(60, 1, 3))).toBe(undefined);
    expect(of(mark(60, 2, 2))).toBe(undefined);
  });
});
