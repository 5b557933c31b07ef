import { describe, expect, test } from 'vitest';
import type { SlackSettings } from '../aws/slack-settings.ts';
import type { ApprovalRecord } from '../core/approval.ts';
import { BatonError } from '../core/errors.ts';
import { amber, recordOf, robin, sam, t } from '../test/support/core.ts';
import { makersOf, World } from '../test/support/deps.ts';
import { botToken, channel, eventOf, formOf, payloadOf, signingSecret, submissionOf, team, view as asSlackTakesIt } from '../test/support/slack.ts';
import { slack as contract } from './contract.ts';
import { httpHandlerOf, type HttpResponse } from './shared/http.ts';
import { read, replyOf, slack } from './slack.ts';

/** The dialog of an attestation: opened by a press, sent with a person's own words. */

const id = 'a'.repeat(32);
const plan = 'f'.repeat(64);
const secret = 'task-token-7f3a';
const nowMs = 1_700_000_000_000;
const settings: SlackSettings = { signingSecrets: [signingSecret], botToken, team, channel };
const alexInSlack = 'slack/T0BATON/U0ALEX/alex';
const samInSlack = 'slack/T0BATON/U0SAM/sam';
const lambda = { getRemainingTimeInMillis: () => 10_000 };
const message = { channel, ts: '1700000000.000100' };
const words = 'I pulled the plug of rack 7.';

const waiting = (of: Partial<ApprovalRecord> = {}): World => {
  const world = new World();
  world.slack.up = true;
  world.slack.settings = settings;
  const approvers = [alexInSlack, samInSlack, 'slack/T0BATON/U0ROBIN/robin'];
  const attestation = { purpose: 'attestation' as const, term: t(2), node: amber, approvers };
  world.approvals.set(id, recordOf({ ...attestation, expiresAtMs: nowMs + 60_000, token: secret, ...of }));
  return world;
};
const send = async (world: World, payload: Record<string, unknown>) => {
  const handler = httpHandlerOf({ name: 'Slack', ...contract }, read, slack, makersOf(world.deps()), replyOf);
  const response = (await handler(eventOf(formOf(payload), nowMs), lambda, undefined as never)) as HttpResponse;
  expect(JSON.stringify([response, world.slack])).not.toContain(secret);
  return { status: response.statusCode, body: response.body === '' ? '' : (JSON.parse(response.body) as unknown) };
};
const [button] = payloadOf()['actions'] as [Record<string, unknown>];
const press = (world: World, of: { user?: string; action?: string; value?: string } = {}) =>
  send(
    world,
    payloadOf({
      user: { id: of.user ?? 'U0ALEX', team_id: team },
      actions: [{ ...button, action_id: of.action ?? 'baton_attest', value: of.value ?? `${id}.${plan}` }],
    }),
  );
const submit = (world: World, of: Parameters<typeof submissionOf>[0] & { user?: string } = {}) =>
  send(world, submissionOf({ ...of, more: { user: { id: of.user ?? 'U0ALEX', team_id: team }, ...of.more } }));
const counted = (world: World) => (world.approvals.get(id)?.decisions ?? []).map(({ by, answer, statement }) => [by, answer, statement]);
const heads = (world: World): string[] => world.slack.updated.map(({ message: { text } }) => text);
const replies = (world: World): string[] => world.slack.replies.map(({ text }) => text);

