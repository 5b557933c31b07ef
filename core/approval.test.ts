import { describe, expect, test } from 'vitest';
import { alex, recordOf, robin, run, sam, v } from '../test/support/core.ts';
import { approves, decide, isApprover, personOf, type ApprovalRecord, type Decision, type DecideOutcome } from './approval.ts';

const yes = (by: string, of: Partial<Decision> = {}): Decision => ({ by, answer: 'approve', atMs: 10, ...of });
type Refusal = Extract<DecideOutcome, { outcome: 'refused' }>;
const refused = (code: Refusal['code'], reason: string): Refusal => ({ outcome: 'refused', code, reason });
const eve = 'arn:aws:iam::123456789012:user/eve';

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
  test.each<[string, () => ApprovalRecord, Decision, DecideOutcome]>([
    ['a record that was answered', () => recordOf({ state: 'approved' }), yes(alex), refused('ApprovalInvalid', 'it is approved already')],
    ['an answer at the very end', () => recordOf(), yes(alex, { atMs: 1_000_000 }), refused('ApprovalExpired', 'the time to answer has passed')],
    ['a stranger', () => recordOf(), yes(eve), refused('ApproverNotAllowed', `${eve} is not among the approvers`)],
    ['a stranger who denies', () => recordOf(), yes(eve, { answer: 'deny' }), refused('ApproverNotAllowed', `${eve} is not among the approvers`)],
    [
      'the requester',
      () => recordOf({ approvers: ['role/requester'] }),
      yes(robin),
      refused('ApproverNotAllowed', 'who asks for it may not approve it'),
    ],
    [
      'the requester by another role',
      () => recordOf(),
      yes(alex.replace('/alex', '/robin')),
      refused('ApproverNotAllowed', 'who asks for it may not approve it'),
    ],
    ['a second answer', () => recordOf({ quorum: 2, decisions: [yes(alex)] }), yes(alex), refused('ApprovalInvalid', `${alex} has answered already`)],
    [
      'a second answer by another role',
      () => recordOf({ quorum: 2, decisions: [yes(alex.replace('/approver/', '/other/')), yes(sam)] }),
      yes(alex),
      refused('ApprovalInvalid', `${alex} has answered already`),
    ],
    [
      'an attestation without a statement',
      () => recordOf({ purpose: 'attestation' }),
      yes(alex),
      refused('ApprovalInvalid', 'an attestation needs a statement of what was done'),
    ],
  ])('%s is refused', (_, record, given, expected) => {
    expect(decide(record(), given)).toStrictEqual(expected);
  });
  test.each<[string, () => ApprovalRecord, Decision]>([
    ['an answer a millisecond before the end', () => recordOf(), yes(alex, { atMs: 999_999 })],
    ['an attestation with a statement', () => recordOf({ purpose: 'attestation' }), yes(alex, { statement: 'I pulled the plug.' })],
    ['an approval without a statement', () => recordOf(), yes(alex)],
  ])('%s counts', (_, record, given) => {
    const before = record();
    expect(decide(before, given)).toStrictEqual({
      outcome: 'counted',
      record: { ...before, decisions: [given], state: 'approved', version: 2 },
    });
  });
  test('the requester may deny, and so may who would attest, without a statement', () => {
    const by = recordOf({ approvers: ['role/requester'], purpose: 'attestation' });
    expect(decide(by, yes(robin, { answer: 'deny' }))).toMatchObject({ outcome: 'counted', record: { state: 'denied' } });
  });
  test('an earlier denial is no step towards the quorum', () => {
    const record = recordOf({ quorum: 2, decisions: [yes(alex, { answer: 'deny' })] });
    expect(decide(record, yes(sam))).toMatchObject({ outcome: 'counted', record: { state: 'pending' } });
  });
});

