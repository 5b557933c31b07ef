import { describe, expect, test } from 'vitest';
import { amber, attempt, birch, cedar, fencing, leaseOf, proof, run, t, v } from '../test/support/core.ts';
import { applyWrite, enrol, meets, recordProof, reinstate, release, settle, takeTerm, type Expectation, type LeaseWrite } from './lease.ts';

/** What each transition asks of the stored item, and what it writes: the table of the design, word for word. */

const driven = { validator: v, term: t(4), claim: run('one') };
const seal = { node: birch, term: t(4), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
const mark = { kind: 'slot' as const, slot: 9 };
const evidence = proof({ term: t(4) });

test.each<[string, () => LeaseWrite, LeaseWrite]>([
  [
    'Enrol asks that there is no item and writes term 1, held by the attested node',
    () => enrol({ validator: v, holder: amber, evidence, attempt: attempt('a') }),
    {
      transition: 'Enrol',
      validator: v,
      attempt: attempt('a'),
      expect: { absent: true },
      set: { term: t(1), holder: amber, phase: 'HELD', claim: run('enrol'), candidate: amber, releasedTerm: t(1), evidence },
      remove: [],
    },
  ],
  [
    'TakeTerm asks for the term and phase as assessed, raises the term, leaves the holder and drops proof and key',
    () => takeTerm(leaseOf({ term: t(4), phase: 'RELEASED' }), { claim: run('two'), candidate: birch, attempt: attempt('a') }),
    {
      transition: 'TakeTerm',
      validator: v,
      attempt: attempt('a'),
      expect: { absent: false, term: t(4), phases: ['RELEASED'] },
      set: { term: t(5), phase: 'FENCING', claim: run('two'), candidate: birch },
      remove: ['evidence', 'sealed'],
    },
  ],
  [
    'RecordProof asks for FENCING under its own claim and writes the proof',
    () => recordProof(driven, { evidence, attempt: attempt('a') }),
    {
      transition: 'RecordProof',
      validator: v,
      attempt: attempt('a'),
      expect: { absent: false, term: t(4), phases: ['FENCING'], claim: run('one') },
      set: { phase: 'FENCED', evidence },
      remove: [],
    },
  ],
  [
    'Release asks for FENCED under its own claim and makes the candidate the holder',
    () => release(driven, { candidate: birch, attempt: attempt('a') }),
    {
      transition: 'Release',
      validator: v,
      attempt: attempt('a'),
      expect: { absent: false, term: t(4), phases: ['FENCED'], claim: run('one') },
      set: { phase: 'RELEASED', holder: birch, releasedTerm: t(4) },
      remove: [],
    },
  ],
  [
    'Settle asks for RELEASED under its own claim and changes the phase alone',
    () => settle(driven, { attempt: attempt('a') }),
    {
      transition: 'Settle',
      validator: v,
      attempt: attempt('a'),
      expect: { absent: false, term: t(4), phases: ['RELEASED'], claim: run('one') },
      set: { phase: 'HELD' },
      remove: [],
    },
  ],
  [
    'Reinstate asks for FENCING or FENCED under its own claim and gives the next term to the holder itself',
    () => reinstate(driven, { holder: amber, attempt: attempt('a') }),
    {
      transition: 'Reinstate',
      validator: v,
      attempt: attempt('a'),
      expect: { absent: false, term: t(4), phases: ['FENCING', 'FENCED'], claim: run('one') },
      set: { term: t(5), phase: 'RELEASED', holder: amber, candidate: amber, releasedTerm: t(5) },
      remove: ['evidence'],
    },
  ],
])('%s', (_, write, expected) => {
  expect(write()).toStrictEqual(expected);
});

test.each<[string, () => LeaseWrite]>([
  ['Enrol', () => enrol({ validator: v, holder: amber, evidence, attempt: attempt('a'), sealed: seal, watermark: mark })],
  ['Release', () => release(driven, { candidate: birch, attempt: attempt('a'), sealed: seal, watermark: mark })],
  ['Reinstate', () => reinstate(driven, { holder: amber, attempt: attempt('a'), sealed: seal, watermark: mark })],
])('%s carries the sealed key and the watermark when it is given them', (_, write) => {
  expect(write().set).toMatchObject({ sealed: seal, watermark: mark });
});

describe('meets', () => {
  const expected: Expectation = { absent: false, term: t(2), phases: ['FENCING', 'FENCED'], claim: run('one') };
  test('an item of this term, one of the phases and the claim', () => {
    expect(meets(fencing(), expected)).toBe(true);
    expect(meets(fencing({ phase: 'FENCED' }), expected)).toBe(true);
  });
  test('no item, another term, another phase or another claim does not', () => {
    expect(meets(undefined, expected)).toBe(false);
    expect(meets(fencing({ term: t(3) }), expected)).toBe(false);
    expect(meets(fencing({ phase: 'HELD' }), expected)).toBe(false);
    expect(meets(fencing({ claim: run('two') }), expected)).toBe(false);
  });
  test('any claim does when none is asked for', () => {
    const { claim: _, ...unclaimed } = expected;
    expect(meets(fencing({ claim: run('two') }), unclaimed)).toBe(true);
  });
  test('absent is met by no item alone', () => {
    expect(meets(undefined, { absent: true })).toBe(true);
    expect(meets(fencing(), { absent: true })).toBe(false);
  });
});

describe('a write as the table judges it', () => {
  test('the first one makes version 1', () => {
    expect(applyWrite(undefined, enrol({ validator: v, holder: amber, evidence, attempt: attempt('e') }))).toStrictEqual({
      outcome: 'done',
      earlier: false,
      lease: {
        validator: v,
        attempt: attempt('e'),
        version: 1,
        term: t(1),
        holder: amber,
        phase: 'HELD',
        claim: run('enrol'),
        candidate: amber,
        releasedTerm: t(1),
        evidence,
      },
    });
  });
  test('a later one raises the version, keeps what it does not name and removes what it says', () => {
    const found = fencing({ phase: 'FENCED', term: t(4), version: 7, evidence, candidate: cedar });
    expect(applyWrite(found, reinstate(driven, { holder: amber, attempt: attempt('i') }))).toStrictEqual({
      outcome: 'done',
      earlier: false,
      lease: {
        validator: v,
        term: t(5),
        holder: amber,
        phase: 'RELEASED',
        claim: run('one'),
        candidate: amber,
        releasedTerm: t(5),
        version: 8,
        attempt: attempt('i'),
        watermark: { kind: 'consensus', height: 10, round: 0, step: 3 },
      },
    });
  });
  test('one that the item does not meet is refused, with the item', () => {
    const found = fencing({ phase: 'HELD' });
    expect(applyWrite(found, settle(driven, { attempt: attempt('s') }))).toStrictEqual({ outcome: 'refused', found });
    expect(applyWrite(undefined, settle(driven, { attempt: attempt('s') }))).toStrictEqual({ outcome: 'refused', found: undefined });
  });
  test('one whose attempt is stored already was done earlier', () => {
    const found = fencing({ phase: 'HELD', attempt: attempt('s') });
    expect(applyWrite(found, settle(driven, { attempt: attempt('s') }))).toStrictEqual({ outcome: 'done', lease: found, earlier: true });
  });
});
