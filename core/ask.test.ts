import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, fencing, questionOf, reportOf, t, v } from '../test/support/core.ts';
import { answer, answerTo, isPromised, longestSilenceMs, newPromises, question, signedText, testimonyOf, whyNotUnanimous } from './ask.ts';
import type { Answer, Asked, Question, Round } from './ask.ts';
import { maySign, newHold, onPromises } from './hold.ts';
import { proofOfLapse } from './proofs.ts';
import { durationMs, steadyMs, type SteadyMs } from './time.ts';
import { lapseMs, usablePromiseMs } from './timing.ts';
import { newWriter, onAcknowledged, onSeen, whyNotWrite } from './writer.ts';

const at = (ms: number): SteadyMs => steadyMs(ms);
const timing = { drift: 0.05, marginMs: durationMs(2_000), stopMs: durationMs(3_000) };
const asked = (of: Partial<Asked> = {}): Asked => ({
  validator: v,
  hold: newHold(birch, { relinquished: 0, floor: 1 }),
  promises: { untilMs: at(500) },
  writer: { mode: 'writer', ackedMs: at(0) },
  idle: true,
  peers: [amber, cedar],
  ...of,
});
const whyOf = (of: Partial<Asked>, what: Partial<Question> = {}, nowMs = at(1_000)): string => {
  const before = asked(of);
  const { answer: said, promises } = answerTo(before, questionOf(what), nowMs);
  expect(said).toEqual({ ...questionOf(what), outcome: 'refused', why: said.why });
  expect(promises).toBe(before.promises);
  return said.why;
};

describe('one question', () => {
  test('an idle guard that has read no higher term promises, from now', () => {
    const said = answerTo(asked(), questionOf(), at(1_000));
    expect(said.answer).toEqual({ ...questionOf(), outcome: 'promised', why: 'This guard holds nothing and has read no term above 1.' });
    expect(said.promises).toEqual({ untilMs: 16_000 });
  });
  test('a shorter promise does not end a longer one', () => {
    expect(answerTo(asked({ promises: { untilMs: at(60_000) } }), questionOf(), at(1_000)).promises).toEqual({ untilMs: 60_000 });
  });
  test('is refused by a guard of something else', () => {
    expect(whyOf({}, { validator: 'hub-2' as typeof v })).toBe('it asks another guard');
    expect(whyOf({}, { asked: cedar })).toBe('it asks another guard');
  });
  test('is refused to a node that it does not know, and to itself', () => {
    expect(whyOf({ peers: [cedar] })).toBe(`${amber} is none of the nodes that this guard knows`);
    expect(whyOf({ peers: [amber, birch] }, { asker: birch })).toBe(`${birch} is none of the nodes that this guard knows`);
  });
  test('is refused by a guard that is not the proven writer, or was not for too long', () => {
    const why = 'the table has acknowledged no report of this guard for too long';
    expect(whyOf({ writer: { mode: 'new', ackedMs: at(0) } })).toBe(why);
    expect(whyOf({ writer: { mode: 'displaced', ackedMs: at(0) } })).toBe(why);
    expect(whyOf({ writer: { mode: 'writer', ackedMs: null } })).toBe(why);
    expect(whyOf({ promises: null })).toBe(why);
    expect(whyOf({}, {}, at(14_400_000))).toBe(why);
    expect(answerTo(asked(), questionOf(), at(14_399_999)).answer.outcome).toBe('promised');
  });
  test('is refused by one that holds, is not idle, or has read a higher term', () => {
    const hold = newHold(birch, { relinquished: 0, floor: 1 });
    expect(whyOf({ hold: { ...hold, term: t(1) } })).toBe('this guard holds term 1');
    expect(whyOf({ idle: false })).toBe('this guard is not idle');
    expect(whyOf({ hold: { ...hold, floor: 2 } })).toBe('this guard has read term 2, which is above term 1');
    expect(answerTo(asked({ hold: { ...hold, floor: 2 } }), questionOf({ term: t(2) }), at(1_000)).answer.outcome).toBe('promised');
  });
  test('what is said has limits', () => {
    const said = { ...questionOf(), outcome: 'promised', why: 'x' };
    expect(question.safeParse(questionOf()).success).toBe(true);
    expect(answer.safeParse(said).success).toBe(true);
    for (const of of [
      { promiseMs: 0 },
      { promiseMs: 60_001 },
      { promiseMs: 1.5 },
      { nonce: 'a'.repeat(63) },
      { nonce: 'g'.repeat(64) },
      { nonce: `${'a'.repeat(64)}b` },
      { nonce: `b${'a'.repeat(64)}` },
      { more: 1 },
    ]) {
      expect(question.safeParse({ ...questionOf(), ...of }).success).toBe(false);
      expect(answer.safeParse({ ...said, ...of }).success).toBe(false);
    }
    for (const of of [{ outcome: 'perhaps' }, { why: '' }, { why: 'x'.repeat(201) }])
      expect(answer.safeParse({ ...said, ...of }).success).toBe(false);
    expect(answer.safeParse({ ...said, why: 'x'.repeat(200), promiseMs: 60_000 }).success).toBe(true);
  });
  test('the signed text names purpose, challenge and all that is said', () => {
    expect(signedText('question', 'c', questionOf())).toBe(
      `["baton","question","c",{"asked":"${birch}","asker":"${amber}","nonce":"${'a'.repeat(64)}","promiseMs":15000,"term":1,"validator":"hub-1"}]`,
    );
  });
});

