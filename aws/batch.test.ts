import { type BatchGetItemCommandInput, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { BatchReads } from './batch.ts';
import { readItem, type Item, type Table } from './items.ts';
import { Unchanged } from './unchanged.ts';

type Reply = (keys: string[]) => { found: string[]; left?: string[] };

const itemOf = (pk: string): Item => ({ pk: { S: pk }, of: { S: pk } });

const tableWith = (reply: Reply): { table: Table; sent: BatchGetItemCommandInput[] } => {
  const sent: BatchGetItemCommandInput[] = [];
  const client = {
    send: async ({ input }: { input: BatchGetItemCommandInput }) => {
      sent.push(input);
      const { found, left = [] } = reply((input.RequestItems?.['baton']?.Keys ?? []).map(({ pk }) => pk?.S ?? ''));
      return {
        Responses: { baton: found.map(itemOf) },
        ...(left.length === 0 ? {} : { UnprocessedKeys: { baton: { Keys: left.map((pk) => ({ pk: { S: pk } })) } } }),
      };
    },
  } as unknown as DynamoDBClient;
  const at = { client, table: 'baton' };
  return { table: { ...at, batch: new BatchReads(at) }, sent };
};
const read = (table: Table, keys: readonly string[]): Promise<(Item | undefined)[]> => Promise.all(keys.map((pk) => readItem(table, pk)));
const sizes = (sent: readonly BatchGetItemCommandInput[]): (number | undefined)[] => sent.map((one) => one.RequestItems?.['baton']?.Keys?.length);

describe('reads of many items', () => {
  test('of the same moment go together, consistently, and each gets its own or nothing', async () => {
    const { table, sent } = tableWith((keys) => ({ found: keys.filter((pk) => pk !== 'b').toReversed() }));
    expect(await read(table, ['a', 'b', 'c', 'a'])).toEqual([itemOf('a'), undefined, itemOf('c'), itemOf('a')]);
    expect(sent).toEqual([{ RequestItems: { baton: { Keys: [{ pk: { S: 'a' } }, { pk: { S: 'b' } }, { pk: { S: 'c' } }], ConsistentRead: true } } }]);
  });
  test('a hundred at a time', async () => {
    const { table, sent } = tableWith((keys) => ({ found: keys }));
    const keys = Array.from({ length: 201 }, (_, index) => `k${index}`);
    expect(await read(table, keys)).toEqual(keys.map(itemOf));
    expect(sizes(sent)).toEqual([100, 100, 1]);
  });
  test('a later read is another one', async () => {
    const { table, sent } = tableWith((keys) => ({ found: keys }));
    await read(table, ['a']);
    await read(table, ['a']);
    expect(sizes(sent)).toEqual([1, 1]);
  });
  test('what the table leaves out is asked for again', async () => {
    let first = true;
    const { table, sent } = tableWith((keys) => {
      if (!first) return { found: keys };
      first = false;
      return { found: ['a'], left: ['b'] };
    });
    expect(await read(table, ['a', 'b'])).toEqual([itemOf('a'), itemOf('b')]);
    expect(sizes(sent)).toEqual([2, 1]);
  });
  test('left out for good is no answer, and never that there is no item', async () => {
    const { table, sent } = tableWith(() => ({ found: ['a'], left: ['b'] }));
    const [a, b] = await Promise.allSettled([readItem(table, 'a'), readItem(table, 'b')]);
    expect(a).toEqual({ status: 'fulfilled', value: itemOf('a') });
    expect(b).toMatchObject({ status: 'rejected', reason: { code: 'LeaseUnreachable' } });
    expect(sizes(sent)).toEqual([2, 1, 1, 1]);
  });
  test('a table that gives no answer gives none to each', async () => {
    const { table } = tableWith(() => {
      throw new Error('down');
    });
    const found = await Promise.allSettled(['a', 'b'].map((pk) => readItem(table, pk)));
    expect(found).toMatchObject([
      { status: 'rejected', reason: { code: 'LeaseUnreachable', message: 'no answer from the table to: read a' } },
      { status: 'rejected', reason: { code: 'LeaseUnreachable', message: 'no answer from the table to: read b' } },
    ]);
  });
  test('signals are kept apart: one that ends its wait ends no other', async () => {
    const { table, sent } = tableWith((keys) => ({ found: keys }));
    const signals = [new AbortController().signal, new AbortController().signal];
    expect(await Promise.all(signals.map((signal) => readItem(table, 'a', signal)))).toEqual([itemOf('a'), itemOf('a')]);
    expect(sizes(sent)).toEqual([1, 1]);
  });
});

test('what has not changed is not parsed again; what cannot be parsed is tried each time', () => {
  const known = new Unchanged<string>();
  let parsed = 0;
  const of = (pk: string, text: string): string =>
    known.of(pk, itemOf(text), () => {
      parsed += 1;
      if (text === 'bad') throw new Error('bad');
      return `${text}!`;
    });
  expect([of('a', 'one'), of('a', 'one'), of('b', 'one'), of('a', 'two'), of('a', 'one')]).toEqual(['one!', 'one!', 'one!', 'two!', 'one!']);
  expect(parsed).toBe(4);
  expect(() => of('c', 'bad')).toThrow('bad');
  expect(() => of('c', 'bad')).toThrow('bad');
  expect(parsed).toBe(6);
});