describe('a press of Attest', () => {
  test('opens the dialog, counts nothing and edits nothing', async () => {
    const world = waiting({ sentence: 'No proof that <amber> cannot sign.' });
    expect(await press(world)).toEqual({ status: 200, body: '' });
    expect([counted(world), world.handed, world.slack.updated, world.slack.replies]).toEqual([[], [], [], []]);
    expect(world.slack.opened.map(({ trigger }) => trigger)).toEqual(['1.2.3']);
    const opened = world.slack.opened[0]?.view;
    expect(asSlackTakesIt.safeParse(opened).error?.issues).toBe(undefined);
    expect(opened).toMatchObject({
      type: 'modal',
      callback_id: 'baton_attest',
      private_metadata: `${id}.${plan} C0BATON 1700000000.000100`,
      title: { text: 'Attest' },
      submit: { text: 'Attest' },
    });
    const shown = JSON.stringify(opened);
    for (const part of [
      'No proof that &lt;amber&gt; cannot sign.',
      `*Node* ${amber}`,
      '*Validator* hub-1',
      '*Asked by* robin',
      '2023-11-14 22:14:20 UTC',
    ])
      expect(shown).toContain(part);
    expect(shown).toContain('"min_length":10,"max_length":1000');
  });
  test.each<[string, Partial<ApprovalRecord>, Parameters<typeof press>[1], string]>([
    ['a stranger', {}, { user: 'U0EVE' }, 'T0BATON/U0EVE is not among the approvers'],
    ['who asked for the failover', { requester: robin }, { user: 'U0ROBIN' }, 'who asks for it may not approve it'],
    [
      'who has attested',
      { quorum: 2, decisions: [{ by: sam, answer: 'approve', statement: words, atMs: 1 }] },
      { user: 'U0SAM' },
      'has answered already',
    ],
    ['an approval', { purpose: 'approval' }, {}, 'nothing of hub-1 waits for an attestation'],
    ['another plan', {}, { value: `${id}.${'e'.repeat(64)}` }, 'it is about another plan than the one that waits'],
    ['what nobody knows', {}, { value: `${'b'.repeat(32)}.${plan}` }, 'there is no such approval'],
    ['what has expired', { expiresAtMs: nowMs }, {}, 'the time to answer has passed'],
    ['what is denied', { state: 'denied' }, {}, 'it is denied already'],
  ])('by or about %s opens none and says why', async (_, of, how, why) => {
    const world = waiting(of);
    const before = world.approvals.get(id);
    expect(await press(world, how)).toEqual({ status: 200, body: '' });
    expect(replies(world)).toEqual([expect.stringMatching(new RegExp(`^Not counted: .*${why}`))]);
    expect([world.slack.opened, world.approvals.get(id)]).toEqual([[], before]);
  });
  test('says so when Slack opens no dialog', async () => {
    const world = waiting();
    world.slack.up = false;
    expect((await press(world)).status).toBe(200);
    expect(replies(world)).toEqual(['Not counted: the dialog could not be opened. Press Attest again; or type: baton attest hub-1 --statement "…"']);
    expect(counted(world)).toEqual([]);
  });
  test('when the table gives no answer is 503, and says so', async () => {
    const world = waiting();
    world.down.add('approvals');
    const down = { ...world.deps().approvals, read: () => Promise.reject(new BatonError('LeaseUnreachable', 'no answer', { fix: 'Wait.' })) };
    const deps = { ...world.deps(), approvals: down as never };
    const handler = httpHandlerOf({ name: 'Slack', ...contract }, read, slack, makersOf(deps), replyOf);
    const body = formOf(payloadOf({ actions: [{ ...button, action_id: 'baton_attest' }] }));
    expect(((await handler(eventOf(body, nowMs), lambda, undefined as never)) as HttpResponse).statusCode).toBe(503);
    expect(replies(world)).toEqual(['Nobody can say whether it was counted; do it again, it is counted once: no answer. Wait.']);
  });
});

describe('a press of the wrong button', () => {
  test('a yes without words attests nothing', async () => {
    const world = waiting();
    await press(world, { action: 'baton_approve' });
    expect([counted(world), replies(world)]).toEqual([[], ['Not counted: nothing of hub-1 waits for an approval. baton status hub-1']]);
  });
  test('a denial ends an attestation', async () => {
    const world = waiting();
    expect(await press(world, { action: 'baton_deny' })).toEqual({ status: 200, body: '' });
    expect([counted(world), world.handed[0]?.answer['answer'], heads(world)]).toEqual([
      [[alexInSlack, 'deny', undefined]],
      'denied',
      ['Denied: hub-1'],
    ]);
  });
});

