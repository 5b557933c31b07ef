import { createServer, type Server } from 'node:http';
import { epochMs, steadyMs, type Clock } from '../../core/time.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { people, team } from '../../local/slack/people.ts';
import { startSlack, type SlackServer } from '../../local/slack/server.ts';
import { systemClock } from '../../runtime/clock.ts';

/** A workspace whose time the test moves, and an app that answers what the test says. */

export const token = 'xoxb-1234567890-abcdefghij';
export const secret = '8f742231b10e8888abcd99yyyzzz85a5';

export interface Got {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly payload: Record<string, unknown>;
}

export class Bench {
  nowMs = 0;
  /** Ends the wait for the app at once. */
  impatient = false;
  /** What the app answers; `silent` never does. */
  says: { readonly status: number; readonly body?: string } | 'silent' = { status: 200 };
  readonly got: Got[] = [];
  /** How long each wait for the app may be. */
  readonly timeouts: number[] = [];
  #slack: SlackServer | undefined;
  #app: Server | undefined;

  get slack(): SlackServer {
    if (!this.#slack) throw new Error('the workspace has not started');
    return this.#slack;
  }

  async start(): Promise<void> {
    const clock: Clock = {
      ...systemClock,
      epochMs: () => epochMs(1_700_000_000_000 + this.nowMs),
      steadyMs: () => steadyMs(this.nowMs),
      timeout: (ms) => {
        this.timeouts.push(ms);
        return this.impatient ? AbortSignal.abort(new DOMException('timed out', 'TimeoutError')) : new AbortController().signal;
      },
    };
    this.#app = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const payload = JSON.parse(new URLSearchParams(body).get('payload') ?? 'null') as Record<string, unknown>;
        this.got.push({ headers: request.headers, body, payload });
        if (this.says !== 'silent') response.writeHead(this.says.status).end(this.says.body ?? '');
      });
    });
    const requestUrl = `${await listen(this.#app)}/slack`;
    this.#slack = await startSlack({
      clock,
      team,
      channel: 'C0BATON',
      channelName: 'failovers',
      people,
      botToken: token,
      signingSecret: secret,
      requestUrl: () => requestUrl,
    });
  }

  async close(): Promise<void> {
    await this.#slack?.close();
    if (this.#app) await closeServer(this.#app);
  }

  async post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; headers: Headers; text: string }> {
    const response = await fetch(`${this.slack.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** One call of the Web API, as the app makes it. */
  async call(method: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
    const { text } = await this.post(`/api/${method}`, body, { authorization: `Bearer ${token}`, ...headers });
    return JSON.parse(text) as Record<string, unknown>;
  }
}

export const plain = (text: string) => ({ type: 'plain_text', text });
export const section = (text: string) => ({ type: 'section', block_id: 's', text: { type: 'mrkdwn', text } });
export const actions = (more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'actions',
  block_id: 'a',
  elements: [{ type: 'button', action_id: 'go', text: plain('Go'), value: 'v', style: 'primary', ...more }],
});
export const modal = (more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'modal',
  callback_id: 'ask',
  private_metadata: 'kept',
  title: plain('Say it'),
  submit: plain('Send'),
  blocks: [
    { type: 'input', block_id: 'what', label: plain('What'), element: { type: 'plain_text_input', action_id: 'text', min_length: 3, max_length: 9 } },
    { type: 'input', block_id: 'more', label: plain('More'), optional: true, element: { type: 'plain_text_input', action_id: 'text' } },
  ],
  ...more,
});
