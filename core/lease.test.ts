import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amber, attempt, birch, fencing, leaseOf, proof, run, t, v } from '../test/support/core.ts';
import { applyWrite, enrol, lease, phases, recordProof, reinstate, release, settle, takeTerm, type Lease, type LeaseWrite } from './lease.ts';

const mine = { validator: v, term: t(2), claim: run('one') };
const seal = { node: birch, term: t(2), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
const writes: Record<string, LeaseWrite> = {
  Enrol: enrol({ validator: v, holder: amber, evidence: proof({ kind: 'attested', term: t(1) }), attempt: attempt('e') }),
  TakeTerm: takeTerm(leaseOf({ term: t(2), phase: 'FENCING' }), { claim: run('two'), candidate: birch, attempt: attempt('t') }),
  RecordProof: recordProof(mine, { evidence: proof(), attempt: attempt('p') }),
  Release: release(mine, { candidate: birch, sealed: seal, attempt: attempt('r') }),
  Settle: settle(mine, { attempt: attempt('s') }),
  Reinstate: reinstate(mine, { holder: amber, attempt: attempt('i') }),
};

describe('each transition is judged by term, phase and claim', () => {
  const doneIn: Record<string, readonly string[]> = {
    Enrol: ['none'],
    TakeTerm: ['FENCING'],
    RecordProof: ['FENCING'],
    Release: ['FENCED'],
    Settle: ['RELEASED'],
    Reinstate: ['FENCING', 'FENCED'],
  };
  for (const [name, write] of Object.entries(writes)) {
    for (const phase of ['none', ...phases]) {
      const expected = doneIn[name]?.includes(phase) ? 'done' : 'refused';
      test(`${name} in ${phase} is ${expected}`, () => {
        const found = phase === 'none' ? undefined : fencing({ phase: phase as Lease['phase'] });
        expect(applyWrite(found, write).outcome).toBe(expected);
      });
    }
    test(`${name} of another term is refused`, () => {
      expect(applyWrite(fencing({ term: t(3), phase: 'FENCED' }), write).outcome).toBe('refused');
    });
  }
  test.each(['RecordProof', 'Release', 'Settle', 'Reinstate'])('%s under another claim is refused', (name) => {
    const phase = doneIn[name]?.[0] as Lease['phase'];
    expect(applyWrite(fencing({ phase, claim: run('other') }), writes[name] as LeaseWrite).outcome).toBe('refused');
  });
});

test('TakeTerm raises the term, keeps the holder, and drops evidence and key', () => {
  const found = leaseOf({ sealed: { ...seal, node: amber, term: t(1) }, evidence: proof() });
  const result = applyWrite(found, takeTerm(found, { claim: run('one'), candidate: birch, attempt: attempt('x') }));
  expect(result).toMatchObject({
    outcome: 'done',
    earlier: false,
    lease: { term: 2, holder: amber, phase: 'FENCING', candidate: birch, releasedTerm: 1, version: 2 },
  });
  expect(result.outcome === 'done' && ('sealed' in result.lease || 'evidence' in result.lease)).toBe(false);
});

test('a stolen RELEASED keeps its holder as the one to fence', () => {
  const found = fencing({ phase: 'RELEASED', holder: birch, releasedTerm: t(2) });
  expect(applyWrite(found, takeTerm(found, { claim: run('two'), candidate: amber, attempt: attempt('x') }))).toMatchObject({
    lease: { term: 3, holder: birch, releasedTerm: 2 },
  });
});

test('a refused write whose attempt is already there was done earlier', () => {
  const write = writes['RecordProof'] as LeaseWrite;
  const first = applyWrite(fencing(), write);
  if (first.outcome !== 'done') throw new Error('refused');
  expect(applyWrite(first.lease, write)).toEqual({ outcome: 'done', lease: first.lease, earlier: true });
});

test('an item with a field too many is not a lease', () => {
  expect(lease.safeParse({ ...leaseOf(), ttl: 1 }).success).toBe(false);
});

test('late and doubled writes of two executions keep the rules', () => {
  const moves = fc.array(
    fc.record({
      who: fc.constantFrom('one', 'two'),
      what: fc.constantFrom('take', 'proof', 'release', 'settle', 'reinstate', 'late'),
      pick: fc.nat(50),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(moves, (list) => {
      let now = leaseOf();
      const sent: LeaseWrite[] = [];
      for (const { who, what, pick } of list) {
        const driven = { validator: v, term: now.term, claim: run(who) };
        const id = attempt(`${who}/${what}/${now.term}/${now.holder}`);
        const write = {
          take: () => takeTerm(now, { claim: run(who), candidate: now.holder === amber ? birch : amber, attempt: id }),
          proof: () => recordProof(driven, { evidence: proof({ node: now.holder, term: now.term }), attempt: id }),
          release: () => release(driven, { candidate: now.candidate, sealed: { ...seal, node: now.candidate, term: now.term }, attempt: id }),
          settle: () => settle(driven, { attempt: id }),
          reinstate: () => reinstate(driven, { holder: now.holder, attempt: id }),
          late: () => sent[pick % Math.max(1, sent.length)] ?? settle(driven, { attempt: id }),
        }[what]();
        sent.push(write);
        const before = now;
        const result = applyWrite(now, write);
        if (result.outcome === 'done') now = result.lease;
        expect(now.term).toBeGreaterThanOrEqual(before.term);
        if (now.holder !== before.holder) {
          expect(before.phase).toBe('FENCED');
          expect(before.evidence).toMatchObject({ node: before.holder, term: before.term });
          expect([now.phase, now.term, now.claim]).toEqual(['RELEASED', before.term, before.claim]);
        }
        if (now.sealed) {
          expect(['RELEASED', 'HELD']).toContain(now.phase);
          expect(now.sealed.node).toBe(now.holder);
        }
      }
    }),
    { numRuns: 500 },
  );
});
