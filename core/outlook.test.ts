import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, configOf, fencing, leaseOf, reportOf, robin, sam, t } from '../test/support/core.ts';
import type { EvidenceKind } from './evidence.ts';
import { canProve, changesFor, enoughBeside, outlookOf, outlooks, type Lost, type OutlookInput } from './outlook.ts';

const running = { state: 'running', tag: 'baton' };
const ec2 = (state: string, tag: string | null = 'baton'): Lost['machine'] => ({ value: { state, tag } });
const forgotten: Lost['machine'] = { value: undefined };
const unseen = { unknown: 'Not known: no answer.' };

/** amber, silent and out of SSM's reach, is running as far as EC2 knows. */
const lostOf = (of: Partial<Lost> = {}): Lost => ({
  report: reportOf(),
  silent: true,
  agent: { value: 'ConnectionLost' },
  machine: { value: running },
  ...of,
});

interface Of {
  readonly lost?: Partial<Lost>;
  readonly change?: (one: Record<string, unknown>) => void;
  readonly more?: Partial<OutlookInput>;
}
const inputOf = ({ lost = {}, change, more = {} }: Of = {}): OutlookInput => {
  const config = configOf(change);
  const [node] = config.nodes;
  if (!node) throw new Error('no node');
  return { config, lease: leaseOf(), node, lost: lostOf(lost), to: cedar, caller: robin, stack: 'baton', gated: true, ...more };
};
const policy =
  (of: Record<string, unknown>, power: unknown = true) =>
  (one: Record<string, unknown>): void => {
    one['policy'] = { approvers: ['role/approver'], ...of };
    one['nodes'] = (one['nodes'] as Record<string, unknown>[]).map((node) => ({ ...node, power }));
  };
/** What is told of this kind, when the policy accepts it alone. */
const told = (kind: EvidenceKind, of: Of = {}, power: unknown = true): readonly [string, string] => {
  const [one, ...others] = outlookOf(inputOf({ change: policy({ evidence: [kind] }, power), ...of }));
  if (one?.kind !== kind || others.length > 0) throw new Error('not of this kind alone');
  return [one.outlook, one.sentence];
};

test('there are five outlooks', () => {
  expect(outlooks).toEqual(['expected', 'people', 'unknown', 'returns', 'never']);
});
test('each accepted kind is told, in the order of the policy', () => {
  const change = policy({ evidence: ['attested', 'powered-off', 'relinquished'] });
  expect(outlookOf(inputOf({ change })).map(({ kind, outlook }) => [kind, outlook])).toEqual([
    ['attested', 'people'],
    ['powered-off', 'expected'],
    ['relinquished', 'returns'],
  ]);
});

describe('relinquished', () => {
  test('silence is no proof, and none is expected of it', () => {
    expect(told('relinquished')).toEqual(['returns', 'Its guard is silent. That proves nothing: it would have to come back and say so.']);
    expect(told('relinquished', { lost: { machine: null } })[0]).toBe('returns');
    expect(told('relinquished', { lost: { machine: unseen } })[0]).toBe('returns');
    expect(told('relinquished', { lost: { machine: { broken: 'Broken.' } } })[0]).toBe('returns');
    expect(told('relinquished', { lost: { machine: ec2('stopped') } })[0]).toBe('returns');
  });
  test('a guard that lives will give it up', () => {
    expect(told('relinquished', { lost: { silent: false } })).toEqual([
      'expected',
      'Its guard is alive, and gives up the term when it reads that it was taken.',
    ]);
    expect(told('relinquished', { lost: { silent: false, machine: forgotten } })[0]).toBe('expected');
  });
  test.each([['terminated'], ['shutting-down']])('of a machine that is %s nothing comes any more', (state) => {
    expect(told('relinquished', { lost: { machine: ec2(state) } })).toEqual(['never', 'Its machine is gone, and its guard with it.']);
  });
  test('nor of one that EC2 has forgotten', () => {
    expect(told('relinquished', { lost: { machine: forgotten } })[0]).toBe('never');
  });
  test('what was given up in this very term stands already', () => {
    const gave = { report: reportOf({ relinquished: { term: t(2), watermark: null } }) };
    expect(told('relinquished', { lost: gave, more: { lease: fencing() } })).toEqual(['expected', 'Its guard has given up term 2.']);
    expect(told('relinquished', { lost: gave, more: { lease: fencing({ term: t(3) }) } })[0]).toBe('returns');
    expect(told('relinquished', { lost: gave, more: { lease: leaseOf({ term: t(2) }) } })[0]).toBe('returns');
    expect(told('relinquished', { lost: { report: reportOf() }, more: { lease: fencing() } })[0]).toBe('returns');
    expect(told('relinquished', { lost: { report: undefined }, more: { lease: fencing() } })[0]).toBe('returns');
  });
});

