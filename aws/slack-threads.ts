import * as z from 'zod';
import { BatonError } from '../core/errors.ts';
import { slackMessageAt, type SlackMessageAt } from '../core/slack-names.ts';
import { absent, keyOf, putItem, readParsed, type Table } from './items.ts';

/** What Slack shows about each execution: its messages, and what was said already. No answer depends on it. */

const message = slackMessageAt.extend({
  approval: z.string().regex(/^[a-f0-9]{32}$/),
  /** It shows how it ended, and is not edited again. */
  closed: z.boolean(),
});
export type ThreadMessage = z.infer<typeof message>;

const mostMessages = 10;
const mostSaid = 100;
/** As often as somebody else may write it in between. */
const maxTries = 6;

const thread = z.strictObject({
  messages: z.array(message).max(mostMessages),
  /** Marks of what was said, the newest last. */
  said: z.array(z.string().min(1).max(200)).max(mostSaid),
  version: z.number().int().min(1),
  /** Whose write it was: two that would write the same are still two. */
  attempt: z.string().min(1).max(64),
});
type Stored = z.infer<typeof thread>;
export type Thread = Pick<Stored, 'messages' | 'said'>;

export class SlackThreads {
  readonly #table: Table;
  readonly #randomHex: (bytes: number) => string;

  constructor(options: { readonly table: Table; readonly randomHex: (bytes: number) => string }) {
    this.#table = options.table;
    this.#randomHex = options.randomHex;
  }

  /** @param execution its name; empty for what is said about no execution. */
  async read(execution: string, signal?: AbortSignal): Promise<Thread> {
    const { messages, said } = (await this.#stored(execution, signal)) ?? { messages: [], said: [] };
    return { messages, said };
  }

  /** Keeps where a message is, once. */
  async add(execution: string, at: SlackMessageAt & { readonly approval: string }, signal?: AbortSignal): Promise<void> {
    await this.#change(
      execution,
      ({ messages, said }) =>
        messages.some(({ ts }) => ts === at.ts) ? null : { said, messages: [...messages, { ...at, closed: false }].slice(-mostMessages) },
      signal,
    );
  }

  /** The message shows how it ended. */
  async close(execution: string, closed: string, signal?: AbortSignal): Promise<void> {
    await this.#change(
      execution,
      ({ messages, said }) =>
        messages.some((one) => one.ts === closed && !one.closed)
          ? { said, messages: messages.map((one) => (one.ts === closed ? { ...one, closed: true } : one)) }
          : null,
      signal,
    );
  }

  /** True for the one who may say it: whoever claims the same mark later may not. */
  claim(execution: string, mark: string, signal?: AbortSignal): Promise<boolean> {
    return this.#change(
      execution,
      ({ messages, said }) => (said.includes(mark) ? null : { messages, said: [...said, mark].slice(-mostSaid) }),
      signal,
    );
  }

  /** It was not said after all: the next one may claim it. */
  async forget(execution: string, mark: string, signal?: AbortSignal): Promise<void> {
    await this.#change(
      execution,
      ({ messages, said }) => (said.includes(mark) ? { messages, said: said.filter((one) => one !== mark) } : null),
      signal,
    );
  }

  #stored(execution: string, signal: AbortSignal | undefined): Promise<Stored | undefined> {
    return readParsed(this.#table, keyOf.slack(execution), thread, signal);
  }

  /** One conditional write; false when there is nothing to change. @throws BatonError LeaseUnreachable. */
  async #change(execution: string, change: (thread: Thread) => Thread | null, signal: AbortSignal | undefined): Promise<boolean> {
    const attempt = this.#randomHex(8);
    for (let tries = 0; tries < maxTries; tries += 1) {
      const found = await this.#stored(execution, signal);
      // A write of ours whose reply was lost.
      if (found?.attempt === attempt) return true;
      const changed = change(found ?? { messages: [], said: [] });
      if (changed === null) return false;
      const condition = found === undefined ? absent : { text: '#version = :seen', values: { ':seen': found.version } };
      const value = { messages: changed.messages, said: changed.said, version: (found?.version ?? 0) + 1, attempt };
      const written = await putItem(this.#table, keyOf.slack(execution), value, condition, signal);
      if (written.outcome === 'done') return true;
    }
    throw new BatonError('LeaseUnreachable', `${maxTries} other writes came in between`, { fix: 'It is tried again.' });
  }
}
