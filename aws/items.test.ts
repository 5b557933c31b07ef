import { DynamoDBClient, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { fromItem, invalid, keyOf, putItem, readItem, readParsed, toItem, unreachable } from './items.ts';

const tableWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  return { sent, table: { client: new DynamoDBClient(options), table: 'baton' } };
};
const schema = z.strictObject({ validator: z.string(), term: z.number() });
const stored = { pk: { S: 'x#1' }, validator: { S: 'hub-1' }, term: { N: '2' } };
const byHand = 'Somebody wrote this item by hand. Compare it with docs, restore it from point-in-time recovery, or pause the validator.';
const checkTable = 'Check DynamoDB in this Region and the role of the caller, then run it again: every write finds out whether it happened earlier.';
const noAnswers: [string, Answer, string][] = [
  ['a refusal', new Refusal('AccessDeniedException'), 'AccessDeniedException'],
  ['a throttle', new Refusal('ThrottlingException'), 'ThrottlingException'],
  ['silence', new Error('socket hang up'), 'Error'],
];

test('each item has a key of its own, that begins with what it is', () => {
  expect({
    lease: keyOf.lease('hub-1'),
    node: keyOf.node('hub-1', 'i-1'),
    config: keyOf.config('hub-1'),
    fleet: keyOf.fleet(),
    pause: keyOf.pause('hub-1'),
    vault: keyOf.vault('hub-1'),
    approval: keyOf.approval('id'),
    approvals: keyOf.approvals('hub-1'),
    fence: keyOf.fence('hub-1', 2),
    watch: keyOf.watch('hub-1', 'home'),
    watcher: keyOf.watcher('home'),
    history: keyOf.history('hub-1'),
    suspicions: keyOf.breaker('suspicions'),
    quarantine: keyOf.quarantine('hub-1', 'i-1'),
    clearance: keyOf.breaker('clearance'),
    alertTest: keyOf.alertTest(),
  }).toEqual({
    lease: 'lease#hub-1',
    node: 'node#hub-1#i-1',
    config: 'config#hub-1',
    fleet: 'fleet',
    pause: 'pause#hub-1',
    vault: 'vault#hub-1',
    approval: 'approval#id',
    approvals: 'approvals#hub-1',
    fence: 'fence#hub-1#2',
    watch: 'watch#hub-1#home',
    watcher: 'watcher#home',
    history: 'history#hub-1',
    suspicions: 'breaker#suspicions',
    quarantine: 'quarantine#hub-1#i-1',
    clearance: 'breaker#clearance',
    alertTest: 'alert-test',
  });
});

test('a field that is not there is left out of the item', () => {
  expect(toItem({ a: 1, b: undefined })).toEqual({ a: { N: '1' } });
});

test('the two kinds of trouble are told apart, each with its cause and what to do', () => {
  const cause = new Error('why');
  expect(invalid('lease#hub-1', 'no term', cause)).toMatchObject({ code: 'LeaseInvalid', message: 'lease#hub-1: no term', fix: byHand, cause });
  expect(unreachable('read fleet', cause)).toMatchObject({
    code: 'LeaseUnreachable',
    message: 'no answer from the table to: read fleet',
    fix: checkTable,
    cause,
  });
});

describe('an item', () => {
  test('is what it holds without its key', () => {
    expect(fromItem(stored, schema, 'x#1', { validator: 'hub-1', term: 2 })).toEqual({ validator: 'hub-1', term: 2 });
  });
  test.each<[string, Record<string, AttributeValue>, Record<string, unknown>, string, string | undefined]>([
    ['speaks for another', stored, { term: 2, validator: 'hub-2' }, 'x#1: validator is not hub-2, as its key says', undefined],
    ['speaks for nobody', { term: { N: '2' } }, { validator: 'hub-1' }, 'x#1: validator is not hub-1, as its key says', undefined],
    ['does not fit', { ...stored, term: { S: 'two' } }, {}, 'x#1: term is "two": Invalid input: expected number, received string', 'term'],
    [
      'holds a number that cannot be read',
      { ...stored, term: { N: '9007199254740993.5' } },
      {},
      'x#1: it holds a value that cannot be read',
      undefined,
    ],
  ])('that %s is not trusted', (_, item, own, message, field) => {
    const read = (): unknown => fromItem(item, schema, 'x#1', own);
    expect(read).toThrow(BatonError);
    expect(read).toThrow(expect.objectContaining({ code: 'LeaseInvalid', message, fix: byHand, field }) as Error);
  });
});

