import { registry } from '../chains/registry.ts';
import { describe, expect, test } from 'vitest';
import { amber, birch, configOf } from '../test/support/core.ts';
import { checkValidator, twice } from './check.ts';
import { BatonError } from './errors.ts';

/** Every rule between the fields of one validator, with what the operator reads when it is broken. */

type One = Record<string, unknown>;
const verdictOf = (of: One): One => ({ approvers: ['role/approver'], verdict: of });
const evidenceOf = (kind: string, of: One = {}): One => ({
  approvers: ['role/approver'],
  evidence: [kind],
  assumptions: { [kind]: 'Twenty characters of it.' },
  ...of,
});
const node = (name: string, id: string, of: One = {}): One => ({
  name,
  id,
  principal: `arn:aws:sts::123456789012:assumed-role/node/${id}`,
  ...of,
});
const systemd = { kind: 'systemd', progressPath: '/', progressPointer: '/p', headPath: '/', headPointer: '/h' };
const place = (name: string, port: number): One => ({ name, url: `http://127.0.0.1:${port}` });

const drillIn = (from: string, to: string): One => ({ everyDays: 30, window: { from, to } });

const answer = (of: One): unknown => {
  const config = configOf((one) => void Object.assign(one, of));
  try {
    return checkValidator(config, registry) === config ? 'valid' : 'another value';
  } catch (error) {
    return error instanceof BatonError ? error.toJSON() : error;
  }
};

