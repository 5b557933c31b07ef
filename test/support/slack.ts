import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/**
 * Slack, as far as Baton meets it: its methods with their errors, messages and dialogs held to the documented form and limits of Block Kit,
 * presses and sent dialogs as it sends them, signed as it signs them.
 */

export const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';
export const botToken = 'xoxb-1234567890-abcdefghij';
export const team = 'T0BATON';
export const channel = 'C0BATON';

/** Written from the documentation, not from core. */
export const signatureOf = (secret: string, timestamp: string, body: string | Uint8Array): string => {
  const mac = createHmac('sha256', secret);
  mac.update('v0:');
  mac.update(timestamp);
  mac.update(':');
  mac.update(body);
  return `v0=${mac.digest('hex')}`;
};

const text = (type: string, longest: number) =>
  z.strictObject({
    type: z.literal(type),
    // A lone < or & is markup or a broken entity: what is text must be escaped.
    text: z
      .string()
      .min(1)
      .max(longest)
      .regex(
        type === 'mrkdwn'
          ? /^(?:[^&<>]|&(?:amp|lt|gt);|<!date\^\d+\^[^|<>]+\|[^<>]+>|<https:\/\/[^|<>\s]+\|[^<>]+>)*$/u
          : /^(?:[^&<>]|&(?:amp|lt|gt);)*$/u,
      ),
    ...(type === 'mrkdwn' ? { verbatim: z.boolean().optional() } : { emoji: z.boolean().optional() }),
  });
const plain = (longest: number) => text('plain_text', longest);
const button = z.strictObject({
  type: z.literal('button'),
  action_id: z.string().min(1).max(255),
  text: plain(75),
  value: z.string().max(2_000),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: z.strictObject({ title: plain(100), text: plain(300), confirm: plain(30), deny: plain(30) }).optional(),
});
const uniqueIds = (elements: readonly { action_id: string }[]): boolean => new Set(elements.map((one) => one.action_id)).size === elements.length;
const everywhere = [
  z.strictObject({ type: z.literal('header'), text: plain(150) }),
  z.strictObject({ type: z.literal('section'), text: z.union([text('mrkdwn', 3_000), text('plain_text', 3_000)]) }),
  z.strictObject({ type: z.literal('context'), elements: z.array(text('mrkdwn', 3_000)).min(1).max(10) }),
  z.strictObject({ type: z.literal('actions'), elements: z.array(button).min(1).max(25).refine(uniqueIds) }),
] as const;
export const blocks = z.array(z.discriminatedUnion('type', everywhere)).min(1).max(50);

const input = z.strictObject({
  type: z.literal('input'),
  block_id: z.string().min(1).max(255),
  label: plain(2_000),
  hint: plain(2_000).optional(),
  element: z.strictObject({
    type: z.literal('plain_text_input'),
    action_id: z.string().min(1).max(255),
    multiline: z.boolean().optional(),
    min_length: z.number().int().min(0).max(3_000).optional(),
    max_length: z.number().int().min(1).max(3_000).optional(),
  }),
});
/** A dialog: one with a field needs a way to send it. */
export const view = z
  .strictObject({
    type: z.literal('modal'),
    callback_id: z.string().min(1).max(255).optional(),
    private_metadata: z.string().max(3_000).optional(),
    title: plain(24),
    submit: plain(24).optional(),
    close: plain(24).optional(),
    blocks: z
      .array(z.discriminatedUnion('type', [...everywhere, input]))
      .min(1)
      .max(100),
  })
  .refine(({ submit, blocks: all }) => submit !== undefined || all.every(({ type }) => type !== 'input'), 'missing_submit');
export type View = z.infer<typeof view>;

const methods = {
  '/api/chat.postMessage': z.strictObject({
    channel: z.string(),
    thread_ts: z.string().optional(),
    text: z.string().min(1).max(40_000),
    blocks,
    unfurl_links: z.boolean(),
    unfurl_media: z.boolean(),
  }),
  '/api/chat.update': z.strictObject({ channel: z.string(), ts: z.string(), text: z.string().min(1).max(40_000), blocks }),
};
const reply = z.strictObject({ response_type: z.literal('ephemeral'), replace_original: z.literal(false), text: z.string().min(1).max(3_000) });

