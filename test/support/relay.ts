import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { bytesOf, closeServer, listen } from '../../local/loopback.ts';
import type { Hosts, RelaySettings } from '../../relay/index.ts';

/**
 * PagerDuty, Opsgenie, Telegram and a receiver of webhooks, as far as Baton meets them: requests held to what they document, their answers and
 * their errors. Written from the documentation, not from relay/.
 */

export const routingKey = 'R0UT1NGKEY00000000000000000SECRE';
export const apiKey = 'b6f1a8c2-0000-4000-8000-opsgenieSECRET';
export const botToken = '123456789:AAtelegramSECRETtelegramSECRETtele';
export const chat = '-1001234567890';
export const hookSecret = `whsec_${Buffer.from('hook-secret-of-thirty-two-bytes!').toString('base64')}`;
export const oldHookSecret = `whsec_${Buffer.from('the-one-before-it-thirty-two-byt').toString('base64')}`;
/** What may stand in no log, no message and no error. */
export const everySecret = [routingKey, apiKey, botToken, hookSecret, oldHookSecret, 'hookpathSECRET'];

const characters = (longest: number) => z.string().min(1).max(longest);

const dedupKey = characters(255);
const event = z.discriminatedUnion('event_action', [
  z.strictObject({
    event_action: z.literal('trigger'),
    routing_key: z.string().length(32),
    dedup_key: dedupKey,
    payload: z.strictObject({
      summary: characters(1_024),
      source: characters(1_000),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime({ offset: true }),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.string()).optional(),
    }),
    links: z.array(z.strictObject({ href: z.url(), text: z.string().optional() })).optional(),
    client: z.string().optional(),
  }),
  z.strictObject({ event_action: z.literal('resolve'), routing_key: z.string().length(32), dedup_key: dedupKey }),
]);

const created = z.strictObject({
  message: characters(130),
  alias: characters(512),
  description: characters(15_000),
  tags: z.array(characters(50)).max(20),
  details: z.record(z.string(), z.string()).refine((all) => JSON.stringify(all).length <= 8_000),
  entity: characters(512),
  source: characters(100),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
});
const closed = z.strictObject({ source: characters(100), note: characters(25_000) });

