import * as z from 'zod';
import { slackMessageAt, type SlackMessageAt } from '../core/slack-names.ts';
import type { SlackMessage } from '../core/slack-message.ts';
import { durationMs, type Clock, type DurationMs } from '../core/time.ts';
import { jsonIn, textOf } from '../runtime/reply.ts';
import type { SlackParameter } from './slack-settings.ts';

/**
 * Slack, as far as Baton talks to it: messages, their edits, one dialog, and a word to whoever pressed. Like a notice, none of it ever stops the work
 * that it is about: each call tells whether it left.
 */

const tryMs = durationMs(2_000);
/** Before each further try. */
const pauses: readonly DurationMs[] = [durationMs(500), durationMs(1_000)];
/** Slack may ask for minutes; nobody can wait so long here. */
const longestPauseMs = 3_000;
const maxReplyBytes = 131_072;

const replied = z.looseObject({ ok: z.literal(true) });
const posted = replied.extend(slackMessageAt.shape);

export interface SlackOptions {
  readonly settings: Pick<SlackParameter, 'read'>;
  readonly clock: Clock;
  /** Where its methods are, without a slash at the end. */
  readonly api?: string;
}

interface Sent {
  readonly url: string;
  readonly body: unknown;
  readonly token?: string;
}

const mayPass = (status: number): boolean => status === 429 || status >= 500;

export class Slack {
  readonly #settings: Pick<SlackParameter, 'read'>;
  readonly #clock: Clock;
  readonly #api: string;

  constructor(options: SlackOptions) {
    this.#settings = options.settings;
    this.#clock = options.clock;
    this.#api = options.api ?? 'https://slack.com/api';
  }

  /**
   * Where the message is now; null when there is no Slack, or it did not take it.
   * @param under the message whose thread it goes to; into the channel itself when absent.
   */
  async post(message: SlackMessage, signal: AbortSignal, under?: SlackMessageAt): Promise<SlackMessageAt | null> {
    const quiet = { ...message, unfurl_links: false, unfurl_media: false };
    const body = (channel: string) => (under ? { channel: under.channel, thread_ts: under.ts, ...quiet } : { channel, ...quiet });
    const said = await this.#call('chat.postMessage', body, signal);
    const found = posted.safeParse(said);
    return found.success ? { channel: found.data.channel, ts: found.data.ts } : null;
  }

  /** Replaces a message of ours. */
  async update(at: SlackMessageAt, message: SlackMessage, signal: AbortSignal): Promise<boolean> {
    return replied.safeParse(await this.#call('chat.update', () => ({ ...at, ...message }), signal)).success;
  }

  /** Opens a dialog for whoever pressed. Once: what it is opened by is good for one dialog and for three seconds. */
  async open(trigger: string, view: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<boolean> {
    return replied.safeParse(await this.#call('views.open', () => ({ trigger_id: trigger, view }), signal, [])).success;
  }

  /** Tells the person who pressed, and nobody else. @param responseUrl as Slack gave it with the press. */
  async reply(responseUrl: string, text: string, signal: AbortSignal): Promise<boolean> {
    const body = { response_type: 'ephemeral', replace_original: false, text };
    return (await this.#send({ url: responseUrl, body }, signal, pauses)) !== undefined;
  }

  async #call(method: string, body: (channel: string) => unknown, signal: AbortSignal, tries: readonly DurationMs[] = pauses): Promise<unknown> {
    const settings = await this.#settings.read(signal).catch(() => null);
    if (settings === null) return undefined;
    return jsonIn(await this.#send({ url: `${this.#api}/${method}`, body: body(settings.channel), token: settings.botToken }, signal, tries));
  }

  /** The text of an answer of status 200; undefined when there is none. */
  async #send(sent: Sent, signal: AbortSignal, [pause, ...later]: readonly DurationMs[]): Promise<string | undefined> {
    try {
      const { url, body, token } = sent;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(body),
        // The token goes to no other host.
        redirect: 'error',
        signal: AbortSignal.any([signal, this.#clock.timeout(tryMs)]),
      });
      if (response.status === 200) return await textOf(response, maxReplyBytes);
      await response.body?.cancel();
      if (!mayPass(response.status) || pause === undefined) return undefined;
      await this.#clock.sleep(this.#pauseOf(response, pause), signal);
    } catch {
      return undefined;
    }
    return this.#send(sent, signal, later);
  }

  #pauseOf(response: Response, otherwise: DurationMs): DurationMs {
    const asked = String(response.headers.get('retry-after'));
    return /^\d{1,6}$/.test(asked) ? durationMs(Math.min(Number(asked) * 1_000, longestPauseMs)) : otherwise;
  }
}
