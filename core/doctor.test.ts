import { registry } from '../chains/registry.ts';
import { describe, expect, test } from 'vitest';
import { amber, birch, configOf, leaseOf, reportOf, robin, run, t, v } from '../test/support/core.ts';
import { judgeStack, judgeValidator, overdueDays, type StackSeen, type ValidatorSeen } from './doctor.ts';
import type { Finding } from './finding.ts';
import type { NodeReport } from './report.ts';
import { epochMs } from './time.ts';

const dayMs = 86_400_000;
const now = epochMs(1_700_000_000_000);
const ago = (days: number): number => now - days * dayMs;

const stack = (of: Partial<StackSeen> = {}) =>
  judgeStack(
    {
      table: { state: 'safe', sentence: 'One Region.' },
      caller: { value: robin },
      fleet: { value: [v] },
      frozen: { value: null },
      acknowledgedMs: { value: ago(3) },
      ...of,
    },
    now,
  );

const look = (sequence: number, of: { amber?: Partial<NodeReport> | null; birch?: Partial<NodeReport> | null } = {}) => ({
  ...(of.amber === null ? {} : { [amber]: reportOf({ sequence, ...of.amber }) }),
  ...(of.birch === null ? {} : { [birch]: reportOf({ node: birch, sequence, signing: false, height: 99, ...of.birch }) }),
});
const looks = (of: Parameters<typeof look>[1] = {}) => ({ value: { before: look(1), after: look(2, of) } });

const patient = (of: Partial<ValidatorSeen> = {}): ValidatorSeen => ({
  validator: v,
  caller: { value: robin },
  config: { value: configOf() },
  lease: { value: leaseOf() },
  claimRunning: { value: true },
  pause: { value: undefined },
  history: { value: [{ atMs: ago(20) }, { atMs: ago(10) }] },
  fenceTest: { value: undefined },
  vault: { value: true },
  quarantined: { value: [] },
  looks: looks(),
  ...of,
});
const examined = (of: Partial<ValidatorSeen> = {}): Finding[] => judgeValidator(patient(of), { nowMs: now, chains: registry });
const found = (findings: readonly Finding[], check: string, node: string | null = null) => {
  const [one, ...more] = findings.filter((finding) => finding.check === check && finding.node === node);
  expect([check, one === undefined, more]).toEqual([check, false, []]);
  return [one?.state, one?.sentence, one?.next];
};
const told = (of: Partial<ValidatorSeen>, check: string, node: string | null = null) => found(examined(of), check, node);
const login = 'Log in (for example: aws sso login) and run it again.';
const restart = 'On that machine: sudo systemctl restart baton-guard@hub-1.service';

test('a fence that was tested and does not work is a failure, one that was never tested a warning', () => {
  const results = [{ node: amber, kind: 'stopped' as const, code: 'UnitMissing' as const, how: 'No unit.', atMs: now }];
  const record = { validator: v, id: 'a'.repeat(16), by: robin, atMs: now, results };
  expect(told({ fenceTest: { value: record } }, 'fences')).toMatchObject({ 0: 'fail', 2: 'baton fence-test hub-1' });
});

