import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { validatorId } from '../../core/ids.ts';
import { systemClock } from '../../runtime/clock.ts';
import { alex, amber, recordOf, robin, run, sam, t } from '../support/core.ts';
import { channel, formOf, payloadOf, signatureOf, signingSecret, submissionOf, team } from '../support/slack.ts';
import { SlackGateway, type Hostile } from '../support/slack-gateway.ts';

/** Whoever knows the address may send anything to it: what is answered, and that nothing changes by it. */

const approvers = ['slack/T0BATON/U0ALEX/alex', 'slack/T0BATON/U0SAM/sam', 'slack/T0BATON/U0ROBIN/robin'];
const laterMs = systemClock.epochMs() + 3_600_000;
const of = (letter: string, name: string, more: Parameters<typeof recordOf>[0] = {}) =>
  recordOf({
    id: letter.repeat(32),
    validator: validatorId.parse(name),
    execution: run(`${name}.t1.e`),
    planHash: 'f'.repeat(64),
    requester: robin,
    approvers,
    quorum: 2,
    expiresAtMs: laterMs,
    token: `task-token-${name}`,
    ...more,
  });
const attestation = { purpose: 'attestation' as const, term: t(2), node: amber };
const gateway = new SlackGateway();

beforeAll(async () => {
  await gateway.start([
    of('a', 'hub-1'),
    of('b', 'hub-2', { ...attestation, planHash: 'e'.repeat(64) }),
    of('c', 'hub-3', { expiresAtMs: 1 }),
    of('d', 'hub-4', { state: 'approved', quorum: 1, decisions: [{ by: sam, answer: 'approve', atMs: 1 }] }),
    of('1', 'hub-5', { decisions: [{ by: alex, answer: 'approve', atMs: 1 }] }),
    of('2', 'hub-6', { ...attestation, expiresAtMs: 1 }),
    of('3', 'hub-7'),
    of('4', 'hub-8', attestation),
    of('5', 'hub-9', { quorum: 1 }),
  ]);
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.standIn.replies.length = 0;
  gateway.standIn.views.length = 0;
});

const [button] = payloadOf()['actions'] as [Record<string, unknown>];
interface Pressed {
  readonly user?: string;
  readonly action?: string;
  readonly value?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}
const value = (letter: string, plan = 'f'): string => `${letter.repeat(32)}.${plan.repeat(64)}`;
const payload = ({ user = 'U0ALEX', action = 'baton_approve', value: pressed = value('a'), more = {} }: Pressed = {}) =>
  payloadOf({ user: { id: user, team_id: team }, actions: [{ ...button, action_id: action, value: pressed }], ...more });
const press = (how: Pressed = {}): Hostile => ({ body: formOf(payload(how)) });
const good = press().body as string;
const metadata = (letter: string, plan: string): { view: Record<string, unknown> } => ({
  view: { private_metadata: `${letter.repeat(32)}.${plan.repeat(64)} ${channel} 1700000000.000100` },
});
const dialog = (how: Parameters<typeof submissionOf>[0] & { user?: string } = {}): Hostile => ({
  body: formOf(
    submissionOf({ validator: 'hub-2', ...metadata('b', 'e'), ...how, more: { user: { id: how.user ?? 'U0ALEX', team_id: team }, ...how.more } }),
  ),
});
const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const raw = (json: string): Hostile => ({ body: new URLSearchParams({ payload: json }).toString() });

/** Sends it, and holds that the table and the execution are as before, byte for byte. */
const unchanged = async (hostile: Hostile): Promise<{ status: number; body: string }> => {
  const before = await gateway.state();
  const told = await gateway.send(hostile);
  expect(await gateway.state()).toBe(before);
  expect(told.body).not.toContain('task-token');
  expect(told.body).not.toContain(signingSecret);
  return told;
};

