import { describe, expect, test } from 'vitest';
import type { Finding } from '../../core/finding.ts';
import { epochMs } from '../../core/time.ts';
import { amber, birch, cedar, configOf } from '../../test/support/core.ts';
import { judgeDeployed, judgeMachines } from './judge.ts';
import type { AlarmSeen, StackFacts, ValidatorFacts } from './look.ts';

const nowMs = epochMs(1_700_000_000_000);
const alarm = (name: string, of: Partial<AlarmSeen> = {}): AlarmSeen => ({
  name: `baton-${name}`,
  state: 'OK',
  actionsEnabled: true,
  actions: 1,
  sinceMs: 0,
  ...of,
});
const facts = (of: Partial<StackFacts> = {}): StackFacts => ({
  stack: 'baton',
  documents: {
    value: [
      { name: 'baton-fence', same: true },
      { name: 'baton-rejoin', same: true },
    ],
  },
  keyState: { value: 'Enabled' },
  alarms: { value: [alarm('One'), alarm('Two', { actions: 0 })] },
  runbooks: ['One', 'Two'],
  subscriptions: { value: { confirmed: 2, pending: 0 } },
  schedules: { value: [{ name: 'baton-WatchSchedule-1', state: 'ENABLED' }] },
  clockAheadMs: { value: 9_999 },
  ...of,
});
const told = (check: string, findings: readonly Finding[]): string[] =>
  findings.filter((one) => one.check === check).map(({ state, sentence }) => `${state}: ${sentence}`);
const one = (check: string, of: Partial<StackFacts> = {}): string | undefined => told(check, judgeDeployed(facts(of), nowMs))[0];

describe('the stack', () => {
  test('as it must be', () => {
    expect(judgeDeployed(facts(), nowMs).map(({ check, sentence }) => `${check}: ${sentence}`)).toEqual([
      'documents: baton-fence, baton-rejoin are those of this checkout.',
      'custody-key: The custody key is enabled. Whether it can be granted shows only a release.',
      'alarms: 2 alarms are armed, 1 of them tell people.',
      'subscriptions: 2 are subscribed.',
      'schedules: 1 schedules are enabled.',
      'clock: This machine’s clock agrees with AWS’s.',
    ]);
    expect(judgeDeployed(facts(), nowMs).every(({ state, next }) => state === 'ok' && next === null)).toBe(true);
  });
  test('that gives no answer is unknown, and never ok', () => {
    const unknown = { unknown: 'Not known: no answer.' };
    const nothing = { documents: unknown, keyState: unknown, alarms: unknown, subscriptions: unknown, schedules: unknown, clockAheadMs: unknown };
    const found = judgeDeployed(facts(nothing), nowMs);
    expect(found.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'unknown'));
    expect(found.every(({ next }) => next?.includes('docs/permissions.md'))).toBe(true);
  });
  test.each<[string, Partial<StackFacts>, string]>([
    ['documents', { documents: { value: [{ name: 'baton-fence', same: false }] } }, 'warn: Not those of this checkout: baton-fence.'],
    ['custody-key', { keyState: { value: 'PendingDeletion' } }, 'fail: The custody key is PendingDeletion: no key can be released.'],
    ['alarms', { alarms: { value: [] } }, 'fail: No alarm tells anybody.'],
    ['alarms', { alarms: { value: [alarm('One', { actions: 0 }), alarm('Two', { actions: 0 })] } }, 'fail: No alarm tells anybody.'],
    ['alarms', { alarms: { value: [alarm('One'), alarm('Two', { actionsEnabled: false })] } }, 'fail: Switched off: baton-Two.'],
    ['alarms', { alarms: { value: [alarm('One')] } }, 'warn: Missing: Two.'],
    ['alarms', { alarms: { value: [alarm('One'), alarm('Two', { state: 'ALARM' })] } }, 'warn: Ringing now: baton-Two.'],
    [
      'alarms',
      { alarms: { value: [alarm('One'), alarm('Two', { state: 'INSUFFICIENT_DATA', sinceMs: nowMs - 3_600_001 })] } },
      'warn: Without data for an hour or more: baton-Two.',
    ],
    [
      'alarms',
      { alarms: { value: [alarm('One'), alarm('Two', { state: 'INSUFFICIENT_DATA', sinceMs: nowMs - 3_600_000 })] } },
      'ok: 2 alarms are armed, 2 of them tell people.',
    ],
    ['subscriptions', { subscriptions: { value: { confirmed: 0, pending: 1 } } }, 'fail: Nobody is subscribed; 1 have not confirmed.'],
    ['subscriptions', { subscriptions: { value: { confirmed: 1, pending: 1 } } }, 'warn: 1 are subscribed, 1 have not confirmed.'],
    ['subscriptions', { subscriptions: { value: null } }, 'unchecked: Not checked: BATON_TOPIC is not set.'],
    ['schedules', { schedules: { value: [] } }, 'fail: There is no schedule: nobody watches.'],
    ['schedules', { schedules: { value: [{ name: 'baton-W', state: 'DISABLED' }] } }, 'fail: Switched off: baton-W.'],
    ['clock', { clockAheadMs: { value: 10_000 } }, 'ok: This machine’s clock agrees with AWS’s.'],
    ['clock', { clockAheadMs: { value: -10_001 } }, 'warn: This machine’s clock is -10 s ahead of AWS’s.'],
    ['clock', { clockAheadMs: { value: 240_000 } }, 'warn: This machine’s clock is 240 s ahead of AWS’s.'],
    ['clock', { clockAheadMs: { value: 240_001 } }, 'fail: This machine’s clock is 240 s ahead of AWS’s.'],
  ])('%s of %o', (check, of, expected) => {
    expect(one(check, of)).toBe(expected);
  });
});