describe('who is an approver', () => {
  test.each([
    [['role/approver'], alex, true],
    [['role/other', 'role/approver'], alex, true],
    [[alex], alex, true],
    [['approver/alex'], alex, true],
    [['arn:aws:iam::123456789012:role/approver'], alex, true],
    [['role/on-call+=,.@_1'], 'arn:aws-us-gov:sts::123456789012:assumed-role/on-call+=,.@_1/kim+=,.@-_1', true],
    [['on-call/kim+=,.@-_1'], 'arn:aws-us-gov:sts::123456789012:assumed-role/on-call/kim+=,.@-_1', true],
    [['user/kim'], 'arn:aws:iam::123456789012:user/kim', true],
    [['user/ops/kim+=,.@-_1'], 'arn:aws-cn:iam::123456789012:user/ops/kim+=,.@-_1', true],
    [['role/kim'], 'arn:aws:iam::123456789012:role/kim', true],
    [['role/approve'], alex, false],
    [['alex'], alex, false],
    [['undefined'], alex, false],
    [[], alex, false],
  ])('approvers %j and %s: %s', (approvers, arn, expected) => {
    expect(isApprover(approvers, arn)).toBe(expected);
  });
  const short = ['role/approver', 'approver/alex', 'user/kim', 'role/kim', 'arn:aws:iam::123456789012:role/approver', 'arn:aws:iam::1:role/approver'];
  test.each([
    'x arn:aws:sts::123456789012:assumed-role/approver/alex',
    'arn:aws:sts::123456789012:assumed-role/approver/alex x',
    'arn:!:sts::123456789012:assumed-role/approver/alex',
    'arn::sts::123456789012:assumed-role/approver/alex',
    'arn:aws:sts::1:assumed-role/approver/alex',
    'arn:aws:sts::12345678901x:assumed-role/approver/alex',
    'arn:aws:sts::123456789012:assumed-role/approver/',
    'arn:aws:sts::123456789012:assumed-role/approver/alex/x',
    'x arn:aws:iam::123456789012:user/kim',
    'arn:aws:iam::123456789012:user/kim x',
    'arn:!:iam::123456789012:user/kim',
    'arn:aws:iam::1:user/kim',
    'arn:aws:iam::12345678901x:user/kim',
    'arn:aws:iam::123456789012:group/kim',
  ])('%s is nobody but itself', (arn) => {
    expect(isApprover(short, arn)).toBe(false);
    expect(isApprover([arn], arn)).toBe(true);
  });
});

test('a person is told by the session name', () => {
  expect(personOf(alex)).toBe('alex');
  expect(personOf('kim')).toBe('kim');
});

type Of = Parameters<typeof approves>[0]['plan'];

describe('does a record approve exactly this plan', () => {
  const plan = {
    validator: v,
    execution: run('one'),
    cause: { by: robin },
    approval: { quorum: 1, approvers: ['role/approver'] },
  };
  const given = recordOf({ state: 'approved', decisions: [yes(alex)] });
  const planHash = 'f'.repeat(64);
  test('yes', () => {
    expect(approves({ record: given, plan, planHash })).toEqual({ ok: true });
  });
  const other = { quorum: 1, approvers: ['role/other'] };
  const no = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });
  test.each<[string, ApprovalRecord | undefined, Of, string, { ok: false; reason: string }]>([
    ['no record', undefined, plan, planHash, no('there is no such approval')],
    ['a pending one', { ...given, state: 'pending' }, plan, planHash, no('it is pending')],
    ['an attestation', { ...given, purpose: 'attestation' }, plan, planHash, no('the record is an attestation')],
    ['another plan', given, plan, 'e'.repeat(64), no('it was given to another plan')],
    ['another execution', given, { ...plan, execution: run('two') }, planHash, no('it was given to another execution')],
    ['another validator', given, { ...plan, validator: 'hub-2' }, planHash, no('it was given to another execution')],
    ['an approver who is none in the plan', given, { ...plan, approval: other }, planHash, no('0 of 1 people approved')],
    [
      'a requester who approves',
      { ...given, decisions: [yes(robin)] },
      { ...plan, approval: { quorum: 1, approvers: ['role/requester'] } },
      planHash,
      no('0 of 1 people approved'),
    ],
    ['a denial', { ...given, decisions: [yes(alex, { answer: 'deny' })] }, plan, planHash, no('0 of 1 people approved')],
    [
      'one person twice, by two roles',
      { ...given, decisions: [yes(alex), yes(alex.replace('/approver/', '/other/'))] },
      { ...plan, approval: { quorum: 2, approvers: ['role/approver', 'role/other'] } },
      planHash,
      no('1 of 2 people approved'),
    ],
  ])('%s: no', (_, record, of, hash, expected) => {
    expect(approves({ record, plan: of, planHash: hash })).toStrictEqual(expected);
  });
  test('two people of two: yes', () => {
    const two = { ...given, decisions: [yes(alex), yes(sam)] };
    expect(approves({ record: two, plan: { ...plan, approval: { quorum: 2, approvers: ['role/approver'] } }, planHash })).toEqual({ ok: true });
  });
});