describe('what a guard takes for promised when it takes over', () => {
  const said = (promised: boolean | undefined) => (promised === undefined ? reportOf() : reportOf({ promised }));
  test('the longest promise, where the guard before has ended and had promised nothing', () => {
    expect(newPromises({ before: said(false), ended: true, timing }, at(100))).toEqual({ untilMs: 60_100 });
    expect(newPromises({ before: undefined, ended: false, timing }, at(100))).toEqual({ untilMs: 60_100 });
    expect(newPromises({ before: undefined, ended: false, timing, promiseMs: durationMs(4) }, at(100))).toEqual({ untilMs: 104 });
  });
  test.each([
    [false, false],
    [true, true],
    [undefined, true],
  ])('promised %s, ended %s: as long as a copy could promise on', (promised, ended) => {
    expect(newPromises({ before: said(promised), ended, timing }, at(100))).toEqual({ untilMs: 15_984_206 });
  });
  test('is said until it is over; unknown is promised', () => {
    expect(isPromised({ untilMs: at(100) }, at(99))).toBe(true);
    expect(isPromised({ untilMs: at(100) }, at(100))).toBe(false);
    expect(isPromised(null, at(100))).toBe(true);
    expect(testimonyOf({ floor: 7 }, { untilMs: at(100) }, at(100))).toEqual({ floor: 7, promised: false });
    expect(testimonyOf({ floor: 7 }, null, at(100))).toEqual({ floor: 7, promised: true });
  });
});