describe('stopped', () => {
  test('a command runs where the agent is reached', () => {
    expect(told('stopped', { lost: { agent: { value: 'Online' } } })).toEqual([
      'expected',
      'SSM calls its agent Online, which may be minutes old; a command that ran there would prove it.',
    ]);
    expect(told('stopped', { lost: { agent: { value: 'Online' }, machine: null } })[0]).toBe('expected');
  });
  test('not on a machine that EC2 shows as stopped, whatever SSM remembers', () => {
    expect(told('stopped', { lost: { agent: { value: 'Online' }, machine: ec2('stopped') } })[0]).toBe('returns');
  });
  test('nor where SSM does not reach it', () => {
    expect(told('stopped')).toEqual(['returns', 'SSM does not reach it (ConnectionLost): no command runs there unless it comes back.']);
    expect(told('stopped', { lost: { agent: { value: undefined } } })).toEqual([
      'returns',
      'SSM does not reach it (not known to SSM): no command runs there unless it comes back.',
    ]);
  });
  test('nor on one that is gone', () => {
    const lost = { agent: { value: 'Online' }, machine: ec2('terminated') };
    expect(told('stopped', { lost })).toEqual(['never', 'Its machine is gone: no command runs on it.']);
  });
  test('what SSM does not tell is not known', () => {
    expect(told('stopped', { lost: { agent: unseen } })).toEqual(['unknown', 'Not known: no answer.']);
    expect(told('stopped', { lost: { agent: { broken: 'Broken.' } } })).toEqual(['unknown', 'Broken.']);
  });
});

describe('powered-off', () => {
  test.each([
    ['stopped', 'EC2 shows it as stopped: proof, once the term is taken.'],
    ['terminated', 'EC2 shows it as terminated: proof, once the term is taken.'],
    ['stopping', 'EC2 shows it as stopping: proof when that has ended.'],
    ['shutting-down', 'EC2 shows it as shutting-down: proof when that has ended.'],
    ['running', 'EC2 shows it as running, and is told to stop it once the term is taken.'],
  ])('%s', (state, sentence) => {
    expect(told('powered-off', { lost: { machine: ec2(state) } })).toEqual(['expected', sentence]);
  });
  test('only what still runs needs the tag', () => {
    expect(told('powered-off', { lost: { machine: ec2('terminated', null) } })[0]).toBe('expected');
    expect(told('powered-off', { lost: { machine: ec2('stopping', null) } })[0]).toBe('expected');
    for (const tag of [null, 'other'])
      expect(told('powered-off', { lost: { machine: ec2('running', tag) } })).toEqual([
        'never',
        'EC2 shows it as running, and without the tag baton=baton nothing may stop it.',
      ]);
  });
  test('of a machine that EC2 does not know any more nothing is shown, and nothing proven', () => {
    const told1 = ['never', `EC2 does not know ${amber}, or no more: it shows no state of it.`];
    expect(told('powered-off', { lost: { machine: forgotten } })).toEqual(told1);
    expect(told('powered-off', { lost: { machine: null } })).toEqual(told1);
  });
  test('what EC2 does not tell is not known', () => {
    expect(told('powered-off', { lost: { machine: unseen } })).toEqual(['unknown', 'Not known: no answer.']);
  });
  test('without power in the configuration a terminated machine proves nothing', () => {
    expect(told('powered-off', { lost: { machine: ec2('terminated') } }, false)).toEqual([
      'never',
      'Nobody can switch its power: power is false in nodes, so what EC2 shows does not count.',
    ]);
  });
  test('another switch is asked when the term is taken, and not before', () => {
    const power = { kind: 'webhook', url: 'https://fence.example.com/power', parameter: 'amber' };
    expect(told('powered-off', {}, power)).toEqual([
      'unknown',
      'Its webhook is told to cut the power, and asked whether it is off, once the term is taken.',
    ]);
  });
});

describe('lapsed', () => {
  test('of a guard that was armed for the term that its node holds', () => {
    expect(told('lapsed')).toEqual(['expected', 'Its guard was armed for term 1: surely closed 18579 ms after the term is taken.']);
  });
  test.each<[string, Partial<Lost>]>([
    ['of one that was not', { report: reportOf({ armed: false }) }],
    ['of one that was armed for another term', { report: reportOf({ armedTerm: t(2) }) }],
    ['without a report', { report: undefined }],
  ])('not %s', (_, lost) => {
    expect(told('lapsed', { lost })).toEqual(['never', 'Its guard did not declare itself armed for term 1.']);
  });
  test('of one that asks others only by the word of who was asked', () => {
    const asks = (...nodes: (typeof birch)[]) => ({ lost: { report: reportOf({ asks: nodes }) } });
    expect(told('lapsed', asks(birch, cedar))[0]).toBe('expected');
    expect(told('lapsed', asks(birch))).toEqual(['never', `Its guard goes on while others promise, and ${cedar} is none whom it asked in term 1.`]);
  });
});