describe('a dialog that was sent', () => {
  test('counts in a person’s own words, wakes the execution, closes and ends the message', async () => {
    const world = waiting();
    expect(await submit(world)).toEqual({ status: 200, body: { response_action: 'clear' } });
    expect(counted(world)).toEqual([[alexInSlack, 'approve', words]]);
    expect(world.handed.map(({ token, answer }) => [token, answer['answer']])).toEqual([[secret, 'approved']]);
    expect(world.slack.updated.map(({ at, message: { text } }) => [at, text])).toEqual([[message, 'Attested: hub-1']]);
    expect(world.notices).toEqual(['Baton: attestation of hub-1 is approved']);
    expect(world.measured.figures.slice(-2)).toEqual(['Done/Slack 1', 'StepMs/Slack 0']);
  });
  test('of two needed waits for a second person', async () => {
    const world = waiting({ quorum: 2 });
    await submit(world);
    await submit(world);
    expect([counted(world).length, world.handed]).toEqual([1, []]);
    await submit(world, { user: 'U0SAM', statement: 'I saw the rack go dark.' });
    expect([counted(world).map(([by]) => by), world.handed.length]).toEqual([[alexInSlack, samInSlack], 1]);
    expect(heads(world).at(-1)).toBe('Attested: hub-1');
  });
  test.each<[string, Parameters<typeof submit>[1], Record<string, string>]>([
    ['another validator', { validator: 'hub-2' }, { validator: 'This is about hub-1. Type exactly that name.' }],
    ['no validator', { validator: null }, { validator: 'This is about hub-1. Type exactly that name.' }],
    ['too few words', { statement: 'Done.    \n  ' }, { statement: 'Say what you did, in 10 to 1000 letters.' }],
    ['too many words', { statement: 'x'.repeat(1_001) }, { statement: 'Say what you did, in 10 to 1000 letters.' }],
    [
      'neither',
      { statement: null, validator: '' },
      { statement: 'Say what you did, in 10 to 1000 letters.', validator: 'This is about hub-1. Type exactly that name.' },
    ],
  ])('with %s is shown what is wrong, at its field', async (_, of, errors) => {
    const world = waiting();
    expect(await submit(world, of)).toEqual({ status: 200, body: { response_action: 'errors', errors } });
    expect([counted(world), world.handed, world.slack.updated]).toEqual([[], [], []]);
  });
  const metadata = (approval: string, of: string): { view: Record<string, unknown> } => ({
    view: { private_metadata: `${approval}.${of} C0BATON 1700000000.000100` },
  });
  test.each<[string, Partial<ApprovalRecord>, Parameters<typeof submit>[1], string]>([
    ['a stranger', {}, { user: 'U0EVE' }, 'T0BATON/U0EVE is not among the approvers'],
    ['a guest', {}, { more: { user: { id: 'U0ALEX', team_id: 'T0OTHER' } } }, 'T0BATON/U0ALEX is not among the approvers'],
    ['another workspace', {}, { more: { team: { id: 'T0OTHER' } } }, 'T0OTHER/U0ALEX is not among the approvers'],
    ['who asked for it', { requester: robin }, { user: 'U0ROBIN' }, 'who asks for it may not approve it'],
    [
      'who answers twice',
      { quorum: 2, decisions: [{ by: sam, answer: 'approve', statement: words, atMs: 1 }] },
      { user: 'U0SAM' },
      'has answered already',
    ],
    ['another plan', {}, metadata(id, 'e'.repeat(64)), 'is not the one that waits'],
    ['another approval', {}, metadata('b'.repeat(32), plan), 'there is no such approval'],
    ['an approval', { purpose: 'approval' }, {}, 'nothing of hub-1 waits for an attestation'],
    ['what has expired', { expiresAtMs: nowMs }, {}, 'the time to answer has passed'],
    ['what is denied', { state: 'denied' }, {}, 'it is denied already'],
  ])('by or about %s becomes a dialog that says why', async (_, of, how, why) => {
    const world = waiting(of);
    const before = world.approvals.get(id);
    const { status, body } = await submit(world, how);
    expect([status, world.approvals.get(id), world.handed]).toEqual([200, before, []]);
    const { response_action: action, view } = body as { response_action: string; view: Record<string, unknown> };
    expect(action).toBe('update');
    expect(asSlackTakesIt.safeParse(view).error?.issues).toBe(undefined);
    expect(JSON.stringify(view)).toContain('Not counted: ');
    expect(JSON.stringify(view)).toContain(why);
    expect(world.measured.figures).toEqual(['Done/Slack 1', 'StepMs/Slack 0']);
  });
  test('that nobody can say was counted stays as it is; the same words again count once', async () => {
    const world = waiting();
    world.handOver = [new BatonError('WorkflowFailed', 'no <answer>', { fix: 'Answer again.' })];
    const statement = 'Nobody can say whether it was counted; do it again, it is counted once: no &lt;answer&gt;. Answer again.';
    expect(await submit(world)).toEqual({ status: 200, body: { response_action: 'errors', errors: { statement } } });
    expect(world.measured.figures.slice(-2)).toEqual(['Failed/Slack 1', 'StepMs/Slack 0']);
    expect(await submit(world)).toEqual({ status: 200, body: { response_action: 'clear' } });
    expect([counted(world).length, world.handed.length]).toEqual([1, 1]);
  });
  test('counts when Slack takes no edit', async () => {
    const world = waiting();
    world.slack.up = false;
    expect((await submit(world)).body).toEqual({ response_action: 'clear' });
    expect([counted(world).length, world.handed.length]).toEqual([1, 1]);
  });
});

describe('of two edits that overtake each other', () => {
  test('the one that lands last is followed by the newest', async () => {
    const world = waiting({ quorum: 2 });
    let answered = false;
    // While our first edit is on its way, somebody else has answered and shown it.
    world.slack.editing = () => {
      if (answered) return;
      answered = true;
      const record = world.approvals.get(id) as ApprovalRecord;
      const decisions = [...record.decisions, { by: samInSlack, answer: 'deny' as const, atMs: nowMs }];
      world.approvals.set(id, { ...record, decisions, state: 'denied', version: record.version + 1 });
    };
    await submit(world);
    expect(heads(world)).toEqual(['Attestation needed: hub-1', 'Denied: hub-1']);
  });
  test('edits end, however often the record changes', async () => {
    const world = waiting({ quorum: 2 });
    world.slack.editing = () => {
      const record = world.approvals.get(id) as ApprovalRecord;
      world.approvals.set(id, { ...record, version: record.version + 1 });
    };
    await submit(world);
    expect(heads(world).length).toBe(4);
  });
});