describe('is refused', () => {
  test.each<[string, One, { code?: string; field: string; message: string; fix: string }]>([
    [
      'a holder who is no node',
      { holder: 'zebra' },
      {
        code: 'HolderUnknown',
        field: 'hub-1.holder',
        message: 'hub-1: holder is "zebra": expected one of its nodes amber, birch',
        fix: 'Set holder to the name of the node that signs now.',
      },
    ],
    ...[
      ['name', [node('amber', amber), node('amber', birch)], 'amber'] as const,
      ['id', [node('amber', amber), node('birch', birch), node('cedar', birch, { principal: 'arn:aws:iam::123456789012:role/x' })], birch] as const,
      [
        'principal',
        [
          node('amber', amber, { principal: 'arn:aws:iam::123456789012:role/x' }),
          node('birch', birch, { principal: 'arn:aws:iam::123456789012:role/x' }),
        ],
        'arn:aws:iam::123456789012:role/x',
      ] as const,
    ].map(([what, nodes, shared]): [string, One, { field: string; message: string; fix: string }] => [
      `two nodes of one ${what}`,
      { nodes },
      {
        field: 'hub-1.nodes',
        message: `hub-1: two nodes share "${shared}"`,
        fix: 'Give each node its own name, id and principal: a shared principal makes the key grant worthless.',
      },
    ]),
    [
      'power over a machine that is not of EC2',
      { nodes: [node('amber', amber, { power: true }), node('birch', 'mi-0123456789abcdef0', { power: true })] },
      {
        field: 'hub-1.nodes',
        message: 'hub-1: power is true for an mi-… node: EC2 cannot power it off',
        fix: 'Set power to false there.',
      },
    ],
    [
      'two vantages of one name',
      { vantages: [place('east', 1), place('east', 2)] },
      { field: 'hub-1.vantages', message: 'hub-1: two vantages share "east"', fix: 'Give each vantage its own name and url.' },
    ],
    [
      'two vantages of one url',
      { vantages: [place('east', 1), place('west', 1)] },
      { field: 'hub-1.vantages', message: 'hub-1: two vantages share "http://127.0.0.1:1"', fix: 'Give each vantage its own name and url.' },
    ],
    [
      'a verdict of one vantage',
      { policy: verdictOf({ vantages: 1 }) },
      {
        field: 'hub-1.policy.verdict.vantages',
        message: 'hub-1: policy.verdict.vantages is 1: expected at least 2',
        fix: 'One place alone cannot tell a dead validator from its own blindness.',
      },
    ],
    [
      'fewer vantages than must agree',
      { policy: verdictOf({ vantages: 3 }) },
      {
        field: 'hub-1.vantages',
        message: 'hub-1: 2 vantages, but 3 must agree',
        fix: 'Add a vantage, or lower policy.verdict.vantages.',
      },
    ],
    [
      'a verdict that can never be reached',
      { policy: verdictOf({ failing: 5 }) },
      {
        field: 'hub-1.policy.verdict',
        message: 'hub-1: failing 5 of window 4 can never be reached',
        fix: 'Lower failing or raise window.',
      },
    ],
    ...['lapsed', 'attested'].map((kind): [string, One, { field: string; message: string; fix: string }] => [
      `${kind} without its assumption`,
      { policy: evidenceOf(kind, { assumptions: {} }) },
      {
        field: `hub-1.policy.assumptions.${kind}`,
        message: `hub-1: evidence ${kind} is accepted, but its assumption is not stated`,
        fix: `Write in policy.assumptions.${kind} what it rests on (20 characters or more).`,
      },
    ]),
    [
      'a quorum that the approvers cannot make',
      { policy: { approvers: ['role/approver'], quorum: 2 } },
      {
        field: 'hub-1.policy.approvers',
        message: 'hub-1: 1 approvers for a quorum of 2',
        fix: 'Add approvers (for example role/validator-approver), or set mode to watch.',
      },
    ],
    [
      'attested with nobody to attest',
      { policy: evidenceOf('attested', { mode: 'auto', approvers: [] }) },
      {
        field: 'hub-1.policy.approvers',
        message: 'hub-1: attested is accepted, but nobody may attest',
        fix: 'Add approvers.',
      },
    ],
    [
      'lapsed for a daemon that signs by itself',
      { chain: systemd, policy: evidenceOf('lapsed') },
      {
        field: 'hub-1.policy.evidence',
        message: 'hub-1: lapsed cannot be accepted on systemd: what signs by itself may wake from a freeze and sign before its guard stops it',
        fix: 'Take lapsed out of policy.evidence; powered-off or attested serve instead.',
      },
    ],
    [
      'to ask about a daemon that signs by itself',
      { chain: systemd, policy: { approvers: ['role/approver'], onControlPlaneLoss: 'ask' } },
      {
        field: 'hub-1.policy.onControlPlaneLoss',
        message: 'hub-1: ask is for chains where the guard is the signer: elsewhere no lapse is proven, and hold serves as well',
        fix: 'Set it to stop or hold.',
      },
    ],
    [
      'to ask nobody',
      { nodes: [node('amber', amber)], policy: { approvers: ['role/approver'], onControlPlaneLoss: 'ask' } },
      {
        field: 'hub-1.policy.onControlPlaneLoss',
        message: 'hub-1: ask needs another node that can be asked',
        fix: 'Add a node, or set it to stop.',
      },
    ],
    [
      'lapsed of a guard that holds on',
      { policy: evidenceOf('lapsed', { onControlPlaneLoss: 'hold' }) },
      {
        field: 'hub-1.policy.onControlPlaneLoss',
        message: 'hub-1: hold gives up lapsed as evidence',
        fix: 'Set onControlPlaneLoss to stop, or take lapsed out of evidence.',
      },
    ],
    ...['slack/T0A/U0A', 'slack/U0A/T0A/robin', 'slack/robin', 'Slack/T0A/U0A/robin'].map(
      (entry): [string, One, { field: string; message: string; fix: string }] => [
        `the approver ${entry}`,
        { policy: { approvers: ['role/approver', entry] } },
        {
          field: 'hub-1.policy.approvers.1',
          message: `hub-1: policy.approvers.1 is "${entry}": expected slack/TEAM/USER/NAME`,
          fix: 'Write it like slack/T0123ABCD/U0456EFGH/robin: the ids from Slack, then the session name that this person has in IAM.',
        },
      ],
    ),
    [
      'a quorum for attestations that Slack can make up by itself',
      { policy: evidenceOf('attested', { quorum: 2, approvers: ['role/approver', 'slack/T0A/U0A/robin', 'slack/T0A/U0B/sam'] }) },
      {
        field: 'hub-1.policy.assumptions.slack',
        message: [
          'hub-1: attested is accepted, and 2 approvers in Slack make up a quorum of 2:',
          'whoever administers the workspace could attest alone',
        ].join(' '),
        fix: 'Name fewer approvers under slack/ than the quorum, or write in policy.assumptions.slack why the workspace is trusted (20 characters or more).',
      },
    ],
    [
      'a Slack user who is two people',
      { policy: { approvers: ['slack/T0A/U0A/robin', 'slack/T0A/U0B/sam', 'slack/T0A/U0A/alex'] } },
      {
        field: 'hub-1.policy.approvers',
        message: 'hub-1: two approvers are the Slack user T0A/U0A',
        fix: 'Keep one entry for each Slack user.',
      },
    ],
    [
      'unsafe timing',
      { timing: { leaseMs: 10_000 } },
      {
        code: 'TimingUnsafe',
        field: 'timing.leaseMs',
        message:
          'unsafe timing: poll 3000 + read timeout 2000 + stop 3000 + margin 2000 = 10000 ms ≥ lease 10000 ms; ' +
          'a silent guard has stopped after 13053 ms',
        fix: 'Raise timing.leaseMs, or lower pollMs, readTimeoutMs, stopMs or marginMs, until the sum is below the lease.',
      },
    ],
    [
      'drills of a validator that is only watched',
      { policy: { mode: 'watch', drill: drillIn('03:00', '05:00') } },
      {
        field: 'hub-1.policy.drill',
        message: 'hub-1: drills are asked for, and mode watch moves nothing by itself',
        fix: 'Take policy.drill out, or set mode to approve.',
      },
    ],
    [
      'drills with nowhere to go',
      { nodes: [node('amber', amber)], policy: { approvers: ['role/a'], drill: drillIn('03:00', '05:00') } },
      {
        field: 'hub-1.policy.drill',
        message: 'hub-1: drills are asked for, and there is one node only',
        fix: 'Add a node, or take policy.drill out.',
      },
    ],
    [
      'a window in which nobody could answer',
      { policy: { approvers: ['role/a'], approvalMs: 3_600_000, drill: drillIn('23:00', '00:29') } },
      {
        field: 'hub-1.policy.drill.window',
        message: 'hub-1: the window is open for 89 min; 90 are needed: policy.approvalMs and half an hour',
        fix: 'Widen the window, or lower policy.approvalMs.',
      },
    ],
  ])('%s', (_, of, expected) => {
    expect(answer(of)).toStrictEqual({ code: 'ConfigInvalid', ...expected });
  });
});

