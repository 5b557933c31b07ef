import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amber, birch, leaseOf, reportOf, t } from '../test/support/core.ts';
import type { NodeReport } from './report.ts';
import { durationMs, steadyMs } from './time.ts';
import {
  continues,
  hasEnded,
  isProven,
  isStated,
  lostRecord,
  lostTermOf,
  newWriter,
  nextSequence,
  onAcknowledged,
  onRefused,
  onSeen,
  onSent,
  overOf,
  standsOn,
  whyNotWrite,
  type Now,
  type WriterState,
} from './writer.ts';

const [me, other] = ['a'.repeat(32), 'b'.repeat(32)];
const held = { leaseMs: durationMs(15_000), stopMs: durationMs(3_000), timed: true };
const timing = { drift: 0.05, marginMs: durationMs(2_000) };
const at = steadyMs;
const stored = (of: Partial<NodeReport> = {}): NodeReport => reportOf({ writer: other, sequence: 7, after: 6, ...of });
const own = (sequence: number, after: number): NodeReport => reportOf({ writer: me, sequence, after });
const nowAt = (ms: number, of: Partial<Now> = {}): Now => ({
  nowMs: at(ms),
  timing,
  seldomMs: durationMs(30_000),
  lease: leaseOf(),
  ended: false,
  ...of,
});
const seenAt = (ms: number, report: NodeReport | undefined): WriterState => onSeen(newWriter(me), report, at(ms));
const ack = (state: WriterState, report: NodeReport, sentMs: number): WriterState =>
  onAcknowledged(onSent(state, report.sequence), report, { ...held, sentMs: at(sentMs) });

describe('a guard that starts', () => {
  test('writes where there is no item, and nothing before it has looked', () => {
    expect(whyNotWrite(newWriter(me), nowAt(0))).toBe('What this node said last is not known yet.');
    expect(whyNotWrite(seenAt(0, undefined), nowAt(0))).toBe(null);
  });
  test('waits until the report has stood still for the lease, the drift of two clocks and the margin', () => {
    const state = seenAt(1_000, stored());
    // 15,000 × 1.05 ÷ 0.95 + 2,000.
    expect(whyNotWrite(state, nowAt(1_000 + 18_578))).toBe(
      'Waits until the guard that wrote before is surely closed: its report must stand still for 18579 ms.',
    );
    expect(whyNotWrite(state, nowAt(1_000 + 18_579))).toBe(null);
  });
  test.each<[string, Partial<NodeReport>, boolean]>([
    ['has declared no term', { armedTerm: undefined }, true],
    ['has given up the term that it declared', { armedTerm: t(3), relinquished: { term: t(3), watermark: null } }, true],
    ['has given up a later term', { armedTerm: t(3), relinquished: { term: t(4), watermark: null } }, true],
    ['has given up an earlier term alone', { armedTerm: t(3), relinquished: { term: t(2), watermark: null } }, false],
  ])('longer where that guard %s: it may live, and reports seldom', (_, of, longer) => {
    // 30,000 × 1.05 ÷ 0.95 + 2,000.
    const neededMs = longer ? 35_158 : 18_579;
    const state = seenAt(0, stored(of));
    expect(whyNotWrite(state, nowAt(neededMs - 1))).toContain(`stand still for ${neededMs} ms`);
    expect(whyNotWrite(state, nowAt(neededMs))).toBe(null);
    expect(whyNotWrite(state, nowAt(18_578, { seldomMs: durationMs(1_000) }))).toContain('stand still for 18579 ms');
    expect(whyNotWrite(state, nowAt(18_579, { seldomMs: durationMs(1_000) }))).toBe(null);
  });
  test('by the lease that the report declares, not by its own', () => {
    expect(whyNotWrite(seenAt(0, stored({ leaseMs: 60_000 })), nowAt(60_000))).toContain('68316 ms');
  });
  test('begins to wait anew when the report moves, by number or by writer', () => {
    const state = seenAt(0, stored());
    expect(onSeen(state, stored(), at(9_000)).seen?.sinceMs).toBe(0);
    expect(onSeen(state, stored({ sequence: 8 }), at(9_000)).seen?.sinceMs).toBe(9_000);
    expect(onSeen(state, stored({ writer: me }), at(9_000)).seen?.sinceMs).toBe(9_000);
    expect(onRefused(state, stored({ sequence: 8 }), at(9_000))).toMatchObject({ mode: 'new', seen: { sinceMs: 9_000 } });
  });
  test('takes over at once what has ended here', () => {
    expect(whyNotWrite(seenAt(0, stored()), nowAt(0, { ended: true }))).toBe(null);
  });
  test('never by silence from a guard that signs on through an outage, until another node has held a later term', () => {
    const state = seenAt(0, stored({ armed: false, armedTerm: t(3) }));
    const by = (lease: Now['lease']) => whyNotWrite(state, nowAt(1e9, { lease }));
    const later = leaseOf({ holder: birch, term: t(4) });
    expect(by(undefined)).toContain('NodeUnproven');
    expect(by(leaseOf({ holder: amber, term: t(4) }))).toContain(
      `until another node has held a term after 3, or a person states the end of ${other} here`,
    );
    expect(by({ ...later, phase: 'FENCING' })).toContain('NodeUnproven');
    expect(by({ ...later, term: t(3) })).toContain('NodeUnproven');
    expect(by(later)).toBe(null);
    expect(by({ ...later, phase: 'RELEASED' })).toBe(null);
    expect(whyNotWrite(seenAt(0, stored({ armed: false, armedTerm: t(3), relinquished: { term: t(3), watermark: null } })), nowAt(1e9))).toBe(null);
    const { armedTerm: _, ...undeclared } = stored({ armed: false });
    expect(whyNotWrite(seenAt(0, undeclared), nowAt(1e9))).toBe(null);
  });
});