describe('attested', () => {
  test('by people beside who asks', () => {
    expect(told('attested')).toEqual([
      'people',
      '1 of role/approver, not who asks, must state what they did to it: baton attest hub-1 --statement "…".',
    ]);
  });
  test('not when too few are left', () => {
    const change = policy({ evidence: ['attested'], approvers: ['user/robin', 'user/sam'], quorum: 2 });
    expect(told('attested', { change })).toEqual(['never', '2 of user/robin, user/sam must state it, and who asks may not: too few are left.']);
  });
  test.each<[string[], number, boolean]>([
    [['user/sam'], 1, true],
    [['user/robin'], 1, false],
    [['user/robin', 'user/sam'], 1, true],
    [['user/robin', 'user/sam'], 2, false],
    [['user/sam', 'approver/sam'], 2, false],
    [['role/approver'], 3, true],
    [['arn:aws:iam::123456789012:role/approver'], 2, true],
    [['user/myrole/robin'], 1, false],
    [[], 1, false],
  ])('%j with a quorum of %i: %s', (approvers, quorum, enough) => {
    expect(enoughBeside({ approvers, quorum }, robin)).toBe(enough);
  });
  test('another one asks', () => {
    expect(enoughBeside({ approvers: ['user/robin'], quorum: 1 }, sam)).toBe(true);
  });
});

describe('whether anything could prove it', () => {
  test.each([
    ['expected', true],
    ['people', true],
    ['unknown', true],
    ['returns', false],
    ['never', false],
  ] as const)('%s: %s', (outlook, could) => {
    expect(canProve([{ kind: 'stopped', outlook, sentence: '' }])).toBe(could);
    expect(
      canProve([
        { kind: 'relinquished', outlook: 'never', sentence: '' },
        { kind: 'stopped', outlook, sentence: '' },
      ]),
    ).toBe(could);
  });
  test('nothing at all could not', () => {
    expect(canProve([])).toBe(false);
  });
});

describe('what a custodian could change', () => {
  const assumptions = { lapsed: 'The clocks of our nodes run within 5 %.', attested: 'Whoever attests has seen it dark.' };
  const byPower = 'power: true for amber, and powered-off in policy.evidence. EC2 shows it as terminated: proof, once the term is taken.';
  const byLapse = [
    'lapsed in policy.evidence, with policy.assumptions.lapsed: clocks within 5 %, no machine resumed.',
    'Its guard was armed for term 1: surely closed 18579 ms after the term is taken.',
  ].join(' ');
  const byPeople = 'attested in policy.evidence, with policy.assumptions.attested and approvers beside who asks: a second person states it.';
  const gone = { machine: ec2('terminated') };
  const changes = (change: Of['change'], lost: Partial<Lost> = gone, more: Of['more'] = {}): string[] =>
    changesFor(inputOf({ lost, more, ...(change ? { change } : {}) }));

  test('the strongest stands first', () => {
    expect(changes(policy({ evidence: ['stopped'] }, false))).toEqual([byPower, byLapse, byPeople]);
  });
  test.each<[string, Of['change']]>([
    ['power without the kind', policy({ evidence: ['stopped', 'lapsed', 'attested'], assumptions }, true)],
    ['the kind without power', policy({ evidence: ['powered-off', 'lapsed', 'attested'], assumptions }, false)],
  ])('%s is half of it', (_, change) => {
    expect(changes(change)).toEqual([byPower]);
  });
  test('of what the policy accepts already nothing is said', () => {
    expect(changes(policy({ evidence: ['powered-off', 'lapsed', 'attested'], assumptions }))).toEqual([]);
  });
  test('nor of what would not help', () => {
    expect(changes(policy({ evidence: ['stopped'] }, false), { machine: forgotten, report: undefined })).toEqual([byPeople]);
    expect(changes(policy({ evidence: ['stopped'] }, false), { machine: unseen, report: undefined })).toEqual([byPeople]);
  });
  test('nor of lapse where the policy forbids it', () => {
    expect(changes(policy({ evidence: ['stopped'], onControlPlaneLoss: 'hold' }, false))).toEqual([byPower, byPeople]);
    const daemon = (one: Record<string, unknown>): void => {
      policy({ evidence: ['stopped'] }, false)(one);
      one['chain'] = { kind: 'systemd', progressPath: '/p', progressPointer: '/p', headPath: '/h', headPointer: '/h' };
    };
    expect(changes(daemon, gone, { gated: false })).toEqual([byPower, byPeople]);
  });
  test('people are named while too few may state it', () => {
    const change = policy({ evidence: ['powered-off', 'lapsed', 'attested'], approvers: ['user/robin'], assumptions });
    expect(changes(change)).toEqual([byPeople]);
    expect(changes(change, gone, { caller: sam })).toEqual([]);
  });
  test('nothing is changed by asking', () => {
    const input = inputOf({ lost: gone });
    const before = structuredClone(input.config);
    changesFor(input);
    expect(input.config).toEqual(before);
    expect(input.config.nodes.map(({ id }) => id)).toEqual([amber, birch]);
  });
});
