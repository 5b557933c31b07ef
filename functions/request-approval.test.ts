import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { hashOf, type Plan } from '../core/plan.ts';
import { amber, birch, robin, run, t, v } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';
import type { requestApproval as contract } from './contract.ts';
import { requestApproval } from './request-approval.ts';
import { linkOf } from './shared/slack-link.ts';

const plan: Plan = {
  validator: v,
  kind: 'failover',
  execution: run('hub-1.t1.e'),
  cause: { kind: 'operator', by: robin, reason: 'Its disk <died>.' },
  term: t(1),
  phase: 'HELD',
  holder: amber,
  candidate: birch,
  accepts: ['stopped', 'powered-off'],
  approval: { required: true, quorum: 1, approvers: ['slack/T0BATON/U0ALEX/alex'] },
  config: 'c'.repeat(64),
};
const planHash = hashOf(plan);
const token = 'task-token-7f3a';
type Input = z.output<typeof contract.input>;
const approval: Input = { purpose: 'approval', plan, planHash, seconds: 900, token };
const attestation: Input = { purpose: 'attestation', plan, planHash, term: t(2), node: amber, seconds: 900, token };
const ask = async (world: World, input: Input = approval) => {
  const { approvalId, sentence } = await requestApproval(input, world.deps(), never, () => 10_000);
  return { approvalId, sentence, record: world.approvals.get(approvalId) };
};
const withSlack = (): World => {
  const world = new World();
  world.slack.up = true;
  return world;
};

describe('what waits is posted', () => {
  test('with its buttons and without its token, and where it is is kept', async () => {
    const world = withSlack();
    const { approvalId, record, sentence } = await ask(world);
    expect(sentence).toBe('Waiting up to 900 s for the approval.');
    expect(world.notices).toEqual(['Baton: approval needed for hub-1']);
    const [message] = world.slack.posted;
    const shown = JSON.stringify(message);
    expect(message?.text).toBe('Approve or deny: hub-1');
    for (const part of [
      `Fence amber (${amber}), then let birch (${birch}) sign for hub-1. Reason: Its disk &lt;died&gt;.`,
      'stopped (stopped by command), powered-off',
    ])
      expect(shown).toContain(part);
    expect(shown.split(`"${approvalId}.${planHash}"`).length).toBe(3);
    expect(shown).not.toContain(token);
    expect(record).toMatchObject({ state: 'pending', version: 1, token, accepts: ['stopped', 'powered-off'] });
    expect(world.slack.threads.get('hub-1.t1.e')).toEqual({
      messages: [{ channel: 'C0BATON', ts: '1700000000.000100', approval: approvalId, closed: false }],
      said: [],
    });
    expect(shown).toContain(
      '<https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/' +
        'arn:aws:states:us-east-1:123456789012:execution:baton-failover:hub-1.t1.e|hub-1.t1.e>',
    );
  });
  test('without a yes by one press when it is an attestation', async () => {
    const world = withSlack();
    const { record } = await ask(world, attestation);
    expect(world.slack.posted[0]?.text).toBe('Attestation needed: hub-1');
    const shown = JSON.stringify(world.slack.posted);
    expect([shown.includes('baton_approve'), shown.includes('baton_attest'), shown.includes('baton_deny')]).toEqual([false, true, true]);
    expect(record).toMatchObject({ purpose: 'attestation', term: 2, node: amber });
  });
});

describe('what waits is stored and told', () => {
  test('when Slack takes nothing', async () => {
    const world = new World();
    const { record, sentence } = await ask(world);
    expect([record?.version, world.slack.threads.size, world.notices.length, sentence]).toEqual([1, 0, 1, 'Waiting up to 900 s for the approval.']);
  });
  test('when where the message is cannot be kept', async () => {
    const world = withSlack();
    world.down.add('threads');
    const { record } = await ask(world);
    expect([record?.version, world.slack.posted.length]).toEqual([1, 1]);
  });
  test.each([
    [true, ''],
    [false, '; the message could not be sent'],
  ])('when the topic takes nothing and Slack does: %s', async (up, end) => {
    const world = withSlack();
    world.slack.up = up;
    const deps = { ...world.deps(), notify: { send: async () => false } };
    const { sentence } = await requestApproval(approval, deps, never, () => 10_000);
    expect(sentence).toBe(`Waiting up to 900 s for the approval${end}.`);
  });
  test('not at all when nobody may answer', async () => {
    const world = withSlack();
    const nobody = { ...approval, plan: { ...plan, approval: { ...plan.approval, approvers: [] } } };
    await expect(ask(world, nobody)).rejects.toMatchObject({ code: 'ApproverNotAllowed', field: 'policy.approvers' });
    expect([world.approvals.size, world.slack.posted, world.notices]).toEqual([0, [], []]);
  });
});

test.each([
  ['aws', 'eu-central-1', 'https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#'],
  ['aws-cn', 'cn-north-1', 'https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#'],
  ['aws-us-gov', 'us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/states/home?region=us-gov-west-1#'],
])('an execution in %s is found in the console of its partition', (partition, region, begin) => {
  const arn = (kind: string) => `arn:${partition}:states:${region}:123456789012:${kind}:baton-failover`;
  expect(linkOf(arn('stateMachine'), 'hub-1.t1.e')).toBe(`${begin}/v2/executions/details/${arn('execution')}:hub-1.t1.e`);
});
