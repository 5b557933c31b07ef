import { z } from 'zod';
import { epochMs, steadyMs } from '../../core/time.ts';
import { people, team } from '../../local/slack/people.ts';
import { startSlack, type SlackServer } from '../../local/slack/server.ts';
import type { ViewSent as View } from '../../local/slack/blocks.ts';
import { signatureOf } from '../../local/slack/signature.ts';
import type { Workspace } from '../../local/slack/workspace.ts';
import { systemClock } from '../../runtime/clock.ts';

/** Slack, as tests of Baton meet it: the workspace of the local cloud, and presses as it sends them, signed as it signs them. */

export { blocks, view } from '../../local/slack/blocks.ts';
export { signatureOf, team };
export type { View };
export const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';
export const botToken = 'xoxb-1234567890-abcdefghij';
export const channel = 'C0BATON';

interface Scripted {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Enough between two looks at the clock that no test is told to wait, and too little for a trigger to expire. */
const betweenMs = 1_250;

/**
 * The workspace of the local cloud at one fixed moment, with troubles that a test can ask for. Whatever names a press brings, for its dialog and
 * for the answer to it, are taken as given to alex a moment before, once; a dialog is gone as soon as it was seen.
 */
export class SlackStandIn {
  #server: SlackServer | undefined;
  readonly #seen = new Set<string>();
  #heard = 0;
  readonly calls: string[] = [];
  /** Dialogs that were opened. */
  readonly views: View[] = [];
  /** What people were told alone. */
  readonly replies: string[] = [];
  /** What the next requests get instead of an answer. */
  script: Scripted[] = [];
  /** Answers nothing at all. */
  silent = false;

  get #workspace(): Workspace {
    if (!this.#server) throw new Error('the stand-in has not started');
    return this.#server.workspace;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  /** Blocks of messages as people see them now, by ts. */
  get messages(): Map<string, unknown> {
    return new Map([...this.#workspace.messages.values()].map(({ ts, sent }) => [ts, sent]));
  }

  /** Of each message in a thread, the one that it hangs under. */
  get threads(): Map<string, string> {
    return new Map([...this.#workspace.messages.values()].flatMap(({ ts, threadTs }) => (threadTs === undefined ? [] : [[ts, threadTs]])));
  }

  async start(): Promise<void> {
    let nowMs = 0;
    this.#server = await startSlack({
      clock: { ...systemClock, epochMs: () => epochMs(1_700_000_000_000), steadyMs: () => steadyMs((nowMs += betweenMs)) },
      team,
      channel,
      channelName: 'failovers',
      people,
      botToken,
      signingSecret,
      requestUrl: () => '',
      instead: ({ method, path, body }) => {
        this.calls.push(`${method} ${path}`);
        if (this.silent) return new Promise(() => undefined);
        const scripted = this.script.shift();
        if (scripted) return { body: '', ...scripted };
        if (path === '/actions') this.#workspace.hook('U0ALEX', undefined, path);
        if (path === '/api/views.open') this.#give(body);
        return undefined;
      },
    });
    this.#workspace.onChange(() => {
      this.#look();
    });
  }

  #give(body: string): void {
    const { trigger_id: trigger } = z.looseObject({ trigger_id: z.string().regex(/^\d+\.\d+\.\w+$/) }).parse(JSON.parse(body));
    if (this.#seen.has(trigger)) return;
    this.#seen.add(trigger);
    this.#workspace.trigger('U0ALEX', trigger);
  }

  #look(): void {
    const { whispers } = this.#workspace;
    this.replies.push(...whispers.slice(this.#heard).map(({ text }) => text));
    this.#heard = whispers.length;
    const view = this.#workspace.viewOf('U0ALEX');
    if (!view) return;
    this.views.push(view.sent);
    this.#workspace.close(view, true);
  }

  async close(): Promise<void> {
    await this.#server?.close();
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