describe('a round', () => {
  const questions = [questionOf(), questionOf({ asked: cedar, nonce: 'b'.repeat(64) })];
  const round: Round = { term: t(1), sentMs: at(0), promiseMs: durationMs(15_000), questions };
  const said = (index: number, of: Partial<Answer> = {}): Answer => ({ ...(questions[index] ?? questionOf()), outcome: 'promised', why: 'w', ...of });
  const none = (node: string): string => `${node} gives no answer that counts`;
  test('counts when every node that was declared has promised', () => {
    expect(whyNotUnanimous(round, [birch, cedar], [said(0), said(1)])).toBe(null);
    expect(whyNotUnanimous(round, [cedar], [null, said(1)])).toBe(null);
  });
  test('counts for nothing without one of them', () => {
    expect(whyNotUnanimous(round, [], [])).toBe('there is nobody to ask');
    expect(whyNotUnanimous(round, [birch, cedar], [said(0), null])).toBe(none(cedar));
    expect(whyNotUnanimous(round, [birch, cedar], [said(0)])).toBe(none(cedar));
    expect(whyNotUnanimous({ ...round, questions: [questionOf()] }, [birch, cedar], [said(0)])).toBe(`${cedar} was not asked`);
    expect(whyNotUnanimous({ ...round, term: t(2) }, [birch], [said(0)])).toBe(`${birch} was not asked`);
    expect(whyNotUnanimous({ ...round, promiseMs: durationMs(15_001) }, [birch], [said(0)])).toBe(`${birch} was not asked`);
    expect(whyNotUnanimous(round, [birch], [said(0, { outcome: 'refused', why: 'no' })])).toBe(`${birch} refuses: no`);
  });
  test.each<Partial<Answer>>([
    { validator: 'hub-2' as typeof v },
    { asker: cedar },
    { asked: cedar },
    { term: t(2) },
    { promiseMs: durationMs(15_001) },
    { nonce: 'b'.repeat(64) },
  ])('an answer to another question is none: %o', (of) => {
    expect(whyNotUnanimous(round, [birch], [said(0, of)])).toBe(none(birch));
  });
});

describe('what a holder may sign by', () => {
  const held = { ...newHold(amber, { relinquished: 0, floor: 1 }), term: t(1), deadlineMs: at(12_000) };
  const round = { term: t(1), sentMs: at(10_000), promiseMs: durationMs(15_000) };
  test('the later of its read and the promises, from the start of the round', () => {
    expect(onPromises(held, round, timing, at(11_000))).toEqual({ ...held, deadlineMs: 18_571 });
    expect(onPromises({ ...held, deadlineMs: at(20_000) }, round, timing, at(11_000)).deadlineMs).toBe(20_000);
  });
  test('nothing of another term, nothing that it does not hold, and no deadline that has passed', () => {
    expect(onPromises(held, { ...round, term: t(2) }, timing, at(11_000))).toBe(held);
    expect(onPromises(held, round, timing, at(12_000))).toBe(held);
    const idle = newHold(amber, { relinquished: 0, floor: 1 });
    expect(onPromises(idle, round, timing, at(11_000))).toBe(idle);
  });
  test('whatever the two clocks do, the promise outlives what is signed by it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (promise, drift, a, b) => {
          const of = { drift, stopMs: durationMs(0), marginMs: durationMs(0) };
          const signsFor = usablePromiseMs(durationMs(promise), of) / (1 + a * drift);
          expect(signsFor).toBeLessThanOrEqual(promise / (1 + b * drift) + 1e-6);
        },
      ),
    );
  });
});

/** One node identity on two machines: birch promises on, cut off from the table, and a copy of it takes its item over. */
test('a copy of a standby says that nothing is promised only when the guard that is cut off promises no more', () => {
  const item = reportOf({ node: birch, writer: 'b'.repeat(32), sequence: 7, floor: 1, promised: false, leaseMs: 15_000 });
  const cutOff = { mode: 'writer', ackedMs: at(0) } as const;
  const waits = lapseMs(durationMs(15_000), timing);
  const copy = onSeen(newWriter('c'.repeat(32)), item, at(0));
  expect(whyNotWrite(copy, { nowMs: at(waits), timing, seldomMs: durationMs(1), lease: undefined, ended: false })).toBe(null);
  const promises = newPromises({ before: item, ended: false, timing }, at(waits));
  const word = (ms: number) => reportOf({ node: birch, ...testimonyOf({ floor: 2 }, promises, at(ms)) });
  const lapse = (ms: number) => proofOfLapse(fencing(), reportOf({ asks: [birch] }), { waitedMs: ms, timing, atMs: 0, candidate: word(ms) }).outcome;
  // The slowest clock of the one and the fastest of the other.
  const lastRealMs = longestSilenceMs / 0.95;
  expect(answerTo(asked({ writer: cutOff }), questionOf(), at(longestSilenceMs - 1)).answer.outcome).toBe('promised');
  expect(lapse((lastRealMs + 60_000 / 0.95) * 1.05)).toBe('none');
  expect(lapse(16_100_000)).toBe('proof');
});

