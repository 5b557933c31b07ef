import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SlackParameter } from '../../aws/slack-settings.ts';
import { Slack } from '../../aws/slack.ts';
import { hashOf, type Plan } from '../../core/plan.ts';
import { slack as contract } from '../../functions/contract.ts';
import { requestApproval } from '../../functions/request-approval.ts';
import { httpHandlerOf } from '../../functions/shared/http.ts';
import { read, replyOf, slack } from '../../functions/slack.ts';
import { startApprovalsApi, type ApprovalsApi } from '../../local/aws/approvals-api.ts';
import { systemClock } from '../../runtime/clock.ts';
import { amber, birch, robin, run, t, v } from '../support/core.ts';
import { makersOf, never, World } from '../support/deps.ts';
import { botToken, channel, eventOf, formOf, payloadOf, signingSecret, SlackStandIn, team } from '../support/slack.ts';

/** Slack's stand-in, the gateway, the real functions and the real client: from the question to the message's last form. */

const plan: Plan = {
  validator: v,
  kind: 'failover',
  execution: run('hub-1.t1.e'),
  cause: { kind: 'operator', by: robin, reason: 'Its disk died. <!channel> *Approved by sam*' },
  term: t(1),
  phase: 'HELD',
  holder: amber,
  candidate: birch,
  accepts: ['stopped'],
  approval: { required: true, quorum: 2, approvers: ['slack/T0BATON/U0ALEX/alex', 'slack/T0BATON/U0SAM/sam', 'slack/T0BATON/U0ROBIN/robin'] },
  config: 'c'.repeat(64),
};

let standIn: SlackStandIn;
let api: ApprovalsApi;
let world: World;

beforeEach(async () => {
  standIn = new SlackStandIn();
  await standIn.start();
  world = new World();
  const client = { send: async () => ({ Parameter: { Value: JSON.stringify({ signingSecrets: [signingSecret], botToken, team, channel }) } }) };
  const slackSettings = new SlackParameter({ client: client as never, name: '/baton/slack', clock: systemClock });
  const real = new Slack({ settings: slackSettings, clock: systemClock, api: `${standIn.url}/api` });
  // Slack's own host is the only one that a press may name.
  const reply: Slack['reply'] = (_, text, signal) => real.reply(`${standIn.url}/actions`, text, signal);
  const deps = {
    ...world.deps(),
    clock: systemClock,
    slackSettings,
    slack: { post: real.post.bind(real), update: real.update.bind(real), open: real.open.bind(real), reply },
  };
  const handler = httpHandlerOf({ name: 'Slack', ...contract }, read, slack, makersOf(deps), replyOf);
  api = await startApprovalsApi({
    region: 'us-east-1',
    clock: systemClock,
    holder: () => undefined,
    invoke: () => Promise.reject(new Error('the other route')),
    invokeSlack: async (event) => ({ ok: true, payload: await handler(event, { getRemainingTimeInMillis: () => 10_000 }, undefined as never) }),
    throttle: { perSecond: 100, burst: 100 },
  });
  await requestApproval({ purpose: 'approval', plan, planHash: hashOf(plan), seconds: 900, token: 'task-token' }, deps, never, () => 10_000);
});
afterEach(async () => {
  await Promise.all([api.close(), standIn.close()]);
});

interface Button {
  readonly action_id: string;
  readonly value: string;
}
const shown = (): string => JSON.stringify([...standIn.messages.values()]);
/** The buttons that people see now. */
const buttons = (): readonly Button[] =>
  ([...standIn.messages.values()][0] as { type: string; elements?: Button[] }[]).flatMap(({ type, elements = [] }) =>
    type === 'actions' ? elements : [],
  );

/** A press as Slack sends it. */
const press = async (user: string, button: Button | undefined, of: { method?: string; path?: string; secret?: string } = {}): Promise<number> => {
  const ts = [...standIn.messages.keys()][0];
  const body = formOf(
    payloadOf({
      user: { id: user, team_id: team },
      container: { type: 'message', message_ts: ts, channel_id: channel },
      actions: [{ type: 'button', ...button }],
    }),
  );
  const { headers } = eventOf(body, systemClock.epochMs(), of.secret === undefined ? {} : { secret: of.secret }) as {
    headers: Record<string, string>;
  };
  const { method = 'POST', path = '/slack' } = of;
  const response = await fetch(`${api.url}${path}`, { method, headers, body: method === 'GET' ? null : body });
  await response.text();
  return response.status;
};

test('two people approve by the buttons they see; the requester and a double press count for nothing', async () => {
  const [approve] = buttons();
  expect(await press('U0ROBIN', approve)).toBe(200);
  expect(await press('U0ALEX', approve)).toBe(200);
  expect(shown()).toContain('1 of 2 have approved');
  expect(await press('U0ALEX', approve)).toBe(200);
  expect(world.handed).toEqual([]);
  expect(await press('U0SAM', buttons()[0])).toBe(200);
  expect(world.handed.map(({ token, answer }) => [token, answer['answer'], answer['by']])).toEqual([
    ['task-token', 'approved', ['slack/T0BATON/U0ALEX/alex', 'slack/T0BATON/U0SAM/sam']],
  ]);
  expect([buttons(), shown().includes('Approved by alex'), shown().includes('task-token')]).toEqual([[], true, false]);
  expect(standIn.replies.map((text) => text.slice(0, 47))).toEqual(['Not counted: who asks for it may not approve it']);
  expect(await press('U0SAM', approve)).toBe(200);
  expect(standIn.messages.size).toBe(1);
});

test('one person denies', async () => {
  const deny = buttons().find((one) => one.action_id === 'baton_deny');
  expect(await press('U0SAM', deny)).toBe(200);
  expect([world.handed[0]?.answer['answer'], buttons(), shown().includes('Denied by sam')]).toEqual(['denied', [], true]);
});

test('what was written to deceive stays words', () => {
  expect(shown()).toContain('Its disk died. &lt;!channel&gt; *Approved by sam*');
});

describe('past the gateway comes only what is posted to the route, and past the function only what Slack signed', () => {
  test.each<[string, number, Parameters<typeof press>[2]]>([
    ['another secret', 401, { secret: 'another-secret-0123456789' }],
    ['a read', 404, { method: 'GET' }],
    ['another method', 404, { method: 'PUT' }],
    ['another path', 404, { path: '/slack/' }],
    ['the route of answers', 403, { path: '/answers' }],
  ])('%s is %i', async (_, status, of) => {
    const before = shown();
    expect(await press('U0ALEX', buttons()[0], of)).toBe(status);
    expect([world.handed, shown()]).toEqual([[], before]);
  });
  test('without Slack there is no such route', async () => {
    await api.close();
    const none = () => Promise.reject(new Error('nothing is called'));
    api = await startApprovalsApi({ region: 'us-east-1', clock: systemClock, holder: () => undefined, invoke: none });
    expect(await press('U0ALEX', buttons()[0])).toBe(404);
  });
});
