import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { parseWith } from '../core/parse.ts';
import type { BatchReads } from './batch.ts';
import { withSignal } from './signal.ts';

/** The table: one partition key `pk`, so that IAM can hold each node to its own item by leading key. */
export interface Table {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Whole items are read through it where it is given: for whoever reads very many. */
  readonly batch?: BatchReads;
}

export type Item = Record<string, AttributeValue>;

export const keyOf = {
  lease: (validator: string) => `lease#${validator}`,
  /** Custody gate: what decides each signature. */
  arbiter: (validator: string, lane?: string) => `arbiter#${validator}${lane === undefined ? '' : `#${lane}`}`,
  /** Custody gate: the key, sealed for one node. */
  member: (validator: string, node: string) => `member#${validator}#${node}`,
  node: (validator: string, node: string) => `node#${validator}#${node}`,
  config: (validator: string) => `config#${validator}`,
  fleet: () => 'fleet',
  quarantine: (validator: string, node: string) => `quarantine#${validator}#${node}`,
  breaker: (part: 'suspicions' | 'clearance') => `breaker#${part}`,
  pause: (validator: string) => `pause#${validator}`,
  planned: (validator: string) => `planned#${validator}`,
  vault: (validator: string) => `vault#${validator}`,
  approval: (id: string) => `approval#${id}`,
  approvals: (validator: string) => `approvals#${validator}`,
  fence: (validator: string, term: number) => `fence#${validator}#${term}`,
  watch: (validator: string, vantage: string) => `watch#${validator}#${vantage}`,
  watcher: (vantage: string) => `watcher#${vantage}`,
  history: (validator: string) => `history#${validator}`,
  alertTest: () => 'alert-test',
  fenceTest: (validator: string) => `fence-test#${validator}`,
  relay: () => 'relay',
  /** What Slack shows about an execution; about no execution when it is empty. */
  slack: (execution: string) => `slack#${execution}`,
} as const;

export const toItem = (value: Record<string, unknown>): Item => marshall(value, { removeUndefinedValues: true });

const byHand = 'Somebody wrote this item by hand. Compare it with docs, restore it from point-in-time recovery, or pause the validator.';

/** @throws BatonError LeaseInvalid: the item under `what` cannot be used, for this reason. */
export const invalid = (what: string, reason: string, cause?: unknown): BatonError =>
  new BatonError('LeaseInvalid', `${what}: ${reason}`, { fix: byHand, cause });

// The table keeps 38 digits. A whole number that a double does not hold exactly is not what was stored.
const exactly = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || (Number.isInteger(value) && String(value) !== text)) throw new Error('a number is out of range');
  return value;
};

const hidesFields = ({ M, L }: AttributeValue): boolean =>
  (M !== undefined && Object.entries(M).some(([field, value]) => field === '__proto__' || hidesFields(value))) || (L?.some(hidesFields) ?? false);

/** The values of a stored item. A number that is not exact in JavaScript is a hand's work too. */
const valuesOf = (item: Item, what: string): Record<string, unknown> => {
  try {
    // The converter would make its fields those of a prototype: seen by some readers and not by others.
    if (hidesFields({ M: item })) throw new Error('a field is called __proto__');
    return unmarshall(item, { wrapNumbers: exactly });
  } catch (cause) {
    throw invalid(what, 'it holds a value that cannot be read', cause);
  }
};

/**
 * A stored item without its key, or LeaseInvalid: what the table holds is never trusted unparsed.
 * `own` are fields that must repeat what the key says, so that an item copied under another key speaks for nobody.
 */
export const fromItem = <S extends z.ZodType>(item: Item, schema: S, what: string, own: Readonly<Record<string, unknown>> = {}): z.output<S> => {
  const { pk: _pk, ...rest } = valuesOf(item, what);
  const known = Object.entries(own).find(([field, value]) => rest[field] !== value);
  if (known) throw invalid(what, `${known[0]} is not ${String(known[1])}, as its key says`);
  return parseWith(schema, rest, { what, code: 'LeaseInvalid', fix: byHand });
};

const onlyParts = (only: readonly string[]) => ({
  ProjectionExpression: only.map((field) => `#${field}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(only.map((field) => [`#${field}`, field])),
});

/**
 * A consistent read, unless `eventual` says that a copy which lags behind will do.
 * @param how.only the fields that leave the table; all when absent.
 * @throws BatonError LeaseUnreachable when the table gives no answer.
 */
export const readItem = async (
  { client, table, batch }: Table,
  pk: string,
  signal?: AbortSignal,
  { only, eventual = false }: { readonly only?: readonly string[]; readonly eventual?: boolean } = {},
): Promise<Item | undefined> => {
  try {
    if (batch && !only && !eventual) return await batch.read(pk, signal);
    const { Item: found } = await client.send(
      new GetItemCommand({ TableName: table, Key: { pk: { S: pk } }, ConsistentRead: !eventual, ...(only ? onlyParts(only) : {}) }),
      withSignal(signal),
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
  own?: Readonly<Record<string, unknown>>,
): Promise<z.output<S> | undefined> => {
  const item = await readItem(table, pk, signal);
  return item === undefined ? undefined : fromItem(item, schema, pk, own);
};

/** What must be true of the stored item. Every name of the expression is written `#name`. */
export interface Condition {
  readonly text: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Nothing stands under the key yet. */
export const absent: Condition = { text: 'attribute_not_exists(#pk)', values: {} };

export type PutOutcome =
  { readonly outcome: 'done' } | { readonly outcome: 'refused'; readonly found: Readonly<Record<string, unknown>> | undefined };

const namesIn = (text: string): Record<string, string> => Object.fromEntries([...text.matchAll(/#\w+/g)].map(([name]) => [name, name.slice(1)]));

export const conditionParts = ({ text, values }: Condition) => ({
  ConditionExpression: text,
  ExpressionAttributeNames: namesIn(text),
  ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: toItem(values) }),
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
});

/**
 * One conditional PutItem. Refused although exactly this item is stored means: done earlier, its reply was lost.
 * @throws BatonError LeaseUnreachable when the table gives no answer, LeaseInvalid when what stands there cannot be read.
 */
export const putItem = async (
  { client, table }: Table,
  pk: string,
  value: Record<string, unknown>,
  condition: Condition | null,
  signal?: AbortSignal,
): Promise<PutOutcome> => {
  const item = toItem({ ...value, pk });
  const conditional = condition === null ? {} : conditionParts(condition);
  try {
    await client.send(new PutItemCommand({ TableName: table, Item: item, ...conditional }), withSignal(signal));
    return { outcome: 'done' };
  } catch (cause) {
    if (!(cause instanceof ConditionalCheckFailedException)) throw unreachable(`write ${pk}`, cause);
    const found = cause.Item && valuesOf(cause.Item, pk);
    return isDeepStrictEqual(found, unmarshall(item)) ? { outcome: 'done' } : { outcome: 'refused', found };
  }
};

/**
 * One UpdateItem; `what` says for people what it does.
 * @throws ConditionalCheckFailedException as it came when its condition does not hold; BatonError LeaseUnreachable when the table gives no answer.
 */
export const updateItem = async (
  { client, table }: Table,
  pk: string,
  update: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  of: { readonly what: string; readonly signal: AbortSignal | undefined },
): Promise<void> => {
  try {
    await client.send(new UpdateItemCommand({ TableName: table, Key: { pk: { S: pk } }, ...update }), withSignal(of.signal));
  } catch (cause) {
    throw cause instanceof ConditionalCheckFailedException ? cause : unreachable(`${of.what} ${pk}`, cause);
  }
};