describe('does not come past the gateway', () => {
  test.each<[string, Hostile, number]>([
    ['GET', { body: good, method: 'GET' }, 404],
    ['HEAD', { body: good, method: 'HEAD' }, 404],
    ['PUT', { body: good, method: 'PUT' }, 404],
    ['PATCH', { body: good, method: 'PATCH' }, 404],
    ['DELETE', { body: good, method: 'DELETE' }, 404],
    ['OPTIONS', { body: good, method: 'OPTIONS' }, 404],
    ['a path with more after it', { body: good, path: '/slack/' }, 404],
    ['a path in capitals', { body: good, path: '/SLACK' }, 404],
    ['a path that goes up', { body: good, path: '/x/%2e%2e/slackx' }, 404],
    ['the route of answers, signed by Slack', { body: good, path: '/answers' }, 403],
    ['more than ten megabytes', { body: 'x'.repeat(10_485_761) }, 413],
  ])('%s', async (_, hostile, status) => {
    expect((await unchanged(hostile)).status).toBe(status);
    expect(gateway.standIn.replies).toEqual([]);
  });
});

const unsigned = {
  code: 'ApproverNotAllowed',
  message: 'the request is not signed by Slack',
  fix: 'Check the signing secret in the parameter and the clock.',
};
const now = (): string => String(Math.floor(systemClock.epochMs() / 1_000));

describe('is not signed by Slack: 401', () => {
  test.each<[string, () => Hostile]>([
    ['another secret', () => ({ body: good, secret: 'another-secret-0123456789' })],
    ['an empty secret', () => ({ body: good, secret: '' })],
    ['the deprecated token as the secret', () => ({ body: good, secret: 'deprecated-verification-token' })],
    ['a replay after more than five minutes', () => ({ body: good, atSeconds: -302 })],
    ['one from more than five minutes ahead', () => ({ body: good, atSeconds: 302 })],
    ['no headers of Slack', () => ({ body: good, headers: { 'x-slack-signature': undefined, 'x-slack-request-timestamp': undefined } })],
    ['no signature', () => ({ body: good, headers: { 'x-slack-signature': undefined } })],
    ['no time', () => ({ body: good, headers: { 'x-slack-request-timestamp': undefined } })],
    ['an empty signature', () => ({ body: good, headers: { 'x-slack-signature': '' } })],
    ['another version', () => ({ body: good, headers: { 'x-slack-signature': signatureOf(signingSecret, now(), good).replace('v0', 'v1') } })],
    [
      'the signature twice',
      () => {
        const signature = signatureOf(signingSecret, now(), good);
        return { body: good, headers: { 'x-slack-signature': [signature, signature] } };
      },
    ],
    [
      'a false signature before the right one',
      () => ({ body: good, headers: { 'x-slack-signature': ['v0=0', signatureOf(signingSecret, now(), good)] } }),
    ],
    ['the time twice', () => ({ body: good, headers: { 'x-slack-request-timestamp': [now(), now()] } })],
    ['a time with a fraction', () => ({ body: good, headers: { 'x-slack-request-timestamp': `${now()}.0` } })],
    ['a time that was not signed', () => ({ body: good, headers: { 'x-slack-request-timestamp': String(Number(now()) + 30) } })],
    ['one byte more', () => ({ body: `${good}&`, signed: good })],
    ['one byte less', () => ({ body: good.slice(0, -1), signed: good })],
    ['one byte changed', () => ({ body: good.replace('baton_approve', 'baton_approvf'), signed: good })],
    ['the same fields, written otherwise', () => ({ body: good.replaceAll('%7B', '%7b'), signed: good })],
    ['a signature of nothing', () => ({ body: good, signed: '' })],
    ['gzip of what was signed', () => ({ body: gzipSync(good), signed: good, headers: { 'content-encoding': 'gzip' } })],
    ['UTF-16 of what was signed', () => ({ body: Buffer.from(good, 'utf16le'), signed: good })],
  ])('%s', async (_, hostile) => {
    const { status, body } = await unchanged(hostile());
    expect([status, JSON.parse(body)]).toEqual([401, unsigned]);
    expect([gateway.standIn.replies, gateway.standIn.views]).toEqual([[], []]);
  });
});

