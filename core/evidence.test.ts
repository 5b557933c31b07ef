import { describe, expect, test } from 'vitest';
import { alex, amber, birch, fenceOutputOf, fencing, recordOf, reportOf, robin, run, sam, t } from '../test/support/core.ts';
import { accepts, nonceOf, proofOfAttestation, proofOfLapse, proofOfPowerOff, proofOfRelinquish, proofOfStop } from './proofs.ts';
import { durationMs } from './time.ts';

const lease = fencing();
const nonce = 'd4e2f6bc177ef2a37a12beadb6d3903e';
const output = fenceOutputOf({ nonce, guardActive: 'failed', watermark: { kind: 'consensus', height: 12, round: 0, step: 3 } });
const timing = { drift: 0.05, marginMs: durationMs(2_000) };

describe('relinquished', () => {
  const relinquished = { term: t(2), watermark: { kind: 'consensus' as const, height: 12, round: 1, step: 2 } };
  test('is proof in the holder’s own item, for exactly this term, with its watermark', () => {
    expect(proofOfRelinquish(lease, reportOf({ relinquished }), { atMs: 5 })).toMatchObject({
      outcome: 'proof',
      evidence: { kind: 'relinquished', node: amber, term: 2, watermark: { height: 12, round: 1, step: 2 } },
    });
  });
  test.each([
    ['of an earlier term', reportOf({ relinquished: { ...relinquished, term: t(1) } })],
    ['of a later term', reportOf({ relinquished: { ...relinquished, term: t(3) } })],
    ['of another node', reportOf({ node: birch, relinquished })],
    ['that was not given', reportOf()],
    ['of a node that never reported', undefined],
  ])('%s is none', (_, report) => {
    expect(proofOfRelinquish(lease, report, { atMs: 5 }).outcome).toBe('none');
  });
  test('in any phase but FENCING is none', () => {
    expect(proofOfRelinquish(fencing({ phase: 'FENCED' }), reportOf({ relinquished }), { atMs: 5 })).toEqual({
      outcome: 'none',
      reason: 'the lease is FENCED, not FENCING',
    });
  });
});

describe('stopped', () => {
  const given = { instance: amber, nonce, commandId: 'c-1', output, report: reportOf(), atMs: 5 };
  test('is proof from the very instance, term and nonce, with every verification', () => {
    expect(proofOfStop(lease, given)).toMatchObject({
      outcome: 'proof',
      evidence: { kind: 'stopped', by: 'SSM command c-1', watermark: { height: 12 } },
    });
  });
  test('without a watermark it carries none', () => {
    const found = proofOfStop(lease, { ...given, output: { ...output, watermark: null } });
    expect(found.outcome === 'proof' && found.evidence.watermark).toBe(undefined);
  });
  test.each([
    ['another instance', { ...given, instance: birch }],
    ['another nonce', { ...given, nonce: 'b'.repeat(32) }],
    ['a nonce of another term in the output', { ...given, output: { ...output, nonce: 'c'.repeat(32) } }],
    ['another term in the output', { ...given, output: { ...output, term: 3 } }],
    ['another validator', { ...given, output: { ...output, validator: 'hub-2' } }],
    ['a unit that still runs', { ...given, output: { ...output, unitActive: 'active' } }],
    ['a unit that is not masked', { ...given, output: { ...output, unitMasked: false } }],
    ['a living guard', { ...given, output: { ...output, guardActive: 'active' } }],
    ['tasks left', { ...given, output: { ...output, tasks: 1 } }],
    ['a key left', { ...given, output: { ...output, keyFiles: 1 } }],
    ['ok false', { ...given, output: { ...output, ok: false } }],
    ['an unknown field', { ...given, output: { ...output, extra: 1 } }],
    ['a unit too long for the evidence', { ...given, output: { ...output, unit: 'u'.repeat(1_001) } }],
    ['a unit that is no name', { ...given, output: { ...output, unit: 'a\nb' } }],
    ['no output', { ...given, output: undefined }],
  ])('%s is none', (_, of) => {
    expect(proofOfStop(lease, of).outcome).toBe('none');
  });
  test('of a copy of the machine is none: the guard that reports is another one', () => {
    const [mine, theirs] = ['a'.repeat(32), 'b'.repeat(32)];
    const report = reportOf({ writer: mine });
    const ranOn = (writer: string | null, by = report) => proofOfStop(lease, { ...given, report: by, output: { ...output, writer } });
    expect(ranOn(mine).outcome).toBe('proof');
    expect(ranOn(theirs)).toEqual({
      outcome: 'none',
      reason: `it stopped a machine whose disk knows guard ${theirs}; guard ${mine} reports as ${amber}: a copy of it?`,
    });
    expect(ranOn(null)).toEqual({
      outcome: 'none',
      reason: `it stopped a machine whose disk knows guard none; guard ${mine} reports as ${amber}: a copy of it?`,
    });
    expect(ranOn(theirs, reportOf()).outcome).toBe('proof');
    expect(proofOfStop(lease, { ...given, report: undefined }).outcome).toBe('proof');
  });
  test('the nonce is the same on each retry and differs by term and execution', () => {
    expect(nonceOf(fencing())).toBe(nonce);
    expect(nonce).toMatch(/^[a-f0-9]{32}$/);
    expect(nonceOf(fencing({ term: t(3) }))).not.toBe(nonce);
    expect(nonceOf(fencing({ claim: run('two') }))).not.toBe(nonce);
  });
});

