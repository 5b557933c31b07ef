import { Slack } from '../../../aws/slack.ts';
import type { SlackSettings } from '../../../aws/slack-settings.ts';
import { slackMessageOf } from '../../../core/slack-message.ts';
import type { Clock } from '../../../core/time.ts';
import { slack as contract } from '../../../functions/contract.ts';
import { httpHandlerOf, type HttpResponse } from '../../../functions/shared/http.ts';
import { read, replyOf, slack } from '../../../functions/slack.ts';
import { amber, recordOf, robin, t } from '../../support/core.ts';
import { makersOf, World } from '../../support/deps.ts';
import {
  blocks as asSlackTakesThem,
  botToken,
  channel,
  eventOf,
  formOf,
  payloadOf,
  signatureOf,
  signingSecret,
  submissionOf,
  team,
  view as asSlackTakesView,
} from '../../support/slack.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { mutate, mutateText, weirdText, type Plain } from '../mutate.ts';
import { answerWith, restore } from '../replies.ts';
import { canary, hold, same, target, type Outcome, type Target } from '../target.ts';

/** The request of Slack through the real handler, and what its client makes of any answer. */

const id = 'a'.repeat(32);
const plan = 'f'.repeat(64);
const nowMs = 1_700_000_000_000;
const statuses = [200, 400, 401];
const settings: SlackSettings = { signingSecrets: ['old-secret-0123456789', signingSecret], botToken, team, channel };
const lambda = { getRemainingTimeInMillis: () => 10_000 } as never;
const approvers = ['role/approver', 'slack/T0BATON/U0ALEX/alex'];

interface Press {
  readonly event: unknown;
}

/** Judged by hand from the event: the bytes that were signed, and by which secret. */
const isSigned = (event: unknown): boolean => {
  const { headers, body, isBase64Encoded } = event as { headers: Record<string, string>; body: string; isBase64Encoded?: boolean };
  const [timestamp = '', signature = ''] = [headers['x-slack-request-timestamp'], headers['x-slack-signature']];
  const bytes = Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
  const skewMs = nowMs - Number(timestamp) * 1_000;
  return skewMs <= 300_000 && skewMs >= -300_000 && settings.signingSecrets.some((secret) => signatureOf(secret, timestamp, bytes) === signature);
};

const event = target<Press>({
  name: 'slack-event',
  about: 'functions/slack.ts: the HTTP event, from the signature over its bytes to the answer',
  make: (random, valid) => {
    const [button] = payloadOf()['actions'] as [Record<string, unknown>];
    const payload = payloadOf({ actions: [{ ...button, action_id: random.pick(['baton_approve', 'baton_deny']) }] }) as Plain;
    const form = formOf(valid || random.once(4) ? payload : mutate(random, payload));
    const body = valid || !random.once(4) ? form : mutateText(random, form);
    const timestamp = valid || !random.once(6) ? undefined : random.pick([weirdText(random), '1699999699', '1700000301', '1700000000']);
    const secret = valid || !random.once(6) ? signingSecret : random.pick(['', canary, 'old-secret-0123456789']);
    const found = eventOf(body, nowMs, { secret, ...(timestamp === undefined ? {} : { timestamp }) });
    return { event: valid || random.once(2) ? found : random.once(10) ? weirdText(random) : mutate(random, found) };
  },
  run: async ({ event: given }): Promise<Outcome> => {
    const world = new World();
    world.slack.up = true;
    world.slack.settings = settings;
    world.approvals.set(id, recordOf({ expiresAtMs: nowMs + 60_000, token: canary, approvers }));
    const handler = httpHandlerOf({ name: 'Slack', ...contract }, read, slack, makersOf(world.deps()), replyOf);
    const response = (await handler(given, lambda, undefined as never)) as HttpResponse;
    hold(statuses.includes(response.statusCode), `status ${response.statusCode}`);
    const said = JSON.stringify([response, world.slack.updated, world.slack.replies]);
    hold(!said.includes(canary) && !said.includes(signingSecret) && !/\bat .*\.ts:/.test(response.body), 'it tells what is nobody’s business');
    hold(response.body.length < 8_000, `a response of ${response.body.length} letters`);
    const decisions = world.approvals.get(id)?.decisions ?? [];
    // What has no body that could be signed is refused by its form alone.
    const { message: why = '' } = (response.body === '' ? {} : JSON.parse(response.body)) as { message?: string };
    const withoutBytes = why === 'the request has no body' || why === 'the body is too long';
    if (response.statusCode !== 401 && !withoutBytes) hold(isSigned(given), 'what Slack did not sign was read');
    for (const { message } of world.slack.updated) hold(asSlackTakesThem.safeParse(message.blocks).success, 'a message that Slack would not take');
    if (decisions.length === 0) {
      same(world.handed, [], 'what was handed over');
      return 'refused';
    }
    same([response.statusCode, world.handed.length, decisions.map(({ by }) => by)], [200, 1, ['slack/T0BATON/U0ALEX/alex']], 'an answer');
    const { body } = given as { body: string };
    const { actions } = JSON.parse(new URLSearchParams(Buffer.from(body, 'base64').toString('utf8')).get('payload') ?? '') as {
      actions: { value: string }[];
    };
    same(
      actions.map(({ value }) => value),
      [`${id}.${plan}`],
      'what was pressed',
    );
    return 'accepted';
  },
});

