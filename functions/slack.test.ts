import { describe, expect, test, vi } from 'vitest';
import type { SlackSettings } from '../aws/slack-settings.ts';
import { BatonError } from '../core/errors.ts';
import { alex, recordOf, robin, sam, t } from '../test/support/core.ts';
import { makersOf, World } from '../test/support/deps.ts';
import { botToken, channel, eventOf, formOf, payloadOf, signatureOf, signingSecret, submissionOf, team } from '../test/support/slack.ts';
import { slack as contract } from './contract.ts';
import { httpHandlerOf, type HttpResponse } from './shared/http.ts';
import { read, replyOf, slack } from './slack.ts';

const id = 'a'.repeat(32);
const plan = 'f'.repeat(64);
const secret = 'task-token-7f3a';
const nowMs = 1_700_000_000_000;
const settings: SlackSettings = { signingSecrets: [signingSecret], botToken, team, channel };
const alexInSlack = 'slack/T0BATON/U0ALEX/alex';
const samInSlack = 'slack/T0BATON/U0SAM/sam';
const robinInSlack = 'slack/T0BATON/U0ROBIN/robin';
const lambda = { getRemainingTimeInMillis: () => 10_000 };
const message = { channel, ts: '1700000000.000100' };

const waiting = (of: Parameters<typeof recordOf>[0] = {}): World => {
  const world = new World();
  world.slack.up = true;
  world.slack.settings = settings;
  const approvers = ['role/approver', alexInSlack, samInSlack, robinInSlack];
  world.approvals.set(id, recordOf({ expiresAtMs: nowMs + 60_000, token: secret, approvers, ...of }));
  return world;
};
const [button] = payloadOf()['actions'] as [Record<string, unknown>];
const pressed = (of: { user?: string; answer?: 'approve' | 'deny'; value?: string; more?: Record<string, unknown> } = {}): string =>
  formOf(
    payloadOf({
      user: { id: of.user ?? 'U0ALEX', team_id: team },
      actions: [{ ...button, action_id: `baton_${of.answer ?? 'approve'}`, value: of.value ?? `${id}.${plan}` }],
      ...of.more,
    }),
  );
const handlerOf = (world: World) => httpHandlerOf({ name: 'Slack', ...contract }, read, slack, makersOf(world.deps()), replyOf);
const send = async (world: World, event: unknown): Promise<{ status: number; told: Record<string, unknown> }> => {
  const response = (await handlerOf(world)(event, lambda, undefined as never)) as HttpResponse;
  const everything = JSON.stringify([response, world.slack]);
  expect(everything).not.toContain(secret);
  expect(response.body).not.toContain(signingSecret);
  expect(response.body.length).toBeLessThan(4_000);
  // What was pressed gets an empty answer: Slack would show any other.
  return { status: response.statusCode, told: response.body === '' ? {} : (JSON.parse(response.body) as Record<string, unknown>) };
};
const press = (world: World, of: Parameters<typeof pressed>[0] = {}, event: Parameters<typeof eventOf>[2] = {}) =>
  send(world, eventOf(pressed(of), nowMs, event));
const people = (world: World): string[] => (world.approvals.get(id)?.decisions ?? []).map(({ by, answer }) => `${by} ${answer}`);
const untouched = (world: World): void => {
  expect([people(world), world.handed, world.slack.posted]).toEqual([[], [], []]);
  expect(world.approvals.get(id)?.version ?? 1).toBe(1);
};
const head = (world: World): unknown[] =>
  world.slack.updated.map(({ at, message: { text, blocks } }) => [at, text, JSON.stringify(blocks).includes('baton_approve')]);

