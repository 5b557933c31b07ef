import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from './items.ts';
import { withSignal } from './signal.ts';

/** Single reads of many, sent together: those that are asked for at the same moment. Each is consistent, as if it were alone. */

/** What one BatchGetItem takes. */
const mostKeys = 100;
/** How often what the table left out is asked for again. */
const maxTries = 4;

interface Wanted {
  readonly found: Promise<Item | undefined>;
  readonly resolve: (item: Item | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

const wanted = (): Wanted => {
  const { promise, resolve, reject } = Promise.withResolvers<Item | undefined>();
  return { found: promise, resolve, reject };
};

export class BatchReads {
  readonly #table: { readonly client: DynamoDBClient; readonly table: string };
  readonly #waiting = new Map<AbortSignal | undefined, Map<string, Wanted>>();

  constructor(table: { readonly client: DynamoDBClient; readonly table: string }) {
    this.#table = table;
  }

  /** @throws what the table answered, for every key of the same batch. */
  read(pk: string, signal?: AbortSignal): Promise<Item | undefined> {
    const batch = this.#waiting.get(signal) ?? this.#open(signal);
    const one = batch.get(pk) ?? wanted();
    batch.set(pk, one);
    return one.found;
  }

  #open(signal: AbortSignal | undefined): Map<string, Wanted> {
    const batch = new Map<string, Wanted>();
    this.#waiting.set(signal, batch);
    // After whoever runs at this moment.
    void Promise.resolve().then(() => {
      this.#waiting.delete(signal);
      const keys = [...batch];
      for (let from = 0; from < keys.length; from += mostKeys) void this.#send(new Map(keys.slice(from, from + mostKeys)), signal);
    });
    return batch;
  }

  async #send(left: Map<string, Wanted>, signal: AbortSignal | undefined): Promise<void> {
    try {
      for (let tries = 0; left.size > 0; tries += 1) {
        if (tries >= maxTries) throw new Error(`${left.size} of the items were left out ${maxTries} times`);
        const { found, missing } = await this.#ask([...left.keys()], signal);
        for (const [pk, { resolve }] of left) {
          if (missing.has(pk)) continue;
          resolve(found.get(pk));
          left.delete(pk);
        }
      }
    } catch (cause) {
      for (const { reject } of left.values()) reject(cause);
    }
  }

  async #ask(keys: readonly string[], signal: AbortSignal | undefined): Promise<{ found: Map<string, Item>; missing: Set<string> }> {
    const { client, table } = this.#table;
    const wants = { [table]: { Keys: keys.map((pk) => ({ pk: { S: pk } })), ConsistentRead: true } };
    const { Responses: all, UnprocessedKeys: left } = await client.send(new BatchGetItemCommand({ RequestItems: wants }), withSignal(signal));
    // Asked by its name, the table answers by its name; asked by its ARN, by whichever of the two: it is the only one.
    const [items = []] = Object.values(all ?? {});
    const [unprocessed] = Object.values(left ?? {});
    return {
      found: new Map(items.map((item) => [item['pk']?.S ?? '', item])),
      missing: new Set((unprocessed?.Keys ?? []).map(({ pk }) => pk?.S ?? '')),
    };
  }
}