describe('the stack', () => {
  test('that is well', () => {
    expect(stack()).toStrictEqual([
      { check: 'table', validator: null, node: null, state: 'ok', sentence: 'One Region.', next: null },
      { check: 'caller', validator: null, node: null, state: 'ok', sentence: `You are ${robin}.`, next: null },
      { check: 'fleet', validator: null, node: null, state: 'ok', sentence: 'Validators configured: 1.', next: null },
      { check: 'breaker', validator: null, node: null, state: 'ok', sentence: 'The breaker is closed.', next: null },
      { check: 'alert-test', validator: null, node: null, state: 'ok', sentence: 'Alerts reached somebody 3 days ago.', next: null },
    ]);
  });
  test.each([
    ['unsafe', 'fail'],
    ['unknown', 'unknown'],
  ] as const)('a table that is %s', (state, expected) => {
    const next = 'Use a table of one Region or a strongly consistent one, and a role that may call dynamodb:DescribeTable on it.';
    expect(found(stack({ table: { state, sentence: 'So.' } }), 'table')).toEqual([expected, 'So.', next]);
  });
  test('nothing of it is well that was not read', () => {
    const dark = stack({ caller: { unknown: 'Who?' }, fleet: { unknown: 'What?' }, acknowledgedMs: { broken: 'Why?' } });
    expect(found(dark, 'caller')).toEqual(['unknown', 'Who?', login]);
    expect(found(dark, 'fleet')).toEqual(['unknown', 'What?', 'baton status']);
    expect(found(dark, 'alert-test')).toEqual(['fail', 'Why?', 'baton alert-test']);
  });
  test('that is frozen', () => {
    expect(found(stack({ frozen: { value: { sentence: 'The fleet is frozen: 1.' } } }), 'breaker')).toEqual([
      'fail',
      'The fleet is frozen: 1.',
      'baton breaker',
    ]);
    expect(found(stack({ frozen: { unknown: 'No answer.' } }), 'breaker')).toEqual(['unknown', 'No answer.', 'baton breaker']);
  });
  test('without a validator', () => {
    expect(found(stack({ fleet: { value: [] } }), 'fleet')).toEqual(['fail', 'No validator is configured.', 'baton apply validators.yaml']);
  });
  test('whose alerts were not tested for too long', () => {
    const days = overdueDays.alertTest;
    const next = 'baton alert-test';
    expect(found(stack({ acknowledgedMs: { value: null } }), 'alert-test')).toEqual(['warn', 'Nobody has ever acknowledged an alert test.', next]);
    expect(found(stack({ acknowledgedMs: { value: ago(days) } }), 'alert-test')).toEqual(['warn', `Alerts reached somebody ${days} days ago.`, next]);
    expect(found(stack({ acknowledgedMs: { value: ago(days) + 1 } }), 'alert-test')[0]).toBe('ok');
  });
});

describe('a validator', () => {
  test('that is well', () => {
    const of = (check: string, node: string | null, sentence: string): Finding => ({ check, validator: v, node, state: 'ok', sentence, next: null });
    expect(examined()).toStrictEqual([
      of('configuration', null, 'Mode approve; evidence relinquished, stopped, powered-off.'),
      of('lease', null, 'amber may sign in term 1.'),
      of('pause', null, 'Not paused.'),
      of('principals', null, 'Each node has a principal of its own.'),
      of('vantages', null, 'The chain is seen from 2 places.'),
      of('approvers', null, '0 people and 1 roles may approve, 1 must.'),
      of('timing', null, expect.stringContaining('= 10000 ms < lease 15000 ms') as string),
      of('key', null, 'The key is sealed.'),
      of('drill', null, 'It was moved 10 days ago.'),
      { ...of('fences', null, 'Not each of its 4 fences has ever been tested with success.'), state: 'warn', next: 'baton fence-test hub-1' },
      of('guard', 'amber', 'Its guard is alive.'),
      of('ready', 'amber', 'Synced, at height 100.'),
      of('guard', 'birch', 'Its guard is alive.'),
      of('ready', 'birch', 'Synced, at height 99.'),
      of('armed', 'amber', 'It stops by itself 15000 ms after it last read the lease.'),
      of('builds', null, 'Every guard is build b1.'),
    ]);
  });
  test.each<[ValidatorSeen['config'], string, string, string]>([
    [{ value: undefined }, 'fail', 'It is not configured.', 'baton apply validators.yaml'],
    [{ unknown: 'No answer.' }, 'unknown', 'No answer.', 'baton status hub-1'],
    [{ broken: 'No hash.' }, 'fail', 'No hash.', 'baton status hub-1'],
  ])('of which the configuration is %j', (config, state, sentence, next) => {
    expect(examined({ config })).toStrictEqual([{ check: 'configuration', validator: v, node: null, state, sentence, next }]);
  });
  test('nothing of it is well that was not read', () => {
    const unknown = { unknown: 'No answer.' };
    const dark = examined({ caller: unknown, lease: unknown, pause: unknown, history: unknown, fenceTest: unknown, vault: unknown, looks: unknown });
    for (const check of ['lease', 'pause', 'guards']) expect(found(dark, check)).toEqual(['unknown', 'No answer.', 'baton status hub-1']);
    expect(found(dark, 'approvers')).toEqual(['unknown', 'No answer.', login]);
    expect(found(dark, 'drill')).toEqual(['unknown', 'No answer.', 'baton switchover hub-1 --reason drill']);
    expect(found(dark, 'fences')).toEqual(['unknown', 'No answer.', 'baton fence-test hub-1']);
    expect(found(dark, 'key')).toEqual(['unknown', 'No answer.', 'baton doctor hub-1 --vault   (as custodian)']);
    expect(dark.filter(({ check }) => ['guard', 'ready', 'armed', 'builds'].includes(check))).toEqual([]);
  });
  test('that is paused', () => {
    expect(told({ pause: { value: { by: 'robin', reason: 'Upgrade' } } }, 'pause')).toEqual([
      'warn',
      'Paused by robin: Upgrade. No failover starts.',
      'baton resume hub-1',
    ]);
  });
});