/** Only what Telegram's parser takes: its own tags, and no lone sign of markup. */
const html = z
  .string()
  .regex(/^(?:[^&<>]|&(?:amp|lt|gt|quot);|<b>|<\/b>|<a href="[^"<>]+">|<\/a>)+$/u)
  .refine((text) => text.replaceAll(/<[^>]+>/g, '').replaceAll(/&\w+;/g, '&').length <= 4_096, 'message is too long');
const message = z.strictObject({
  chat_id: z.string(),
  text: html,
  parse_mode: z.literal('HTML'),
  link_preview_options: z.strictObject({ is_disabled: z.literal(true) }),
  disable_notification: z.boolean(),
});

/** What each service takes, by the kind of destination. */
export const takes = { pagerduty: event, opsgenie: z.union([created, closed]), telegram: message } as const;

export interface Scripted {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
/** `silent` answers nothing, `reset` ends the connection, `drip` sends a byte now and then for ever, `flood` sends without end. */
export type Script = Scripted | 'silent' | 'reset' | 'drip' | 'flood';

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const said = (status: number, value: unknown): Scripted => ({ status, body: JSON.stringify(value) });
const whyNot = (error: z.ZodError): string[] => error.issues.map(({ path, message: why }) => `${path.join('.')}: ${why}`);

/** As a receiver checks it: one of the signatures is the one that it makes itself. */
const isSigned = ({ headers, body }: Received, secret: string): boolean => {
  const mac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'));
  const expected = mac.update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`).digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .some((one) => {
      const [version, text = ''] = one.split(',');
      const given = Buffer.from(text, 'base64');
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
    });
};

export class Receivers {
  /** Alerts that are open, by key, with how often each was triggered. */
  readonly pagerduty = new Map<string, { count: number; event: z.output<typeof event> }>();
  readonly opsgenie = new Map<string, { count: number; alert: z.output<typeof created> }>();
  readonly telegram: z.output<typeof message>[] = [];
  /** Bodies of webhooks, by their id. */
  readonly hooks = new Map<string, string>();
  readonly received: Received[] = [];
  /** What the next requests of a service get, by the first part of its path. */
  readonly scripts: Record<string, Script[]> = {};
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });
  url = '';

  async start(): Promise<void> {
    this.url = await listen(this.#server);
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }

  hosts(): Hosts {
    const at = (path: string): string => `${this.url}/${path}`;
    return {
      pagerduty: { us: at('pagerduty'), eu: at('pagerduty-eu') },
      opsgenie: { us: at('opsgenie'), eu: at('opsgenie-eu'), jsm: at('jsm') },
      telegram: at('telegram'),
    };
  }

  /** One destination of each kind, as the parameter would name them. */
  settings(): RelaySettings {
    return {
      destinations: [
        { name: 'on-call', kind: 'pagerduty', routingKey, region: 'us' },
        { name: 'ops', kind: 'opsgenie', apiKey, region: 'eu' },
        { name: 'chat', kind: 'telegram', token: botToken, chat },
        { name: 'hook', kind: 'webhook', url: `${this.url}/hook/hookpathSECRET`, secrets: [hookSecret, oldHookSecret] },
      ],
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const body = (await bytesOf(request, 524_288, () => new Error('larger than PagerDuty takes'))).toString('utf8');
    const one = { path, headers: request.headers, body };
    this.received.push(one);
    const scripted = this.scripts[path.split('/')[1] ?? '']?.shift();
    if (scripted === 'silent') return;
    if (scripted === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (scripted === 'drip' || scripted === 'flood') {
      response.writeHead(200, { 'content-type': 'application/json' });
      const part = scripted === 'drip' ? ' ' : ' '.repeat(65_536);
      while (!response.destroyed) {
        response.write(part);
        await new Promise((next) => {
          setTimeout(next, scripted === 'drip' ? 20 : 1);
        });
      }
      return;
    }
    const isJson = request.method === 'POST' && request.headers['content-type'] === 'application/json';
    const answer = scripted ?? (isJson ? this.#answer(one) : { status: 415 });
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body ?? '');
  }

  #answer(one: Received): Scripted {
    const [, service = '', ...rest] = one.path.split('/');
    if (service.startsWith('pagerduty') && rest.join('/') === 'v2/enqueue') return this.#event(one);
    if ((service.startsWith('opsgenie') || service === 'jsm') && rest.slice(0, 2).join('/') === 'v2/alerts') return this.#alert(one, rest.slice(2));
    if (service === 'telegram') return this.#message(one, rest.join('/'));
    if (service === 'hook') return this.#hook(one);
    return { status: 404 };
  }

  #event({ body }: Received): Scripted {
    const found = event.safeParse(JSON.parse(body));
    if (!found.success) return said(400, { status: 'invalid event', message: 'Event object is invalid', errors: whyNot(found.error) });
    const { data } = found;
    if (data.routing_key !== routingKey) return said(400, { status: 'invalid event', message: 'Invalid routing key', errors: [] });
    const known = this.pagerduty.get(data.dedup_key);
    if (data.event_action === 'resolve') this.pagerduty.delete(data.dedup_key);
    else this.pagerduty.set(data.dedup_key, { count: (known?.count ?? 0) + 1, event: data });
    return said(202, { status: 'success', message: 'Event processed', dedup_key: data.dedup_key });
  }

  #alert({ headers, body }: Received, rest: readonly string[]): Scripted {
    if (headers.authorization !== `GenieKey ${apiKey}`) return said(401, { message: 'Could not authenticate', took: 0.001, requestId: 'r' });
    const accepted = said(202, { result: 'Request will be processed', took: 0.3, requestId: 'r' });
    const refused = (errors: unknown): Scripted =>
      said(422, { message: 'Request body is not processable. Please check the errors.', errors, took: 0.001 });
    if (rest.length === 0) {
      const found = created.safeParse(JSON.parse(body));
      if (!found.success) return refused(whyNot(found.error));
      const known = this.opsgenie.get(found.data.alias);
      this.opsgenie.set(found.data.alias, { count: (known?.count ?? 0) + 1, alert: found.data });
      return accepted;
    }
    const [alias = '', action] = rest;
    if (action !== 'close?identifierType=alias') return { status: 404 };
    const found = closed.safeParse(JSON.parse(body));
    if (!found.success) return refused(whyNot(found.error));
    this.opsgenie.delete(decodeURIComponent(alias));
    return accepted;
  }

  #message({ body }: Received, path: string): Scripted {
    const refused = (status: number, description: string): Scripted => said(status, { ok: false, error_code: status, description });
    const [, token = '', method = ''] = /^bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (token !== botToken) return refused(401, 'Unauthorized');
    if (method !== 'sendMessage') return refused(404, 'Not Found: method not found');
    const found = message.safeParse(JSON.parse(body));
    if (!found.success) return refused(400, `Bad Request: ${whyNot(found.error).join(', ')}`);
    if (found.data.chat_id !== chat) return refused(400, 'Bad Request: chat not found');
    this.telegram.push(found.data);
    return said(200, {
      ok: true,
      result: { message_id: this.telegram.length, chat: { id: Number(chat) }, date: 1_764_000_000, text: found.data.text },
    });
  }

  #hook(one: Received): Scripted {
    const id = String(one.headers['webhook-id']);
    if (!/^[\w-]{1,100}$/.test(id) || !/^\d{10}$/.test(String(one.headers['webhook-timestamp'])) || !isSigned(one, hookSecret))
      return { status: 401 };
    this.hooks.set(id, one.body);
    return { status: 204 };
  }
}
