import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, configOf, leaseOf, robin, run, t, v } from '../test/support/core.ts';
import { floorNow, handOf, mayApply, mayStart, nextStep, onlyAdds, sayApproval, sayFloor, type RecoverSeen } from './recover.ts';

const seenOf = (of: Partial<RecoverSeen> = {}): RecoverSeen => ({
  validator: v,
  to: { name: 'birch', id: birch },
  lease: leaseOf(),
  running: null,
  paused: null,
  prospects: [{ kind: 'powered-off', outlook: 'expected', sentence: 'EC2 shows it as terminated.' }],
  changes: [],
  notReady: null,
  ...of,
});
const hopeless = { prospects: [{ kind: 'relinquished', outlook: 'returns', sentence: 'It is silent.' }] } as const;

describe('whose hands', () => {
  const sts = 'arn:aws:sts::123456789012:assumed-role/';
  test.each([
    [`${sts}baton-requester/robin`, 'requester'],
    [`${sts}baton-approver/alex`, 'approver'],
    [`${sts}baton-custodian/kim`, 'custodian'],
    [`${sts}baton-deployer/dee`, 'deployer'],
    [`${sts}AWSReservedSSO_baton-custodian_0123456789abcdef/kim`, 'custodian'],
    [`${sts}AWSReservedSSO_baton-custodian_0123456789abcde/kim`, 'other'],
    [`${sts}other-custodian/kim`, 'other'],
    [`${sts}xbaton-custodian/kim`, 'other'],
    [`${sts}baton-custodian-2/kim`, 'other'],
    [`${sts}baton-custodian`, 'other'],
    [`${sts}admin/baton-custodian/x`, 'other'],
    [`${sts}baton-custodian/kim/x`, 'other'],
    [`${sts}admin/baton-custodian`, 'other'],
    ['arn:aws:iam::123456789012:user/baton-custodian', 'other'],
    ['arn:aws:iam::123456789012:root', 'other'],
  ] as const)('%s: %s', (arn, hand) => {
    expect(handOf(arn, 'baton')).toBe(hand);
  });
  test.each([
    ['requester', false, true],
    ['approver', false, false],
    ['custodian', true, false],
    ['deployer', false, false],
    ['other', true, true],
  ] as const)('%s may apply: %s, may start: %s', (hand, applies, starts) => {
    expect([mayApply(hand), mayStart(hand)]).toEqual([applies, starts]);
  });
});

describe('a file that only adds the node', () => {
  const added = { op: '+', path: 'nodes.birch.id' };
  test.each<[string, { op: string; path: string }[], boolean]>([
    ['its fields', [added, { op: '+', path: 'nodes.birch.power' }], true],
    ['nothing', [], false],
    ['another node too', [added, { op: '+', path: 'nodes.cedar.id' }], false],
    ['a node whose name begins like it', [{ op: '+', path: 'nodes.birch-2.id' }], false],
    ['a changed field of it', [added, { op: '~', path: 'nodes.birch.power' }], false],
    ['a policy', [added, { op: '+', path: 'policy.evidence' }], false],
  ])('%s', (_, fields, only) => {
    expect(onlyAdds(fields, 'birch')).toBe(only);
  });
});