describe('is signed, and nothing that we asked for: 400', () => {
  test.each<[string, Hostile, string]>([
    ['nothing', { body: '' }, 'body'],
    ['more than a press can be', { body: `payload=${'x'.repeat(131_072)}` }, 'body'],
    ['gzip', { body: gzipSync(good), headers: { 'content-encoding': 'gzip' } }, 'body'],
    ['UTF-16', { body: Buffer.from(good, 'utf16le') }, 'body'],
    ['broken UTF-8', { body: Buffer.concat([Buffer.from('payload=%7B%7D'), Buffer.from([0xff])]) }, 'body'],
    ['no payload', { body: 'token=x&team_id=T0BATON' }, 'body'],
    ['an empty payload', { body: 'payload=' }, 'body'],
    ['two payloads', { body: `${good}&${good}` }, 'body'],
    ['a payload by another name', { body: good.replace('payload=', 'payload[]=') }, 'body'],
    ['JSON for a body', { body: JSON.stringify(payload()), headers: { 'content-type': 'application/json' } }, 'body'],
    ['half a payload', { body: good.slice(0, 200) }, 'body'],
    ['a check of the address', { body: JSON.stringify({ type: 'url_verification', token: 'x', challenge: 'c' }) }, 'body'],
    ['a check of the certificate', { body: 'ssl_check=1&token=x' }, 'body'],
    ['a slash command', { body: 'command=%2Fbaton&text=approve+hub-1&user_id=U0ALEX&team_id=T0BATON' }, 'body'],
    ['null', raw('null'), 'payload'],
    ['a list', raw('[]'), 'payload'],
    ['a thousand levels', raw(deep(1_000)), 'payload'],
    ['twenty thousand levels', raw(deep(20_000)), 'payload'],
    ['an event', raw(JSON.stringify({ type: 'event_callback', team: { id: team } })), 'type'],
    ['a shortcut', raw(JSON.stringify({ ...payload(), type: 'shortcut' })), 'type'],
    ['a dialog that was closed', raw(JSON.stringify({ ...submissionOf({}), type: 'view_closed' })), 'type'],
    ['a press in a dialog', press({ more: { container: { type: 'view', view_id: 'V0' } } }), 'container.type'],
    ['a type of the prototype', raw('{"__proto__":{"type":"block_actions"}}'), 'type'],
    ['a press that the prototype hides', raw(JSON.stringify(payload()).replace('"actions"', '"__proto__"')), 'actions'],
    [
      'two presses at once',
      press({
        more: {
          actions: [
            { ...button, value: value('a') },
            { ...button, value: value('a') },
          ],
        },
      }),
      'actions',
    ],
    ['no press', press({ more: { actions: [] } }), 'actions'],
    ['another button', press({ action: 'baton_release' }), 'actions.0.action_id'],
    ['a button of the prototype', press({ action: 'constructor' }), 'actions.0.action_id'],
    ['a menu', press({ more: { actions: [{ ...button, type: 'static_select', value: value('a') }] } }), 'actions.0.type'],
    ['a value of another form', press({ value: '../approval#a' }), 'actions.0.value'],
    ['fewer digits of the plan', press({ value: value('a').slice(0, -1) }), 'actions.0.value'],
    ['a reply to another host', press({ more: { response_url: 'https://hooks.slack.com.evil.example/x' } }), 'response_url'],
    ['a reply to this machine', press({ more: { response_url: 'http://169.254.169.254/latest/meta-data' } }), 'response_url'],
    ['a reply with somebody before the host', press({ more: { response_url: 'https://hooks.slack.com@evil.example/x' } }), 'response_url'],
    ['a team that is a list', press({ more: { team: { id: [team] } } }), 'team.id'],
    ['a user with a path', press({ user: 'U0ALEX/alex' }), 'user.id'],
    ['a dialog of somebody else’s', dialog({ view: { callback_id: 'other', private_metadata: '' } }), 'view.callback_id'],
    ['a dialog that keeps nothing', dialog({ view: { private_metadata: '' } }), 'view.private_metadata'],
    ['a dialog without fields', dialog({ view: { ...metadata('b', 'e').view, state: { values: {} } } }), 'view.state.values.statement'],
  ])('%s', async (_, hostile, field) => {
    const { status, body } = await unchanged(hostile);
    expect([status, JSON.parse(body)]).toMatchObject([400, { code: 'InputInvalid', field }]);
    expect([gateway.standIn.replies, gateway.standIn.views]).toEqual([[], []]);
  });
});