interface Scripted {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

export class SlackStandIn {
  readonly #server = createServer((request, response) => {
    void this.#serve(request).then(({ status, headers = {}, body = '' }) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(body);
    });
  });
  /** Messages as people see them now, by ts. */
  readonly messages = new Map<string, unknown>();
  /** Of each message in a thread, the one that it hangs under. */
  readonly threads = new Map<string, string>();
  readonly views: View[] = [];
  readonly #triggers = new Set<string>();
  readonly replies: string[] = [];
  readonly calls: string[] = [];
  /** What the next requests get instead of an answer. */
  script: Scripted[] = [];
  /** Answers nothing at all. */
  silent = false;

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #serve(request: IncomingMessage): Promise<Scripted> {
    const sent = await bodyOf(request);
    this.calls.push(`${request.method} ${request.url}`);
    if (this.silent) return new Promise(() => undefined);
    const scripted = this.script.shift();
    if (scripted) return scripted;
    const said = (value: Record<string, unknown>): Scripted => ({ status: 200, body: JSON.stringify(value) });
    if (request.method !== 'POST') return { status: 405 };
    if (request.headers['content-type'] !== 'application/json; charset=utf-8') return said({ ok: false, error: 'invalid_post_type' });
    if (request.url === '/actions') {
      const found = reply.safeParse(JSON.parse(sent));
      if (!found.success || request.headers.authorization !== undefined) return { status: 400, body: 'invalid_payload' };
      this.replies.push(found.data.text);
      return { status: 200, body: 'ok' };
    }
    if (request.url === '/api/views.open') return said(this.#open(request.headers.authorization, JSON.parse(sent)));
    const schema = methods[request.url as keyof typeof methods] as (typeof methods)[keyof typeof methods] | undefined;
    if (schema === undefined) return said({ ok: false, error: 'unknown_method' });
    if (request.headers.authorization !== `Bearer ${botToken}`) return said({ ok: false, error: 'invalid_auth' });
    const found = schema.safeParse(JSON.parse(sent));
    if (!found.success) return said({ ok: false, error: 'invalid_blocks', errors: found.error.issues.map(({ message }) => message) });
    if (found.data.channel !== channel) return said({ ok: false, error: 'channel_not_found' });
    const given = 'ts' in found.data ? found.data.ts : undefined;
    if (given !== undefined && !this.messages.has(given)) return said({ ok: false, error: 'message_not_found' });
    const under = 'thread_ts' in found.data ? found.data.thread_ts : undefined;
    if (under !== undefined && !this.messages.has(under)) return said({ ok: false, error: 'thread_not_found' });
    const ts = given ?? `1700000000.${String(this.messages.size + 1).padStart(6, '0')}`;
    this.messages.set(ts, found.data.blocks);
    if (under !== undefined) this.threads.set(ts, under);
    return said({ ok: true, channel, ts, message: { type: 'message', ts, bot_id: 'B0BATON' } });
  }

  /** A trigger opens one dialog. */
  #open(authorization: string | undefined, sent: unknown): Record<string, unknown> {
    if (authorization !== `Bearer ${botToken}`) return { ok: false, error: 'invalid_auth' };
    const found = z.strictObject({ trigger_id: z.string().regex(/^\d+\.\d+\.\w+$/), view }).safeParse(sent);
    if (!found.success) return { ok: false, error: 'invalid_arguments', errors: found.error.issues.map(({ message }) => message) };
    const { trigger_id: trigger, view: opened } = found.data;
    if (this.#triggers.has(trigger)) return { ok: false, error: 'exchanged_trigger_id' };
    this.#triggers.add(trigger);
    this.views.push(opened);
    return { ok: true, view: { ...opened, id: 'V0BATON', team_id: team, state: { values: {} } } };
  }
}

/** What Slack sends when somebody presses; `of` replaces parts of it. */
export const payloadOf = (of: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  type: 'block_actions',
  user: { id: 'U0ALEX', username: 'alex', name: 'alex', team_id: team },
  api_app_id: 'A0BATON',
  token: 'deprecated-verification-token',
  container: { type: 'message', message_ts: '1700000000.000100', channel_id: channel, is_ephemeral: false },
  trigger_id: '1.2.3',
  team: { id: team, domain: 'baton' },
  enterprise: null,
  is_enterprise_install: false,
  channel: { id: channel, name: 'failovers' },
  message: { type: 'message', ts: '1700000000.000100', text: 'Approve or deny: hub-1' },
  state: { values: {} },
  response_url: 'https://hooks.slack.com/actions/T0BATON/1/abc',
  actions: [
    {
      type: 'button',
      action_id: 'baton_approve',
      block_id: 'x',
      text: { type: 'plain_text', text: 'Approve', emoji: true },
      value: `${'a'.repeat(32)}.${'f'.repeat(64)}`,
      style: 'primary',
      action_ts: '1700000001.000200',
    },
  ],
  ...of,
});

const typed = (value: string | null) => ({ type: 'plain_text_input', value });

/** What Slack sends when somebody sends our dialog; `of` replaces parts of it, `view` parts of the dialog. */
export const submissionOf = (of: {
  readonly statement?: string | null;
  readonly validator?: string | null;
  readonly view?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
}): Record<string, unknown> => ({
  type: 'view_submission',
  team: { id: team, domain: 'baton' },
  user: { id: 'U0ALEX', username: 'alex', name: 'alex', team_id: team },
  api_app_id: 'A0BATON',
  token: 'deprecated-verification-token',
  trigger_id: '4.5.6',
  view: {
    id: 'V0BATON',
    team_id: team,
    type: 'modal',
    callback_id: 'baton_attest',
    private_metadata: `${'a'.repeat(32)}.${'f'.repeat(64)} ${channel} 1700000000.000100`,
    title: { type: 'plain_text', text: 'Attest', emoji: true },
    state: {
      values: {
        statement: { statement: typed(of.statement === undefined ? 'I pulled the plug of rack 7.' : of.statement) },
        validator: { validator: typed(of.validator === undefined ? 'hub-1' : of.validator) },
      },
    },
    hash: '1700000001.abc',
    root_view_id: 'V0BATON',
    app_id: 'A0BATON',
    bot_id: 'B0BATON',
    ...of.view,
  },
  response_urls: [],
  is_enterprise_install: false,
  enterprise: null,
  ...of.more,
});

export const formOf = (payload: unknown): string => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

/** The request as API Gateway hands it on. */
export const eventOf = (
  body: string | Uint8Array,
  nowMs: number,
  of: { secret?: string; timestamp?: string; headers?: Readonly<Record<string, unknown>>; event?: Readonly<Record<string, unknown>> } = {},
): Record<string, unknown> => {
  const timestamp = of.timestamp ?? String(Math.floor(nowMs / 1_000));
  return {
    version: '2.0',
    routeKey: 'POST /slack',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signatureOf(of.secret ?? signingSecret, timestamp, body),
      ...of.headers,
    },
    requestContext: { accountId: '123456789012', http: { method: 'POST', path: '/slack' } },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
    ...of.event,
  };
};