describe('is valid', () => {
  test.each<[string, One]>([
    ['the example', {}],
    ['a machine that is not of EC2, without power over it', { nodes: [node('amber', amber), node('birch', 'mi-0123456789abcdef0')] }],
    ['as many vantages as must agree', { policy: verdictOf({ vantages: 2 }) }],
    ['a verdict of every probe in the window', { policy: verdictOf({ failing: 4 }) }],
    ['lapsed with its assumption', { policy: evidenceOf('lapsed') }],
    [
      'attested with fewer approvers in Slack than the quorum',
      { policy: evidenceOf('attested', { quorum: 2, approvers: ['role/approver', 'slack/T0A/U0A/robin'] }) },
    ],
    ['a quorum in Slack for approvals alone', { policy: { approvers: ['slack/T0A/U0A/robin'] } }],
    [
      'attested by Slack alone, where it is said why',
      {
        policy: evidenceOf('attested', {
          approvers: ['slack/T0A/U0A/robin'],
          assumptions: { attested: 'Whoever attests has seen it dark.', slack: 'Our workspace has single sign-on, and two administrators.' },
        }),
      },
    ],
    ['attested with its assumption', { policy: evidenceOf('attested') }],
    ['attested by itself, for a daemon that signs by itself', { chain: systemd, policy: evidenceOf('attested') }],
    ['to ask', { policy: { approvers: ['role/approver'], onControlPlaneLoss: 'ask' } }],
    ['to hold on, without lapsed', { policy: { approvers: ['role/approver'], onControlPlaneLoss: 'hold' } }],
    ['as many approvers as the quorum', { policy: { approvers: ['role/a', 'role/b'], quorum: 2 } }],
    ['approvers in Slack', { policy: { approvers: ['slack/T0A/U0A/robin', 'slack/T0B/U0A/robin', 'slack/T0A/U0B/robin', 'role/slack'] } }],
    ['an approver whose name only holds slack', { policy: { approvers: ['role/slack/x', 'xslack/robin'] } }],
    ['a window that is just long enough', { policy: { approvers: ['role/a'], approvalMs: 3_600_000, drill: drillIn('23:00', '00:30') } }],
    ['no approvers for a policy that acts alone', { policy: { mode: 'auto' } }],
    ['no approvers for a policy that only tells', { policy: { mode: 'watch' } }],
  ])('%s', (_, of) => {
    expect(answer(of)).toBe('valid');
  });
});

test('twice finds the first name that stands twice', () => {
  expect(twice(['a', 'b', 'c', 'c', 'b'])).toBe('c');
  expect(twice(['a', 'b'])).toBe(undefined);
});