describe('what this machine remembers', () => {
  const remembered = { writer: other, acked: 7, sent: 7, place: 'boot 1' };
  test.each<[string, NodeReport, typeof remembered | null, string | null, boolean, boolean]>([
    ['the very report, here', stored(), remembered, 'boot 1', true, true],
    ['one that left and was not heard of', stored({ sequence: 8, after: 7 }), { ...remembered, sent: 8 }, 'boot 1', false, true],
    ['one that never arrived', stored(), { ...remembered, sent: 8 }, 'boot 1', true, true],
    ['nothing', stored(), null, 'boot 1', false, false],
    ['another boot', stored(), remembered, 'boot 2', false, true],
    ['a place that cannot be told', stored(), remembered, null, false, true],
    ['an earlier report: a copy went on from there', stored({ sequence: 8, after: 7 }), remembered, 'boot 1', false, false],
    ['a later report: the table was set back', stored({ sequence: 6 }), remembered, 'boot 1', false, false],
    ['another writer', stored({ writer: me }), remembered, 'boot 1', false, false],
  ])('%s', (_, report, last, place, ended, goesOn) => {
    expect(hasEnded(report, last, place)).toBe(ended);
    expect(continues(report, last)).toBe(goesOn);
  });
  test('a person states the end of one guard, by its id', () => {
    expect(isStated(stored(), other)).toBe(true);
    expect(isStated(stored(), me)).toBe(false);
    expect(isStated(stored(), null)).toBe(false);
    expect(isStated(reportOf(), null)).toBe(false);
  });
  test('on a disk that does not go on from it, the declared term is over and its last duty unknown', () => {
    const lost = { relinquished: { term: 1, watermark: null } };
    expect(lostTermOf(stored(), null)).toEqual(lost);
    expect(lostTermOf(stored(), remembered)).toEqual({});
    expect(lostTermOf(undefined, null)).toEqual({});
    expect(lostTermOf(stored({ relinquished: { term: t(2), watermark: null } }), null)).toEqual({});
    const { armedTerm: _, ...undeclared } = stored();
    expect(lostTermOf(undeclared, null)).toEqual({});
    expect(lostRecord({ armedTerm: t(1), ...lostTermOf(stored(), null) })).toBe(true);
    expect(lostRecord({ armedTerm: t(1), relinquished: { term: t(2), watermark: null } })).toBe(false);
    expect(lostRecord({})).toBe(false);
  });
});