describe('the machines', () => {
  const machine = (of: Partial<{ state: string; tag: string | null }> = {}) => ({ state: 'running', tag: 'baton', ...of });
  const seen = (of: Partial<ValidatorFacts> = {}): ValidatorFacts => ({
    stack: 'baton',
    agents: { value: { [amber]: 'Online', [birch]: 'Online' } },
    machines: { value: { [amber]: machine(), [birch]: machine() } },
    watched: { value: undefined },
    head: { value: 100 },
    kmsKey: null,
    ...of,
  });
  const about = (check: string, of: Partial<ValidatorFacts>, config = configOf()): string[] => told(check, judgeMachines(seen(of), config));
  test('as they must be', () => {
    expect(judgeMachines(seen(), configOf()).map(({ check, node, sentence }) => `${check} ${node ?? '-'}: ${sentence}`)).toEqual([
      'chain -: The vantages show height 100 from here too.',
      'agent amber: SSM reaches it.',
      'agent birch: SSM reaches it.',
      'machine amber: Running, and tagged so that EC2 may stop it. Whether it does shows only a fence.',
      'machine birch: Running, and tagged so that EC2 may stop it. Whether it does shows only a fence.',
    ]);
  });
  test.each<[string, Partial<ValidatorFacts>, string]>([
    ['chain', { watched: { value: 'unobservable' } }, 'fail: The watch cannot see the chain from enough vantages.'],
    ['chain', { watched: { value: 'suspect' } }, 'ok: The vantages show height 100 from here too.'],
    ['chain', { watched: { unknown: 'x' } }, 'unknown: x'],
    ['chain', { head: { unknown: 'x' } }, 'unknown: x'],
    [
      'chain',
      { head: { value: null } },
      'unchecked: Not checked: too few vantages answer from here, which may be as it is meant. The watch sees the chain.',
    ],
    ['agent', { agents: { value: { [birch]: 'Online' } } }, 'fail: SSM does not know it.'],
    ['agent', { agents: { value: { [amber]: 'ConnectionLost' } } }, 'fail: SSM does not reach it: ConnectionLost.'],
    ['agent', { agents: { unknown: 'x' } }, 'unknown: x'],
    ['machine', { machines: { value: {} } }, 'fail: EC2 does not know it.'],
    ['machine', { machines: { value: { [amber]: machine({ tag: null }) } } }, 'fail: It lacks the tag baton=baton: no fence reaches it.'],
    ['machine', { machines: { value: { [amber]: machine({ tag: 'other' }) } } }, 'fail: It lacks the tag baton=baton: no fence reaches it.'],
    ['machine', { machines: { value: { [amber]: machine({ state: 'stopped' }) } } }, 'warn: It is stopped.'],
    ['machine', { machines: { unknown: 'x' } }, 'unknown: x'],
  ])('%s of %o', (check, of, expected) => {
    expect(about(check, of)[0]).toBe(expected);
  });
  test('with a key in KMS: whether it is the right one, and who may sign with it', () => {
    const key = { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', publicKey: 'AAAA' };
    const kmsKey = { key: { value: key }, policy: { value: {} }, publicKey: 'AAAA' };
    expect(about('kms-key', { kmsKey })).toEqual(['ok: The key in KMS can be used, and is the one of this validator.']);
    expect(about('kms-signers', { kmsKey })[0]).toMatch(/^warn: Its key policy does not deny kms:Sign to all but the nodes/);
    expect(about('kms-key', {})).toEqual([]);
  });
  test('SSM is only missed where it may prove something', () => {
    const config = configOf((of) => (of['policy'] = { approvers: ['role/a'], evidence: ['relinquished'] }));
    expect(about('agent', { agents: { value: {} } }, config)).toEqual(['warn: SSM does not know it.', 'warn: SSM does not know it.']);
  });
  test('a machine of bare metal is not asked of EC2, and one that may not be switched off is told so', () => {
    const config = configOf((of) => {
      const [first = {}] = of['nodes'] as Record<string, unknown>[];
      of['nodes'] = [
        { ...first, power: false },
        { name: 'cedar', id: cedar, principal: 'arn:aws:iam::123456789012:role/cedar' },
      ];
    });
    expect(about('machine', {}, config)).toEqual(['ok: Running, and tagged.']);
    expect(about('agent', {}, config)).toEqual(['ok: SSM reaches it.', 'fail: SSM does not know it.']);
  });
  test('Slack is told as not checked, where somebody approves there', () => {
    const config = configOf((of) => (of['policy'] = { approvers: ['slack/T01/U01/robin', 'role/a'] }));
    expect(about('slack', {}, config)).toEqual(['unchecked: Not checked: the token of Slack is not for people to read.']);
    expect(about('slack', {})).toEqual([]);
  });
});