describe('the lease', () => {
  const moving = { value: leaseOf({ phase: 'FENCED', term: t(2), claim: run('one') }) };
  test.each<[string, Partial<ValidatorSeen>, unknown[]]>([
    ['is not there', { lease: { value: undefined } }, ['fail', 'Not enrolled: nobody may sign.', 'baton apply validators.yaml']],
    [
      'names another machine',
      { lease: { value: leaseOf({ holder: 'i-0ceda00000000003' as typeof amber }) } },
      [
        'fail',
        'The recorded active i-0ceda00000000003 is not among the nodes.',
        'Put it back into validators.yaml, then: baton apply validators.yaml',
      ],
    ],
    ['is moving', { lease: moving }, ['warn', 'Term 2 is FENCED; one drives it.', 'baton explain one']],
    [
      'stands still',
      { lease: moving, claimRunning: { value: false } },
      ['fail', 'Term 2 is FENCED and one has ended: nothing goes on by itself.', 'baton failover hub-1'],
    ],
    ['moves or stands still', { lease: moving, claimRunning: { unknown: 'Who knows.' } }, ['unknown', 'Who knows.', 'baton explain one']],
    ['is held, whatever became of its claim', { claimRunning: { unknown: 'Who knows.' } }, ['ok', 'amber may sign in term 1.', null]],
  ])('%s', (_, of, expected) => {
    expect(told(of, 'lease')).toEqual(expected);
  });
});

describe('the key', () => {
  test('that nobody looked for is not checked', () => {
    const next = 'baton doctor hub-1 --vault   (as custodian)';
    expect(told({ vault: null }, 'key')).toEqual(['unchecked', 'Not checked: only a custodian may see whether the key is sealed.', next]);
  });
  test('that is not there', () => {
    expect(told({ vault: { value: false } }, 'key')).toEqual(['fail', 'No key is sealed: none can be released.', 'baton seal hub-1 --key-file FILE']);
  });
});

describe('the last drill', () => {
  const next = 'baton switchover hub-1 --reason drill';
  const days = overdueDays.drill;
  test.each<[number[], unknown[]]>([
    [[], ['warn', 'It has never been moved.', next]],
    [
      [ago(days + 5), ago(days)],
      ['warn', `It was moved ${days} days ago.`, next],
    ],
    [
      [ago(days + 5), ago(days) + 1],
      ['ok', `It was moved ${days - 1} days ago.`, null],
    ],
  ])('%j', (failovers, expected) => {
    expect(told({ history: { value: failovers.map((atMs) => ({ atMs })) } }, 'drill')).toEqual(expected);
  });
  test('of one node that has nowhere to go', () => {
    const one = configOf((of) => (of['nodes'] = (of['nodes'] as unknown[]).slice(0, 1)));
    expect(told({ config: { value: one } }, 'drill')).toEqual([
      'warn',
      'It has one node only: there is nowhere to move to.',
      'Add a node to validators.yaml, then: baton apply validators.yaml',
    ]);
  });
});