/** amber is cut off from AWS alone and goes on by birch's promises; a machine with amber's disk waits until amber's report has stood still. */
test('a copy of a holder that asks does not open when the report has stood still', () => {
  const item = reportOf({ writer: 'a'.repeat(32), sequence: 7, asks: [birch] });
  const held = { leaseMs: durationMs(15_000), stopMs: durationMs(3_000), timed: false };
  const holder = onAcknowledged(newWriter('a'.repeat(32)), item, { ...held, sentMs: at(0) });
  const hold = { ...newHold(amber, { relinquished: 0, floor: 1 }), term: t(1), deadlineMs: at(12_000) };
  const on = onPromises(hold, { term: t(1), sentMs: at(11_000), promiseMs: durationMs(60_000) }, timing, at(11_500));
  expect(holder.mode).toBe('writer');
  expect(maySign(on, at(40_000))).toBe(true);
  const copy = onSeen(newWriter('c'.repeat(32)), item, at(0));
  const now = { nowMs: at(40_000), timing, seldomMs: durationMs(1), lease: undefined, ended: false };
  expect(whyNotWrite(copy, now)).toContain('NodeUnproven');
  const plain = reportOf({ writer: 'a'.repeat(32), sequence: 7 });
  expect(whyNotWrite(onSeen(newWriter('c'.repeat(32)), plain, at(0)), now)).toBe(null);
});

describe('a lapse of a holder that asks', () => {
  const of = { waitedMs: 100_000, timing, atMs: 0 };
  const holder = reportOf({ asks: [birch, cedar] });
  const word = (more: object = {}) => reportOf({ node: birch, floor: 2, promised: false, ...more });
  const reason = (candidate: ReturnType<typeof word> | undefined, lease = fencing(), report = holder): string => {
    const found = proofOfLapse(lease, report, { ...of, candidate });
    return found.outcome === 'none' ? found.reason : '';
  };
  test('is proven by the word of its candidate', () => {
    expect(proofOfLapse(fencing(), holder, { ...of, candidate: word() })).toEqual({
      outcome: 'proof',
      evidence: {
        kind: 'lapsed',
        node: amber,
        term: 2,
        by: `guard of ${amber}, armed in term 1`,
        atMs: 0,
        how:
          '100000 ms have passed since the term was taken; an armed guard stops within 18579 ms. ' +
          `It asks the others before it goes on, and the guard of ${birch} has promised nothing.`,
      },
    });
  });
  test('needs one who was asked', () => {
    const why = (node: string) => `${node} is none of the nodes that the recorded active asks in term 1: its word says nothing about it`;
    expect(reason(word(), fencing(), reportOf({ asks: [cedar] }))).toBe(why(birch));
    expect(reason(word(), fencing({ candidate: amber }), reportOf({ asks: [amber] }))).toBe(why(amber));
  });
  test('needs a report of the candidate itself', () => {
    expect(reason(undefined)).toBe(`${birch} never reported: it may have promised the recorded active not to take over`);
    expect(reason(word({ node: cedar }))).toBe(`the report is about ${cedar}, not about the candidate ${birch}`);
    expect(reason(word({ validator: 'hub-2' }))).toBe(`the report is about ${birch}, not about the candidate ${birch}`);
  });
  test('needs one that has read this term and has promised nothing', () => {
    expect(reason(word({ floor: 1 }))).toBe(`the guard of ${birch} has not read term 2 yet, and may promise the recorded active more time`);
    const live = `the guard of ${birch} says that a promise to the recorded active may be live: it may sign until that is over`;
    expect(reason(word({ promised: true }))).toBe(live);
    expect(reason(reportOf({ node: birch, floor: 2 }))).toBe(live);
  });
  test('needs the wait too', () => {
    expect(proofOfLapse(fencing(), holder, { ...of, waitedMs: 18_578, candidate: word() })).toEqual({
      outcome: 'none',
      reason: '18578 of 18579 ms have passed',
    });
  });
});
