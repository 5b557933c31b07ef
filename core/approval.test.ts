import { describe, expect, test } from 'vitest';
import { alex, amber, birch, recordOf, robin, run, sam, v } from '../test/support/core.ts';
import { approves, decide, isApprover, personOf, type Decision } from './approval.ts';

const yes = (by: string, of: Partial<Decision> = {}): Decision => ({ by, answer: 'approve', atMs: 10, ...of });

describe('counting an answer', () => {
  test('one of one approves', () => {
    expect(decide(recordOf(), yes(alex))).toMatchObject({ outcome: 'counted', record: { state: 'approved', version: 2 } });
  });
  test('two of two need two people', () => {
    const first = decide(recordOf({ quorum: 2 }), yes(alex));
    expect(first).toMatchObject({ outcome: 'counted', record: { state: 'pending' } });
    if (first.outcome !== 'counted') throw new Error('refused');
    expect(decide(first.record, yes(alex))).toMatchObject({ outcome: 'refused', code: 'ApprovalInvalid' });
    expect(decide(first.record, yes(alex.replace('/approver/', '/Approver2/')))).toMatchObject({ outcome: 'refused' });
    expect(decide(first.record, yes(sam))).toMatchObject({ outcome: 'counted', record: { state: 'approved' } });
  });
  test('one denial denies', () => {
    expect(decide(recordOf({ quorum: 2 }), yes(sam, { answer: 'deny' }))).toMatchObject({ outcome: 'counted', record: { state: 'denied' } });
  });
  test.each([
    ['the requester', recordOf({ approvers: ['role/requester'] }), yes(robin), 'ApproverNotAllowed'],
    ['the requester by another role', recordOf(), yes(alex.replace('/alex', '/robin')), 'ApproverNotAllowed'],
    ['a stranger', recordOf(), yes('arn:aws:iam::123456789012:user/eve'), 'ApproverNotAllowed'],
    ['too late', recordOf(), yes(alex, { atMs: 1_000_000 }), 'ApprovalExpired'],
    ['a record that was answered', recordOf({ state: 'approved' }), yes(alex), 'ApprovalInvalid'],
    ['an attestation without a statement', recordOf({ purpose: 'attestation' }), yes(alex), 'ApprovalInvalid'],
  ])('%s is refused', (_, record, given, code) => {
    expect(decide(record, given)).toMatchObject({ outcome: 'refused', code });
  });
});

test.each([
  [['role/approver'], alex, true],
  [[alex], alex, true],
  [['approver/alex'], alex, true],
  [['arn:aws:iam::123456789012:role/approver'], alex, true],
  [['role/approve'], alex, false],
  [['alex'], alex, false],
  [['user/kim'], 'arn:aws:iam::123456789012:user/kim', true],
  [[], alex, false],
])('approvers %j and %s: %s', (approvers, arn, expected) => {
  expect(isApprover(approvers, arn)).toBe(expected);
});

test('a person is told by the session name', () => {
  expect(personOf(alex)).toBe('alex');
});

describe('does a record approve exactly this plan', () => {
  const plan = {
    validator: v,
    execution: run('one'),
    cause: { by: robin },
    approval: { quorum: 1, approvers: ['role/approver'] },
    holder: amber,
    candidate: birch,
  };
  const given = recordOf({ state: 'approved', decisions: [yes(alex)] });
  const planHash = 'f'.repeat(64);
  test('yes', () => {
    expect(approves({ record: given, plan, planHash })).toEqual({ ok: true });
  });
  test.each([
    ['no record', undefined, plan, planHash],
    ['a pending one', { ...given, state: 'pending' as const }, plan, planHash],
    ['an attestation', { ...given, purpose: 'attestation' as const }, plan, planHash],
    ['another plan', given, plan, 'e'.repeat(64)],
    ['another execution', given, { ...plan, execution: run('two') }, planHash],
    ['another validator', given, { ...plan, validator: 'hub-2' }, planHash],
    ['an approver who is none in the plan', given, { ...plan, approval: { quorum: 1, approvers: ['role/other'] } }, planHash],
    [
      'a requester who approves',
      { ...given, decisions: [yes(robin)] },
      { ...plan, approval: { quorum: 1, approvers: ['role/requester'] } },
      planHash,
    ],
    ['too few people', given, { ...plan, approval: { quorum: 2, approvers: ['role/approver'] } }, planHash],
  ])('%s: no', (_, record, of, hash) => {
    expect(approves({ record, plan: of, planHash: hash }).ok).toBe(false);
  });
});