describe('the writer', () => {
  const writer = ack(seenAt(0, undefined), own(1, 0), 100);
  test('may hold for lease − stop from when its report was sent', () => {
    expect(isProven(writer, at(100 + 11_999), held)).toBe(true);
    expect(isProven(writer, at(100 + 12_000), held)).toBe(false);
    expect(isProven(writer, at(1e9), { ...held, timed: false })).toBe(true);
    expect(isProven(seenAt(0, undefined), at(0), { ...held, timed: false })).toBe(false);
  });
  test('that another has written over is displaced for good', () => {
    const displaced = onRefused(writer, stored(), at(200));
    expect(displaced.mode).toBe('displaced');
    expect(isProven(displaced, at(200), { ...held, timed: false })).toBe(false);
    expect(whyNotWrite(displaced, nowAt(1e9, { ended: true }))).toContain('NodeCloned');
    const late = onAcknowledged(displaced, own(2, 1), { ...held, sentMs: at(300) });
    expect(late).toEqual(displaced);
    expect(onRefused(writer, undefined, at(200)).mode).toBe('displaced');
  });
  test('after a lapse holds only when a second report stands on the first', () => {
    const back = ack(writer, own(2, 1), 100 + 12_000);
    expect(isProven(back, at(12_200), held)).toBe(false);
    expect(isProven(ack(back, own(3, 2), 12_300), at(12_400), held)).toBe(true);
    expect(isProven(ack(writer, own(2, 1), 100 + 11_999), at(12_200), held)).toBe(true);
  });
  test('numbers a report above all that it has sent or seen, and says what it stands on', () => {
    expect(nextSequence(newWriter(me))).toBe(1);
    expect(nextSequence(seenAt(0, stored()))).toBe(8);
    expect(nextSequence(onSent(writer, 5))).toBe(6);
    expect(onSent(onSent(writer, 5), 3).sent).toBe(5);
    expect(overOf(onSent(writer, 5))).toEqual({ me, base: { writer: me, sequence: 1 } });
    expect(overOf(seenAt(0, reportOf()))).toEqual({ me, base: { writer: null, sequence: 7 } });
    expect(overOf(newWriter(me))).toEqual({ me, base: null });
  });
});

test('of two copies that share the id and every number, one is refused as soon as both have written', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ who: fc.nat(1), heard: fc.boolean() }), { minLength: 1, maxLength: 40 }), (writes) => {
      let item = own(1, 0);
      const copies = [ack(seenAt(0, undefined), item, 0), ack(seenAt(0, undefined), item, 0)];
      const heard = [0, 0];
      for (const { who, heard: answered } of writes) {
        const state = copies[who] as WriterState;
        if (state.mode === 'displaced') continue;
        const next = own(nextSequence(state), state.seen?.report?.sequence ?? 0);
        const taken = standsOn(item, overOf(state), next.sequence);
        if (taken) item = next;
        copies[who] = !answered ? onSent(state, next.sequence) : taken ? ack(state, next, 0) : onRefused(onSent(state, next.sequence), item, at(0));
        if (answered && taken) heard[who] = (heard[who] ?? 0) + 1;
      }
      // Whoever was answered twice has the item to itself.
      expect(heard.filter((count) => count >= 2).length).toBeLessThan(2);
    }),
  );
});