const nobody = (who: string): string =>
  `Not counted: ${who} is not among the approvers. Approvers in Slack stand in validators.yaml as slack/TEAM/USER/NAME.`;

describe('is a press that counts for nothing: 200, and the reason for whoever pressed', () => {
  test.each<[string, Hostile, string]>([
    ['a stranger', press({ user: 'U0EVE' }), nobody('T0BATON/U0EVE')],
    ['another workspace', press({ more: { team: { id: 'T0EVIL' }, user: { id: 'U0ALEX', team_id: 'T0EVIL' } } }), nobody('T0EVIL/U0ALEX')],
    ['a guest', press({ more: { user: { id: 'U0ALEX', team_id: 'T0EVIL' } } }), nobody('T0BATON/U0ALEX')],
    ['who asked for it', press({ user: 'U0ROBIN' }), 'Not counted: who asks for it may not approve it. baton status hub-1'],
    ['one person in two identities', press({ value: value('1') }), 'Not counted: slack/T0BATON/U0ALEX/alex has answered already. baton status hub-5'],
    ['another plan', press({ value: value('a', '0') }), `Not counted: plan ${'0'.repeat(64)} is not the one that waits: that is ffffffffffff. `],
    ['an approval that never was', press({ value: value('9') }), 'Not counted: there is no such approval. baton status'],
    ['what has expired', press({ value: value('c') }), 'Not counted: the time to answer has passed. baton status hub-3'],
    ['what is approved', press({ value: value('d') }), 'Not counted: it is approved already. baton status hub-4'],
    ['a denial of what is approved', press({ value: value('d'), action: 'baton_deny' }), 'Not counted: it is approved already. baton status hub-4'],
    ['Approve on an attestation', press({ value: value('b', 'e') }), 'Not counted: nothing of hub-2 waits for an approval. baton status hub-2'],
    ['Attest on an approval', press({ action: 'baton_attest' }), 'Not counted: nothing of hub-1 waits for an attestation. baton status hub-1'],
    ['Attest by a stranger', press({ action: 'baton_attest', value: value('b', 'e'), user: 'U0EVE' }), nobody('T0BATON/U0EVE')],
    [
      'Attest by who asked for it',
      press({ action: 'baton_attest', value: value('b', 'e'), user: 'U0ROBIN' }),
      'Not counted: who asks for it may not approve it. baton status hub-2',
    ],
    ['Attest too late', press({ action: 'baton_attest', value: value('2') }), 'Not counted: the time to answer has passed. baton status hub-6'],
  ])('%s', async (_, hostile, reply) => {
    expect(await unchanged(hostile)).toEqual({ status: 200, body: '' });
    expect(gateway.standIn.replies.map((text) => text.startsWith(reply) || text)).toEqual([true]);
    expect(gateway.standIn.views).toEqual([]);
  });
  test('Attest by an approver opens a dialog, and changes nothing either', async () => {
    expect(await unchanged(press({ action: 'baton_attest', value: value('b', 'e') }))).toEqual({ status: 200, body: '' });
    expect([gateway.standIn.views.length, gateway.standIn.replies]).toEqual([1, []]);
  });
});