describe('a read', () => {
  test('is consistent, of one key, and can be given up', async () => {
    const { sent, table } = tableWith({ Item: stored });
    const signal = someSignal();
    expect(await readItem(table, 'x#1', signal)).toEqual(stored);
    expect(sent).toEqual([{ action: 'GetItem', input: { TableName: 'baton', Key: { pk: { S: 'x#1' } }, ConsistentRead: true }, signal }]);
  });
  test('may be of named fields alone', async () => {
    const { sent, table } = tableWith({ Item: { term: { N: '2' } } });
    expect(await readItem(table, 'x#1', undefined, { only: ['term', 'state'] })).toEqual({ term: { N: '2' } });
    expect(sent[0]?.input).toEqual({
      TableName: 'baton',
      Key: { pk: { S: 'x#1' } },
      ConsistentRead: true,
      ProjectionExpression: '#term, #state',
      ExpressionAttributeNames: { '#term': 'term', '#state': 'state' },
    });
  });
  test('of nothing is nothing', async () => {
    expect(await readItem(tableWith({}).table, 'x#1')).toBeUndefined();
    expect(await readParsed(tableWith({}).table, 'x#1', schema)).toBeUndefined();
  });
  test.each(noAnswers)('%s is not "nothing"', async (_, answer, name) => {
    await expect(readItem(tableWith(answer).table, 'x#1')).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'no answer from the table to: read x#1',
      cause: { name },
    });
  });
  test('is parsed, held to its key, and can be given up', async () => {
    const { sent, table } = tableWith({ Item: stored });
    const signal = someSignal();
    expect(await readParsed(table, 'x#1', schema, signal, { validator: 'hub-1' })).toEqual({ validator: 'hub-1', term: 2 });
    expect(sent[0]?.signal).toBe(signal);
    await expect(readParsed(table, 'x#1', schema, signal, { validator: 'hub-2' })).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
});

describe('a write', () => {
  const value = { validator: 'hub-1', term: 2 };
  const condition = { text: 'attribute_not_exists(#pk) OR #term < :term', values: { ':term': 2 } };
  const asked = { TableName: 'baton', Item: { pk: { S: 'x#1' }, validator: { S: 'hub-1' }, term: { N: '2' } } };
  const refusedWith = (Item?: Record<string, AttributeValue>) =>
    tableWith(new Refusal('ConditionalCheckFailedException', Item ? { Item } : {})).table;

  test('without a condition is the item alone', async () => {
    const { sent, table } = tableWith({});
    const signal = someSignal();
    expect(await putItem(table, 'x#1', value, null, signal)).toEqual({ outcome: 'done' });
    expect(sent).toEqual([{ action: 'PutItem', input: asked, signal }]);
  });
  test('with a condition names each field of it, and asks for the old item', async () => {
    const { sent, table } = tableWith({});
    expect(await putItem(table, 'x#1', value, condition)).toEqual({ outcome: 'done' });
    expect(sent[0]?.input).toEqual({
      ...asked,
      ConditionExpression: 'attribute_not_exists(#pk) OR #term < :term',
      ExpressionAttributeNames: { '#pk': 'pk', '#term': 'term' },
      ExpressionAttributeValues: { ':term': { N: '2' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
  test('with a condition without values sends none: an empty list is refused by the service', async () => {
    const { sent, table } = tableWith({});
    await putItem(table, 'x#1', value, { text: 'attribute_not_exists(#pk)', values: {} });
    expect(sent[0]?.input).not.toHaveProperty('ExpressionAttributeValues');
  });
  test('that is refused tells what stands there', async () => {
    const found = { pk: 'x#1', validator: 'hub-1', term: 3 };
    expect(await putItem(refusedWith({ ...stored, term: { N: '3' } }), 'x#1', value, condition)).toEqual({ outcome: 'refused', found });
    expect(await putItem(refusedWith(), 'x#1', value, condition)).toEqual({ outcome: 'refused', found: undefined });
  });
  test('that is refused because it happened earlier is done', async () => {
    expect(await putItem(refusedWith(stored), 'x#1', { ...value, more: undefined }, condition)).toEqual({ outcome: 'done' });
  });
  test('that is refused by an item that cannot be read is neither', async () => {
    const unreadable = { ...stored, term: { N: '9007199254740993.5' } };
    await expect(putItem(refusedWith(unreadable), 'x#1', value, condition)).rejects.toMatchObject({
      code: 'LeaseInvalid',
      message: 'x#1: it holds a value that cannot be read',
    });
  });
  test.each(noAnswers)('%s is neither done nor refused', async (_, answer, name) => {
    await expect(putItem(tableWith(answer).table, 'x#1', value, condition)).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'no answer from the table to: write x#1',
      cause: { name },
    });
  });
});
