import { GetItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { parseWith } from '../core/parse.ts';

/** The table: one partition key `pk`, so that IAM can hold each node to its own item by leading key. */
export interface Table {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export type Item = Record<string, AttributeValue>;

export const keyOf = {
  lease: (validator: string) => `lease#${validator}`,
  node: (validator: string, node: string) => `node#${validator}#${node}`,
  config: (validator: string) => `config#${validator}`,
  fleet: () => 'fleet',
  pause: (validator: string) => `pause#${validator}`,
  vault: (validator: string) => `vault#${validator}`,
  approval: (id: string) => `approval#${id}`,
  approvals: (validator: string) => `approvals#${validator}`,
  fence: (validator: string, term: number) => `fence#${validator}#${term}`,
  watch: (validator: string, vantage: string) => `watch#${validator}#${vantage}`,
  watcher: (vantage: string) => `watcher#${vantage}`,
  history: (validator: string) => `history#${validator}`,
} as const;

export const toItem = (value: Record<string, unknown>): Item => marshall(value, { removeUndefinedValues: true });

/** A stored item without its key, or LeaseInvalid: what the table holds is never trusted unparsed. */
export const fromItem = <S extends z.ZodType>(item: Item, schema: S, what: string): z.output<S> => {
  const { pk: _pk, ...rest } = unmarshall(item);
  return parseWith(schema, rest, {
    what,
    code: 'LeaseInvalid',
    fix: 'Somebody wrote this item by hand. Compare it with docs, restore it from point-in-time recovery, or pause the validator.',
  });
};

/** @throws BatonError LeaseUnreachable when the table gives no answer. */
export const readItem = async ({ client, table }: Table, pk: string, signal?: AbortSignal): Promise<Item | undefined> => {
  try {
    const { Item: found } = await client.send(
      new GetItemCommand({ TableName: table, Key: { pk: { S: pk } }, ConsistentRead: true }),
      signal ? { abortSignal: signal } : {},
    );
    return found;
  } catch (cause) {
    throw unreachable(`read ${pk}`, cause);
  }
};

export const unreachable = (what: string, cause: unknown): BatonError =>
  new BatonError('LeaseUnreachable', `no answer from the table to: ${what}`, {
    cause,
    fix: 'Check DynamoDB in this Region and the role of the caller, then run it again: every write finds out whether it happened earlier.',
  });

export const readParsed = async <S extends z.ZodType>(
  table: Table,
  pk: string,
  schema: S,
  signal?: AbortSignal,
): Promise<z.output<S> | undefined> => {
  const item = await readItem(table, pk, signal);
  return item === undefined ? undefined : fromItem(item, schema, pk);
};