describe('a press that counts', () => {
  test('approves in the name of the whole entry, tells the execution and ends the message', async () => {
    const world = waiting({ createdAtMs: nowMs - 1_500 });
    expect(await press(world)).toEqual({ status: 200, told: {} });
    expect(world.approvals.get(id)?.decisions).toEqual([{ by: alexInSlack, answer: 'approve', atMs: nowMs }]);
    expect(world.handed).toEqual([
      { token: secret, answer: { answer: 'approved', approvalId: id, by: [alexInSlack], sentence: `Approved by ${alexInSlack}.` } },
    ]);
    expect(head(world)).toEqual([[message, 'Approved: hub-1', false]]);
    expect(JSON.stringify(world.slack.updated)).toContain('Approved by alex, ');
    expect(world.slack.replies).toEqual([]);
    expect(world.measured.figures).toEqual(['ApprovalWaitMs 1500', 'Done/Slack 1', 'StepMs/Slack 0']);
  });
  test('denies', async () => {
    const world = waiting({ quorum: 2 });
    expect((await press(world, { answer: 'deny' })).status).toBe(200);
    expect([people(world), world.handed[0]?.answer['answer'], head(world)]).toEqual([
      [`${alexInSlack} deny`],
      'denied',
      [[message, 'Denied: hub-1', false]],
    ]);
  });
  test('of two needed shows who has approved, and waits for another person', async () => {
    const world = waiting({ quorum: 2 });
    await press(world);
    expect([head(world), world.handed]).toEqual([[[message, 'Approve or deny: hub-1', true]], []]);
    expect(JSON.stringify(world.slack.updated)).toContain('1 of 2 have approved');
    await press(world, { user: 'U0SAM' });
    expect(people(world)).toEqual([`${alexInSlack} approve`, `${samInSlack} approve`]);
    expect(head(world).at(-1)).toEqual([message, 'Approved: hub-1', false]);
  });
  test('also edits the message that the record knows, when it is another', async () => {
    const known = (at: typeof message, approval = id) => ({ said: [], messages: [{ ...at, approval, closed: false }] });
    const world = waiting();
    world.slack.threads.set('one', known({ channel: 'C0OTHER', ts: '1.1' }));
    await press(world);
    expect(world.slack.updated.map(({ at }) => at)).toEqual([message, { channel: 'C0OTHER', ts: '1.1' }]);
    const another = waiting();
    another.slack.threads.set('one', known({ channel: 'C0OTHER', ts: '1.1' }, 'b'.repeat(32)));
    await press(another);
    expect(another.slack.updated.map(({ at }) => at)).toEqual([message]);
    const same = waiting();
    same.slack.threads.set('one', known(message));
    await press(same);
    expect(same.slack.updated.map(({ at }) => at)).toEqual([message]);
  });
  test('counts when Slack takes nothing any more', async () => {
    const world = waiting();
    world.slack.up = false;
    expect([(await press(world)).status, people(world), world.handed.length]).toEqual([200, [`${alexInSlack} approve`], 1]);
  });
  test('doubled, or sent again by Slack, counts once', async () => {
    const world = waiting({ quorum: 2 });
    const body = eventOf(pressed(), nowMs, { headers: { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' } });
    await press(world);
    expect((await send(world, body)).status).toBe(200);
    expect([people(world), world.slack.replies]).toEqual([[`${alexInSlack} approve`], []]);
  });
  test('again after everything is over says so to whoever pressed, and shows how it ended', async () => {
    const world = waiting();
    await press(world);
    world.handOver = [new BatonError('ApprovalExpired', 'the execution no longer waits for this answer', { fix: 'baton status' })];
    expect((await press(world)).status).toBe(200);
    expect(world.slack.replies.map(({ text }) => text)).toEqual(['Not counted: the execution no longer waits for this answer. baton status']);
    expect([people(world), head(world).at(-1)]).toEqual([[`${alexInSlack} approve`], [message, 'Approved: hub-1', false]]);
  });
});

describe('nothing is read that Slack has not signed', () => {
  const good = (): ReturnType<typeof eventOf> => eventOf(pressed(), nowMs);
  const headers = (of: Record<string, unknown>) => ({ ...good(), headers: { ...(good()['headers'] as Record<string, unknown>), ...of } });
  const at = (offsetMs: number) => eventOf(pressed(), nowMs, { timestamp: String((nowMs + offsetMs) / 1_000) });
  test.each<[string, unknown]>([
    ['no signature', headers({ 'x-slack-signature': undefined })],
    ['an empty signature', headers({ 'x-slack-signature': '' })],
    ['two signatures', headers({ 'x-slack-signature': [signatureOf(signingSecret, '1700000000', pressed())] })],
    ['no time', headers({ 'x-slack-request-timestamp': undefined })],
    ['another secret', eventOf(pressed(), nowMs, { secret: 'another-secret-0123456789' })],
    ['the bot token as secret', eventOf(pressed(), nowMs, { secret: botToken })],
    ['an old request', at(-301_000)],
    ['a request from further ahead', at(301_000)],
    ['another time than was signed', headers({ 'x-slack-request-timestamp': '1700000001' })],
    ['another body than was signed', { ...good(), body: Buffer.from(pressed({ answer: 'deny' })).toString('base64') }],
    ['one byte more', { ...good(), body: Buffer.from(`${pressed()}&`).toString('base64') }],
    ['the same form in other letters', { ...good(), body: Buffer.from(pressed().replaceAll('%7B', '%7b')).toString('base64') }],
    ['the bytes as text', { ...good(), isBase64Encoded: false }],
    ['a signature by AWS alone', { ...good(), headers: {}, requestContext: { authorizer: { iam: { userArn: alex } } } }],
    ['what is no form', eventOf('{', nowMs, { secret: 'another-secret-0123456789' })],
    ['nothing at all', undefined],
    ['no object', 'POST'],
  ])('%s is 401', async (_, event) => {
    const world = waiting();
    expect(await send(world, event)).toEqual({
      status: 401,
      told: {
        code: 'ApproverNotAllowed',
        message: 'the request is not signed by Slack',
        fix: 'Check the signing secret in the parameter and the clock.',
      },
    });
    untouched(world);
    expect([world.slack.updated, world.slack.replies]).toEqual([[], []]);
  });
  test.each([-300_000, 300_000])('%i ms from now still counts', async (offsetMs) => {
    const world = waiting();
    expect([(await send(world, at(offsetMs))).status, people(world).length]).toEqual([200, 1]);
  });
  test('either of two secrets counts, and neither when there is no Slack', async () => {
    const world = waiting();
    world.slack.settings = { ...settings, signingSecrets: ['next-secret-0123456789', signingSecret] };
    expect((await press(world)).status).toBe(200);
    const off = waiting();
    off.slack.settings = null;
    expect((await press(off)).status).toBe(401);
    untouched(off);
  });
  test('without the settings nobody is known: 503', async () => {
    const world = waiting();
    world.down.add('slack');
    expect((await press(world)).status).toBe(503);
    untouched(world);
  });
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no body', { body: undefined }, /^the request has no body$/],
    ['more than anybody sends', { body: 'A'.repeat(174_768) }, /^the body is too long$/],
  ])('%s is 400', async (_, change, told) => {
    const world = waiting();
    expect(await send(world, { ...good(), ...change })).toMatchObject({ status: 400, told: { message: expect.stringMatching(told) as string } });
    untouched(world);
  });
});

describe('what Slack has signed and is no press of ours is 400', () => {
  test.each<[string, string, string]>([
    ['half a payload', 'payload=%7B', 'body'],
    ['a shortcut', formOf({ type: 'shortcut', team: { id: team } }), 'type'],
    ['another button', formOf(payloadOf({ actions: [{ ...button, action_id: 'other' }] })), 'actions.0.action_id'],
    ['a dialog that was closed', formOf(submissionOf({ more: { type: 'view_closed' } })), 'type'],
  ])('%s', async (_, body, field) => {
    const world = waiting();
    expect(await send(world, eventOf(body, nowMs))).toMatchObject({ status: 400, told: { code: 'InputInvalid', field } });
    untouched(world);
  });
});

describe('who may not, or what is over, is told to whoever pressed; nothing is counted', () => {
  const not = (message: string, fix: string): string => `Not counted: ${message}. ${fix}`;
  const asStranger = (who: string): string =>
    not(`${who} is not among the approvers`, 'Approvers in Slack stand in validators.yaml as slack/TEAM/USER/NAME.');
  test.each<[string, Parameters<typeof recordOf>[0], Parameters<typeof pressed>[0], string]>([
    ['a stranger', {}, { user: 'U0EVE' }, asStranger('T0BATON/U0EVE')],
    ['an approver by IAM alone', { approvers: ['role/approver'] }, {}, asStranger('T0BATON/U0ALEX')],
    [
      'somebody of the same id in another workspace',
      {},
      { more: { team: { id: 'T0OTHER' }, user: { id: 'U0ALEX', team_id: 'T0OTHER' } } },
      asStranger('T0OTHER/U0ALEX'),
    ],
    [
      'an approver of a workspace that is not the stack’s',
      { approvers: ['slack/T0OTHER/U0ALEX/alex'] },
      { more: { team: { id: 'T0OTHER' }, user: { id: 'U0ALEX', team_id: 'T0OTHER' } } },
      asStranger('T0OTHER/U0ALEX'),
    ],
    ['a guest from another workspace', {}, { more: { user: { id: 'U0ALEX', team_id: 'T0OTHER' } } }, asStranger('T0BATON/U0ALEX')],
    ['who asked for it by IAM', { requester: robin }, { user: 'U0ROBIN' }, not('who asks for it may not approve it', 'x')],
    ['another plan', {}, { value: `${id}.${'e'.repeat(64)}` }, 'Not counted: plan eeee'],
    ['another approval', {}, { value: `${'b'.repeat(32)}.${plan}` }, not('there is no such approval', 'baton status')],
    ['an attestation', { purpose: 'attestation', term: t(2) }, {}, not('nothing of hub-1 waits for an approval', 'baton status hub-1')],
    ['what has expired', { expiresAtMs: nowMs }, {}, not('the time to answer has passed', 'x')],
    [
      'what another has approved',
      { state: 'approved', decisions: [{ by: sam, answer: 'approve', atMs: 1 }] },
      {},
      not('it is approved already', 'x'),
    ],
    ['what nobody answered', { state: 'expired' }, {}, not('it is expired already', 'x')],
  ])('%s', async (_, record, of, reply) => {
    const world = waiting(record);
    const before = world.approvals.get(id);
    expect(await press(world, of)).toEqual({ status: 200, told: {} });
    expect([world.approvals.get(id), world.handed]).toEqual([before, []]);
    expect(world.slack.replies).toEqual([{ url: 'https://hooks.slack.com/actions/T0BATON/1/abc', text: expect.stringContaining(reply) as string }]);
    expect(world.measured.figures).toEqual(['Done/Slack 1', 'StepMs/Slack 0']);
  });
  test('one person with two identities is one person', async () => {
    const world = waiting({ quorum: 2, decisions: [{ by: alex, answer: 'approve', atMs: 1 }] });
    await press(world);
    expect(world.slack.replies.map(({ text }) => text)).toEqual([not(`${alexInSlack} has answered already`, 'x')]);
    expect([people(world), world.handed]).toEqual([[`${alex} approve`], []]);
  });
  test('a press in an old message of the same plan is not one in the new', async () => {
    const world = waiting();
    const old = 'c'.repeat(32);
    world.approvals = new Map([
      [old, recordOf({ id: old, expiresAtMs: nowMs + 60_000, approvers: [alexInSlack] })],
      [id, world.approvals.get(id) ?? recordOf()],
    ]);
    await press(world, { value: `${old}.${plan}` });
    expect([people(world), world.approvals.get(old)?.decisions, world.handed]).toEqual([[], [], []]);
    expect(world.slack.replies.map(({ text }) => text)).toEqual([not('nothing of hub-1 waits for an approval', 'baton status hub-1')]);
  });
  test('what is over is shown as over, and a stranger changes nothing that is shown', async () => {
    const over = waiting({ expiresAtMs: nowMs });
    await press(over);
    expect(head(over)).toEqual([[message, 'Expired: hub-1', false]]);
    const world = waiting();
    await press(world, { user: 'U0EVE' });
    await press(world, { value: `${'b'.repeat(32)}.${plan}` });
    expect(world.slack.updated).toEqual([]);
  });
});

describe('when nobody can say whether it was counted', () => {
  test('the person is asked to press again, and the function has failed', async () => {
    const world = waiting();
    world.handOver = [new BatonError('WorkflowFailed', 'no <answer>', { fix: 'Answer again.' })];
    expect(await press(world)).toMatchObject({ status: 503, told: { code: 'WorkflowFailed' } });
    expect(world.slack.replies.map(({ text }) => text)).toEqual([
      'Nobody can say whether it was counted; do it again, it is counted once: no &lt;answer&gt;. Answer again.',
    ]);
    expect(head(world)).toEqual([[message, 'Approved: hub-1', false]]);
    expect(world.measured.figures.slice(-2)).toEqual(['Failed/Slack 1', 'StepMs/Slack 0']);
    expect([(await press(world)).status, people(world).length, world.handed.length]).toEqual([200, 1, 1]);
  });
  test('a table that gives no answer is told too', async () => {
    const world = waiting();
    world.down.add('approvals');
    expect(await press(world)).toMatchObject({ status: 503, told: { code: 'LeaseUnreachable' } });
    expect(world.slack.replies.length).toBe(1);
    untouched(world);
  });
  test('what nobody foresaw is 500, and its words stay in the log', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const world = waiting();
    world.handOver = [new TypeError(`cannot read ${secret} of undefined`)];
    expect((await press(world)).status).toBe(500);
    expect(world.slack.replies).toEqual([]);
    logged.mockRestore();
  });
});