describe('powered-off', () => {
  test.each(['stopped', 'terminated'])('%s is proof', (state) => {
    expect(proofOfPowerOff(lease, { node: amber, state, atMs: 5 }).outcome).toBe('proof');
  });
  test.each(['running', 'pending', 'stopping', 'shutting-down', 'unknown', ''])('%s is none', (state) => {
    expect(proofOfPowerOff(lease, { node: amber, state, atMs: 5 }).outcome).toBe('none');
  });
  test('of another node is none', () => {
    expect(proofOfPowerOff(lease, { node: birch, state: 'stopped', atMs: 5 }).outcome).toBe('none');
  });
});

describe('lapsed', () => {
  // 15,000 × 1.05 ÷ 0.95 + 2,000, rounded up
  test('is proof after lease × (1 + drift) ÷ (1 − drift) + margin of an armed guard', () => {
    expect(proofOfLapse(lease, reportOf(), { waitedMs: 18_578, timing, atMs: 5 }).outcome).toBe('none');
    expect(proofOfLapse(lease, reportOf(), { waitedMs: 18_579, timing, atMs: 5 }).outcome).toBe('proof');
  });
  test('counts by the lease length that the guard declared, not by the configured one', () => {
    expect(proofOfLapse(lease, reportOf({ leaseMs: 60_000 }), { waitedMs: 18_579, timing, atMs: 5 }).outcome).toBe('none');
  });
  test.each([
    ['an unarmed guard', reportOf({ armed: false })],
    ['a guard armed in another term', reportOf({ armedTerm: t(2) })],
    ['a guard that declared nothing', (({ armedTerm: _, ...rest }) => rest)(reportOf())],
    ['another node', reportOf({ node: birch })],
    ['no report', undefined],
  ])('%s is none, however long it is', (_, report) => {
    expect(proofOfLapse(lease, report, { waitedMs: 86_400_000, timing, atMs: 5 }).outcome).toBe('none');
  });
  test('a stolen claim needs the term in which the holder was released', () => {
    const stolen = fencing({ term: t(5), releasedTerm: t(3) });
    expect(proofOfLapse(stolen, reportOf({ armedTerm: t(3) }), { waitedMs: 20_000, timing, atMs: 5 }).outcome).toBe('proof');
    expect(proofOfLapse(stolen, reportOf({ armedTerm: t(4) }), { waitedMs: 20_000, timing, atMs: 5 }).outcome).toBe('none');
  });
  test('a time that is not a number is none', () => {
    expect(proofOfLapse(lease, reportOf(), { waitedMs: Number.NaN, timing, atMs: 5 }).outcome).toBe('none');
  });
});

describe('attested', () => {
  const decisions = [{ by: alex, answer: 'approve' as const, statement: 'I pulled the plug.', atMs: 2 }];
  const given = recordOf({ purpose: 'attestation', state: 'approved', term: t(2), node: amber, decisions });
  test('is proof from a second person, for exactly this term and node', () => {
    expect(proofOfAttestation(lease, given, { atMs: 5 })).toMatchObject({ outcome: 'proof', evidence: { by: alex, how: 'I pulled the plug.' } });
  });
  test.each([
    ['an approval', { ...given, purpose: 'approval' as const }],
    ['a pending one', { ...given, state: 'pending' as const }],
    ['a declined one', { ...given, state: 'denied' as const }],
    ['another term', { ...given, term: t(3) }],
    ['another node', { ...given, node: birch }],
    ['another execution', { ...given, execution: run('two') }],
    ['the requester alone', { ...given, decisions: [{ ...decisions[0], by: robin, answer: 'approve' as const, statement: 'x', atMs: 2 }] }],
    ['too few people', { ...given, quorum: 2 }],
    [
      'one person by two roles',
      {
        ...given,
        quorum: 2,
        decisions: [...decisions, { by: alex.replace('/approver/', '/admin/'), answer: 'approve' as const, statement: 'Me too.', atMs: 3 }],
      },
    ],
    ['no statement', { ...given, decisions: [{ by: alex, answer: 'approve' as const, atMs: 2 }] }],
  ])('%s is none', (_, record) => {
    expect(proofOfAttestation(lease, record, { atMs: 5 }).outcome).toBe('none');
  });
  test('two people make a quorum of two', () => {
    const two = { ...given, quorum: 2, decisions: [...decisions, { by: sam, answer: 'approve' as const, statement: 'I saw it dark.', atMs: 3 }] };
    expect(proofOfAttestation(lease, two, { atMs: 5 }).outcome).toBe('proof');
  });
  test('nothing at all is none', () => {
    expect(proofOfAttestation(lease, undefined, { atMs: 5 })).toEqual({ outcome: 'none', reason: 'there is no attestation' });
  });
});

test('only what the policy lists is accepted', () => {
  expect(accepts({ evidence: ['stopped'] }, 'stopped')).toBe(true);
  expect(accepts({ evidence: ['stopped'] }, 'lapsed')).toBe(false);
});
