import * as z from 'zod';
import { absent, keyOf, putItem, readParsed, type Table } from './items.ts';

/** Who has taken which message of the topic: a message that is delivered again goes to the others alone. One item, of the newest messages. */

const mostMessages = 50;
const mostTries = 5;

const message = z.strictObject({ id: z.string().min(1).max(100), taken: z.array(z.string().min(1).max(40)).max(10) });
const log = z.strictObject({ version: z.number().int().min(1), messages: z.array(message).max(mostMessages) });
type Log = z.infer<typeof log>;

const pk = keyOf.relay();
const asRead = '#version = :version';

export class RelayLog {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Names of the destinations that have taken this message. @throws BatonError LeaseUnreachable, or LeaseInvalid. */
  async takenBy(id: string, signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.#read(signal))?.messages.find((one) => one.id === id)?.taken ?? [];
  }

  /**
   * Adds these; the oldest message makes room.
   * @returns whether it is noted: others may write at the same time, and it is not tried for ever.
   * @throws BatonError LeaseUnreachable, or LeaseInvalid.
   */
  async note(id: string, names: readonly string[], signal?: AbortSignal): Promise<boolean> {
    for (let attempt = 0; attempt < mostTries; attempt += 1) {
      const found = await this.#read(signal);
      const { outcome } = await putItem(this.#table, pk, withNames(found, id, names), conditionOf(found), signal);
      if (outcome === 'done') return true;
    }
    return false;
  }

  #read(signal: AbortSignal | undefined): Promise<Log | undefined> {
    return readParsed(this.#table, pk, log, signal);
  }
}

const conditionOf = (found: Log | undefined) => (found === undefined ? absent : { text: asRead, values: { ':version': found.version } });

const withNames = (found: Log | undefined, id: string, names: readonly string[]): Log => {
  const { version, messages } = found ?? { version: 0, messages: [] };
  const before = messages.find((one) => one.id === id)?.taken ?? [];
  const others = messages.filter((one) => one.id !== id).slice(1 - mostMessages);
  return { version: version + 1, messages: [...others, { id, taken: [...new Set([...before, ...names])] }] };
};