const clock: Clock = Object.assign(new VirtualClock(), { sleep: async () => undefined });
const client = new Slack({ settings: { read: async () => settings }, clock });
const message = slackMessageOf(recordOf({ expiresAtMs: nowMs + 60_000 }), { nowMs, link: 'https://console.example.com/one' });
const never = new AbortController().signal;

const reply = target<{ status: number; body: string }>({
  name: 'slack-reply',
  about: 'aws/slack.ts: whatever Slack answers to a message',
  make: (random, valid) => {
    const good: Plain = { ok: true, channel, ts: `1700000000.00${random.between(1_000, 9_999)}`, message: { text: weirdText(random) } };
    if (valid) return { status: 200, body: JSON.stringify(good) };
    const value = random.once(3) ? { ok: false, error: weirdText(random) } : good;
    const text = JSON.stringify(random.once(2) ? value : mutate(random, value)) ?? '';
    return {
      status: random.pick([200, 200, 200, 201, 302, 400, 403, 404, 429, 500, 503]),
      body: random.once(3) ? mutateText(random, text) : text,
    };
  },
  run: async ({ status, body }): Promise<Outcome> => {
    answerWith(() => ({ status, body }));
    const at = await client.post(message, never);
    const updated = await client.update({ channel, ts: '1.1' }, message, never);
    if (at === null) {
      if (updated) same((JSON.parse(body) as { ok: unknown }).ok, true, 'an edit');
      return 'refused';
    }
    const told = JSON.parse(body) as { ok: unknown; channel: unknown; ts: unknown };
    same([status, told.ok, updated], [200, true, true], 'an answer that was taken');
    same(at, { channel: told.channel, ts: told.ts }, 'where it is');
    hold(/^[CDG][A-Z0-9]+$/.test(at.channel) && /^\d+\.\d+$/.test(at.ts), 'a place that is none');
    return 'accepted';
  },
  close: restore,
});

/** A dialog: the attestation of a node, sent by whoever Slack says, with whatever was typed. */
const dialog = target<Press>({
  name: 'slack-dialog',
  about: 'functions/slack.ts: a dialog that was sent, from its fields to the attestation and to what the dialog becomes',
  make: (random, valid) => {
    const person = valid || !random.once(3) ? 'U0ALEX' : random.pick(['U0SAM', 'U0ROBIN', 'U0EVE', weirdText(random)]);
    const words = random.pick(['I pulled the plug of rack 7.', ...(valid ? [] : [weirdText(random), '', 'Off.', 'x'.repeat(1_001)])]);
    const name = valid || !random.once(4) ? 'hub-1' : random.pick([weirdText(random), 'hub-2', 'HUB-1', '']);
    const payload = submissionOf({ statement: words, validator: name, more: { user: { id: person, team_id: team } } }) as Plain;
    const form = formOf(valid || random.once(3) ? payload : mutate(random, payload));
    return { event: eventOf(valid || !random.once(5) ? form : mutateText(random, form), nowMs) };
  },
  run: async ({ event: given }): Promise<Outcome> => {
    const world = new World();
    world.slack.up = true;
    world.slack.settings = settings;
    const people = ['slack/T0BATON/U0ALEX/alex', 'slack/T0BATON/U0ROBIN/robin'];
    const asked = { purpose: 'attestation' as const, term: t(2), node: amber, approvers: people, requester: robin };
    world.approvals.set(id, recordOf({ ...asked, expiresAtMs: nowMs + 60_000, token: canary }));
    const handler = httpHandlerOf({ name: 'Slack', ...contract }, read, slack, makersOf(world.deps()), replyOf);
    const response = (await handler(given, lambda, undefined as never)) as HttpResponse;
    hold([200, 400].includes(response.statusCode), `status ${response.statusCode}`);
    hold(!JSON.stringify([response, world.slack]).includes(canary), 'it tells what is nobody’s business');
    const told = JSON.parse(response.body) as { response_action?: string; view?: unknown; errors?: Record<string, string> };
    if (told.view !== undefined) hold(asSlackTakesView.safeParse(told.view).success, 'a dialog that Slack would not take');
    for (const text of Object.values(told.errors ?? {})) hold(text.length > 0 && text.length <= 2_000, 'an error that nobody can read');
    const decisions = world.approvals.get(id)?.decisions ?? [];
    if (decisions.length === 0) {
      same(world.handed, [], 'what was handed over');
      hold(told.response_action !== 'clear', 'a dialog that closes and counts nothing');
      return 'refused';
    }
    same([response.statusCode, told.response_action, world.handed.length], [200, 'clear', 1], 'an attestation');
    same(
      decisions.map(({ by, answer }) => [by, answer]),
      [['slack/T0BATON/U0ALEX/alex', 'approve']],
      'who attested',
    );
    const { statement = '' } = decisions[0] ?? {};
    hold(statement.length >= 10 && statement.length <= 1_000 && statement === statement.trim(), 'words that are none');
    return 'accepted';
  },
});

export const slackTargets: readonly Target[] = [event, dialog, reply];
