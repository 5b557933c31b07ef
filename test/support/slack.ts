import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/**
 * Slack, as far as Baton meets it: its two methods with their errors, messages held to the documented form and limits of Block Kit,
 * presses as it sends them, signed as it signs them.
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
      .regex(/^(?:[^&<>]|&(?:amp|lt|gt);|<!date\^\d+\^[^|<>]+\|[^<>]+>)*$/u),
    ...(type === 'mrkdwn' ? { verbatim: z.boolean().optional() } : { emoji: z.boolean().optional() }),
  });
const plain = (longest: number) => text('plain_text', longest);
const button = z.strictObject({
  type: z.literal('button'),
  action_id: z.string().min(1).max(255),
  text: plain(75),
  value: z.string().max(2_000),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: z.strictObject({ title: plain(100), text: plain(300), confirm: plain(30), deny: plain(30) }),
});
const uniqueIds = (elements: readonly { action_id: string }[]): boolean => new Set(elements.map((one) => one.action_id)).size === elements.length;
export const blocks = z
  .array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('header'), text: plain(150) }),
      z.strictObject({ type: z.literal('section'), text: z.union([text('mrkdwn', 3_000), text('plain_text', 3_000)]) }),
      z.strictObject({ type: z.literal('context'), elements: z.array(text('mrkdwn', 3_000)).min(1).max(10) }),
      z.strictObject({ type: z.literal('actions'), elements: z.array(button).min(1).max(25).refine(uniqueIds) }),
    ]),
  )
  .min(1)
  .max(50);

const methods = {
  '/api/chat.postMessage': z.strictObject({
    channel: z.string(),
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
    const schema = methods[request.url as keyof typeof methods] as (typeof methods)[keyof typeof methods] | undefined;
    if (schema === undefined) return said({ ok: false, error: 'unknown_method' });
    if (request.headers.authorization !== `Bearer ${botToken}`) return said({ ok: false, error: 'invalid_auth' });
    const found = schema.safeParse(JSON.parse(sent));
    if (!found.success) return said({ ok: false, error: 'invalid_blocks', errors: found.error.issues.map(({ message }) => message) });
    if (found.data.channel !== channel) return said({ ok: false, error: 'channel_not_found' });
    const given = 'ts' in found.data ? found.data.ts : undefined;
    if (given !== undefined && !this.messages.has(given)) return said({ ok: false, error: 'message_not_found' });
    const ts = given ?? `1700000000.${String(this.messages.size + 1).padStart(6, '0')}`;
    this.messages.set(ts, found.data.blocks);
    return said({ ok: true, channel, ts, message: { type: 'message', ts, bot_id: 'B0BATON' } });
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