describe('a guard', () => {
  const silent = { value: { before: look(2), after: look(2) } };
  test('whose report does not rise is silent, and what it said counts for nothing', () => {
    for (const name of ['amber', 'birch']) {
      expect(told({ looks: silent }, 'guard', name)).toEqual(['fail', 'Its guard is silent: its report does not rise.', restart]);
      expect(told({ looks: silent }, 'ready', name)).toEqual(['unknown', 'Nobody knows: there is no fresh report.', restart]);
    }
    expect(told({ looks: looks({ amber: { asks: [birch] } }) }, 'armed', 'amber')[1]).toBe(
      'It stops by itself 15000 ms after it last read the lease, unless every other guard promises.',
    );
    expect(told({ looks: silent }, 'armed', 'amber')).toEqual(['unknown', 'Nobody knows: its guard is silent.', restart]);
    expect(told({ looks: silent }, 'builds')).toEqual(['unknown', 'No guard tells its build.', 'baton status hub-1']);
  });
  test('that never reported', () => {
    expect(told({ looks: { value: { before: {}, after: look(1, { birch: null }) } } }, 'guard', 'birch')).toEqual([
      'fail',
      'Its guard has never reported.',
      restart,
    ]);
  });
  test('that is behind the highest of the others', () => {
    expect(told({ quarantined: { value: [birch] } }, 'ready', 'birch')).toEqual([
      'fail',
      'Not ready: it was fenced, and nobody has brought it back.',
      'baton readmit hub-1 birch',
    ]);
    expect(told({ quarantined: { value: [birch] } }, 'ready', 'amber')[0]).toBe('ok');
    expect(told({ quarantined: { unknown: 'Not known: no answer.' } }, 'ready', 'birch')).toEqual([
      'unknown',
      'Not known: no answer.',
      'baton status hub-1',
    ]);
    expect(told({ looks: looks({ birch: { height: 94 } }) }, 'ready', 'birch')).toEqual([
      'fail',
      'Not ready: it is 6 behind the head, at most 5 allowed.',
      'baton status hub-1',
    ]);
    expect(told({ looks: looks({ amber: { height: 106 } }) }, 'ready', 'birch')[0]).toBe('fail');
    expect(told({ looks: looks({ birch: { height: 110 } }) }, 'ready', 'amber')[0]).toBe('fail');
    expect(told({ looks: looks({ amber: { height: null } }) }, 'ready', 'birch')[0]).toBe('ok');
    expect(told({ looks: looks({ amber: { height: 300, sequence: 1 } }) }, 'ready', 'birch')[0]).toBe('ok');
  });
  test('of another build is told once, for all', () => {
    const two = examined({ looks: looks({ birch: { build: 'b2' } }) });
    expect(found(two, 'builds')).toEqual(['fail', 'Guards are of builds b1, b2.', 'Install one build on every node.']);
    expect(found(two, 'ready', 'birch')[0]).toBe('ok');
  });
  test.each<[string, Partial<ValidatorSeen>, unknown[]]>([
    [
      'is not armed',
      { looks: looks({ amber: { armed: false } }) },
      ['fail', 'Its guard is not armed for term 1: it gives no proof by lapse.', restart],
    ],
    [
      'is armed for another term',
      { looks: looks({ amber: { armedTerm: t(2) } }) },
      ['fail', 'Its guard is not armed for term 1: it gives no proof by lapse.', restart],
    ],
    [
      'is armed for a term that moves',
      { lease: { value: leaseOf({ phase: 'FENCING', term: t(2) }) } },
      ['unknown', 'Nobody holds term 2 yet.', 'baton status hub-1'],
    ],
    [
      'holds by policy',
      { config: { value: configOf((one) => (one['policy'] = { onControlPlaneLoss: 'hold' })) }, looks: looks({ amber: { armed: false } }) },
      ['ok', 'By policy it signs on when it cannot read the lease.', null],
    ],
  ])('%s', (_, of, expected) => {
    expect(told(of, 'armed', 'amber')).toEqual(expected);
  });
  test('of nobody is armed where there is no lease', () => {
    const checks = (of: Partial<ValidatorSeen>): string[] =>
      examined(of).map(({ check, node }) => (check === 'armed' ? `armed ${String(node)}` : check));
    const others = checks({}).filter((check) => check !== 'armed amber');
    expect(others.length).toBe(checks({}).length - 1);
    expect(checks({ lease: { value: undefined } })).toEqual(others);
    expect(checks({ lease: { value: leaseOf({ holder: 'i-0ceda00000000003' as typeof amber }) } })).toEqual(others);
  });
  test('of the holder alone is to be armed', () => {
    const birchHolds = { value: leaseOf({ holder: birch }) };
    expect(told({ lease: birchHolds }, 'armed', 'birch')[0]).toBe('ok');
    expect(told({ lease: birchHolds }, 'lease')[1]).toBe('birch may sign in term 1.');
    expect(examined({ lease: birchHolds }).filter(({ check }) => check === 'armed').length).toBe(1);
  });
});