describe('is a dialog that counts for nothing: 200, and the reason in it', () => {
  const short = { statement: 'Say what you did, in 10 to 1000 letters.' };
  const name = { validator: 'This is about hub-2. Type exactly that name.' };
  test.each<[string, Hostile, Record<string, string>]>([
    ['another validator', dialog({ validator: 'hub-1' }), name],
    ['the validator in capitals', dialog({ validator: 'HUB-2' }), name],
    ['the validator in letters that look like it', dialog({ validator: 'hub‑2' }), name],
    ['no validator', dialog({ validator: null }), name],
    ['too few words', dialog({ statement: 'Done.' }), short],
    ['spaces for words', dialog({ statement: ' '.repeat(500) }), short],
    ['too many words', dialog({ statement: 'x'.repeat(1_001) }), short],
  ])('%s', async (_, hostile, errors) => {
    const { status, body } = await unchanged(hostile);
    expect([status, JSON.parse(body)]).toEqual([200, { response_action: 'errors', errors }]);
  });
  test.each<[string, Hostile, string]>([
    ['a stranger', dialog({ user: 'U0EVE' }), nobody('T0BATON/U0EVE')],
    ['another workspace', dialog({ more: { team: { id: 'T0EVIL' } } }), nobody('T0EVIL/U0ALEX')],
    ['a guest', dialog({ more: { user: { id: 'U0ALEX', team_id: 'T0EVIL' } } }), nobody('T0BATON/U0ALEX')],
    ['who asked for it', dialog({ user: 'U0ROBIN' }), 'Not counted: who asks for it may not approve it. baton status hub-2'],
    ['another approval', dialog(metadata('a', 'e')), 'Not counted: nothing of hub-1 waits for an attestation. baton status hub-1'],
    ['an approval that never was', dialog(metadata('9', 'e')), 'Not counted: there is no such approval. baton status'],
    ['another plan', dialog(metadata('b', 'f')), `Not counted: plan ${'f'.repeat(64)} is not the one that waits: that is eeeeeeeeeeee.`],
    ['what has expired', dialog({ validator: 'hub-6', ...metadata('2', 'f') }), 'Not counted: the time to answer has passed. baton status hub-6'],
  ])('%s', async (_, hostile, why) => {
    const { status, body } = await unchanged(hostile);
    expect([status, JSON.parse(body)]).toMatchObject([200, { response_action: 'update', view: { type: 'modal', title: { text: 'Not counted' } } }]);
    expect(body).toContain(why);
  });
});

describe('is counted, once', () => {
  test('a press that is replayed within its five minutes, and sent again by Slack', async () => {
    const once = { ...press({ value: value('3') }), atSeconds: -200 };
    expect(await gateway.send(once)).toEqual({ status: 200, body: '' });
    const { decisions } = (await gateway.approvals.read('3'.repeat(32))) ?? {};
    expect(decisions?.map(({ by, answer }) => [by, answer])).toEqual([['slack/T0BATON/U0ALEX/alex', 'approve']]);
    for (const again of [once, { ...once, headers: { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' } }])
      expect(await unchanged(again)).toEqual({ status: 200, body: '' });
    expect(gateway.standIn.replies).toEqual([]);
  });
  test('a double click, at once', async () => {
    const twice = press({ value: value('5') });
    const told = await Promise.all([gateway.send(twice), gateway.send(twice)]);
    expect(told.map(({ status }) => status)).toEqual([200, 200]);
    const record = await gateway.approvals.read('5'.repeat(32));
    expect([record?.state, record?.decisions.length]).toEqual(['approved', 1]);
    expect(new Set(gateway.world.handed.filter(({ token }) => token === 'task-token-hub-9').map((one) => JSON.stringify(one))).size).toBe(1);
  });
  test('a dialog that is sent twice; the other way round it counts no more', async () => {
    const sent = dialog({ validator: 'hub-8', ...metadata('4', 'f') });
    expect(JSON.parse((await gateway.send(sent)).body)).toEqual({ response_action: 'clear' });
    expect(JSON.parse((await unchanged(sent)).body)).toEqual({ response_action: 'clear' });
    const other = dialog({ validator: 'hub-8', statement: 'I did something else.', ...metadata('4', 'f') });
    expect((await unchanged(other)).body).toContain('Not counted: slack/T0BATON/U0ALEX/alex has answered already. baton status hub-8');
    expect((await gateway.approvals.read('4'.repeat(32)))?.decisions.map(({ statement }) => statement)).toEqual(['I pulled the plug of rack 7.']);
  });
});