describe('the next step', () => {
  test('is to start, when the machine is ready and there could be a proof', () => {
    expect(nextStep(seenOf())).toEqual({ step: 'start' });
  });
  test('is to wait while the machine is not ready', () => {
    expect(nextStep(seenOf({ notReady: 'it is not synced' }))).toEqual({ step: 'wait', why: 'it is not synced' });
  });
  test('is none while nothing could prove it, before anybody waits', () => {
    expect(nextStep(seenOf({ ...hopeless, notReady: 'it is not synced' }))).toEqual({
      step: 'refuse',
      code: 'EvidenceImpossible',
      sentence: `as things are, nothing could prove that ${amber} cannot sign: a failover would end with nobody signing, so none was started`,
      fix: `Bring ${amber} back if it can be.`,
    });
    expect(nextStep(seenOf({ ...hopeless, changes: ['power: true.', 'attested.'] }))).toMatchObject({
      fix: `Bring ${amber} back if it can be. A custodian could change validators.yaml: power: true. Or: attested.`,
    });
  });
  test('is none while somebody has paused it', () => {
    expect(nextStep(seenOf({ ...hopeless, paused: { by: 'robin', reason: 'looking' } }))).toEqual({
      step: 'refuse',
      code: 'Paused',
      sentence: 'hub-1 is paused by robin: looking',
      fix: 'baton resume hub-1',
    });
  });
  test('is done when it is the recorded active and settled', () => {
    const lease = leaseOf({ holder: birch, term: t(2) });
    expect(nextStep(seenOf({ lease, paused: { by: 'robin', reason: 'looking' } }))).toEqual({
      step: 'done',
      sentence: 'birch is the recorded active of hub-1 in term 2.',
    });
  });
  test.each(['RELEASED', 'FENCING', 'FENCED'] as const)('is for people when it is the recorded active and %s without an execution', (phase) => {
    expect(nextStep(seenOf({ lease: leaseOf({ holder: birch, term: t(2), phase, claim: run('one') }) }))).toEqual({
      step: 'refuse',
      code: 'RecoverRefused',
      sentence: `birch is the recorded active already, term 2 is ${phase} and nothing drives it`,
      fix: 'baton explain one',
    });
  });
  test('takes an abandoned term over', () => {
    expect(nextStep(seenOf({ lease: leaseOf({ phase: 'FENCING', term: t(2) }) }))).toEqual({ step: 'start' });
  });
  test.each([birch, null])('follows what runs already (to %s), and starts nothing', (to) => {
    expect(nextStep(seenOf({ running: { execution: run('one'), to }, ...hopeless }))).toEqual({ step: 'follow', execution: 'one' });
  });
  test('follows the end of its own', () => {
    const lease = leaseOf({ holder: birch, term: t(2), phase: 'RELEASED' });
    expect(nextStep(seenOf({ lease, running: { execution: run('one'), to: birch } }))).toEqual({ step: 'follow', execution: 'one' });
  });
  test.each([
    [amber, cedar, cedar],
    [birch, null, 'another node'],
  ] as const)('leaves alone what moves it elsewhere', (holder, to, where) => {
    expect(nextStep(seenOf({ lease: leaseOf({ holder }), running: { execution: run('one'), to } }))).toEqual({
      step: 'refuse',
      code: 'RecoverRefused',
      sentence: `one is moving hub-1 to ${where} already`,
      fix: 'baton explain one',
    });
  });
});

describe('who is asked', () => {
  const withPolicy = (policy: Record<string, unknown>) =>
    configOf((one) => {
      one['policy'] = policy;
    });
  test('is told with what they type', () => {
    const of = withPolicy({ approvers: ['role/approver', 'user/sam'], quorum: 2 });
    expect(sayApproval(of, robin)).toBe('2 of role/approver, user/sam must approve it, and who asks may not: baton approve hub-1');
  });
  test('is told when too few are left', () => {
    const of = withPolicy({ mode: 'watch', approvers: ['user/robin'] });
    expect(sayApproval(of, robin)).toBe('1 of user/robin must approve it, and who asks may not: too few are left, so it would expire.');
  });
  test('is nobody with auto', () => {
    expect(sayApproval(withPolicy({ mode: 'auto', approvers: ['user/robin'] }), robin)).toBe(null);
  });
});

describe('the floor', () => {
  const nodes = { heights: [101, 90, null], maxLag: 5 };
  test('is the head and the margin, or more when a node has seen more', () => {
    const mark = floorNow({ lease: leaseOf(), duty: { kind: 'consensus' }, head: 100, margin: 2, nodes });
    expect(mark).toEqual({ kind: 'consensus', height: 103, round: 2_147_483_647, step: 3 });
  });
  test('is never below that of the term before', () => {
    const before = { kind: 'consensus', height: 500, round: 0, step: 3 } as const;
    expect(floorNow({ lease: leaseOf({ watermark: before }), duty: { kind: 'consensus' }, head: 100, margin: 2, nodes })).toEqual(before);
  });
  test('is also told of a lease that had none', () => {
    const { watermark: _none, ...lease } = leaseOf();
    expect(floorNow({ lease, duty: { kind: 'slot' }, head: 100, margin: 2, nodes })).toEqual({ kind: 'slot', slot: 103 });
  });
  test('is not known without a head', () => {
    expect(floorNow({ lease: leaseOf(), duty: { kind: 'consensus' }, head: null, margin: 2, nodes })).toBe(null);
  });
  test.each([
    [{ kind: 'consensus', height: 103, round: 0, step: 3 } as const, 'height 103'],
    [{ kind: 'slot', slot: 103 } as const, 'slot 103'],
  ])('in words', (floor, where) => {
    expect(sayFloor(floor, { to: 'birch', from: 'amber' })).toBe(
      `birch will sign nothing at or below ${where}, and by the time of the proof the chain is further: amber may have signed so far. ` +
        'Those duties are missed on purpose. Only a proof that carries the exact last duty of amber makes it less.',
    );
  });
  test('that is not known is said to be so', () => {
    expect(sayFloor(null, { to: 'birch', from: 'amber' })).toBe(
      'What birch will not sign cannot be told from here; ReleaseKey asks the vantages itself, and releases nothing while they do not tell.',
    );
  });
});