describe('a write counts', () => {
  const over = overOf(seenAt(0, stored()));
  test.each<[string, NodeReport | undefined, Parameters<typeof standsOn>[1], number, boolean]>([
    ['where there is no item, over none', undefined, { me, base: null }, 1, true],
    ['where there is no item any more, over one', undefined, over, 8, false],
    ['over exactly what was seen', stored(), over, 8, true],
    ['over a later report of the same guard', stored({ sequence: 8 }), over, 8, false],
    ['over the same number of another guard', stored({ writer: 'c'.repeat(32) }), over, 8, false],
    ['over one of a guard that names none', reportOf({ sequence: 7 }), { me, base: { writer: null, sequence: 7 } }, 8, true],
    ['over one of a guard that names itself, where none was seen', stored(), { me, base: { writer: null, sequence: 7 } }, 8, false],
    ['where an item came, over none', stored(), { me, base: null }, 8, false],
    ['over an own earlier try on the same base', own(8, 7), over, 9, true],
    ['over an own try with the same number', own(9, 7), over, 9, false],
    ['over an own later try', own(10, 7), over, 9, false],
    ['over an own try on another base', own(8, 6), over, 9, false],
    ['over an own first try, where there was no item', own(1, 0), { me, base: null }, 2, true],
    ['over an own try that stood on something, where there was no item', own(2, 1), { me, base: null }, 3, false],
    ['over a try of another guard on the same base', stored({ sequence: 8, after: 7 }), over, 9, false],
  ])('%s', (_name, found, base, sequence, counts) => {
    expect(standsOn(found, base, sequence)).toBe(counts);
  });
});

describe('what is remembered of the item', () => {
  test('no item is seen since the first look that shows none', () => {
    const none = seenAt(1_000, undefined);
    expect(onSeen(none, undefined, at(9_000)).seen).toEqual({ report: undefined, sinceMs: 1_000 });
    expect(onSeen(none, stored(), at(9_000)).seen?.sinceMs).toBe(9_000);
    expect(onSeen(seenAt(1_000, stored()), undefined, at(9_000)).seen).toEqual({ report: undefined, sinceMs: 9_000 });
    expect(nextSequence(none)).toBe(1);
  });
  test('who is displaced may write nothing more, and is proven no more', () => {
    const writer = ack(ack(seenAt(0, undefined), own(1, 0), 0), own(2, 1), 100);
    expect([isProven(writer, at(200), held), whyNotWrite(writer, nowAt(200))]).toEqual([true, null]);
    const displaced = onRefused(writer, stored(), at(200));
    expect(whyNotWrite(displaced, nowAt(200))).toBe(
      'NodeCloned: another guard has this node identity; this one stays closed until it is started anew.',
    );
    for (const timed of [true, false]) expect(isProven(displaced, at(200), { ...held, timed })).toBe(false);
  });
  test('a guard that signs on through an outage is named, when it names itself', () => {
    const told = (writer: string | undefined) =>
      whyNotWrite(
        seenAt(0, { ...reportOf({ armed: false, armedTerm: t(1), sequence: 7 }), ...(writer === undefined ? {} : { writer }) }),
        nowAt(60_000),
      );
    expect(told(other)).toContain(`a person states the end of ${other} here.`);
    expect(told(undefined)).toContain('a person states the end of it here.');
  });
  test('the declared term is given up on a disk that does not go on, unless it was given up before', () => {
    const of = (relinquished: number | null) =>
      lostTermOf(stored({ armedTerm: t(4), ...(relinquished === null ? {} : { relinquished: { term: t(relinquished), watermark: null } }) }), null);
    expect(of(null)).toEqual({ relinquished: { term: 4, watermark: null } });
    expect(of(3)).toEqual({ relinquished: { term: 4, watermark: null } });
    expect([of(4), of(5), lostTermOf(undefined, null), lostTermOf(reportOf({ armedTerm: undefined }), null)]).toEqual([{}, {}, {}, {}]);
  });
  test('a record is lost in exactly the term that was given up', () => {
    const watermark = null;
    expect(lostRecord({ armedTerm: t(4), relinquished: { term: t(4), watermark } })).toBe(true);
    expect(lostRecord({ armedTerm: t(4), relinquished: { term: t(3), watermark } })).toBe(false);
    expect(lostRecord({ armedTerm: t(4) })).toBe(false);
    expect(lostRecord({})).toBe(false);
  });
});
