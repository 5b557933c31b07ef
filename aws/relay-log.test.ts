import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { Refusal, someSignal, wired, type Answer, type Sent } from '../test/support/wire.ts';
import { toItem } from './items.ts';
import { RelayLog } from './relay-log.ts';

const messagesOf = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `m${index}`, taken: ['hook'] }));
const itemOf = (version: number, messages: readonly unknown[]): Answer => ({ Item: toItem({ pk: 'relay', version, messages }) });

const logWith = (answer: (sent: Sent, index: number) => Answer) => {
  const { sent, options } = wired(answer);
  return { sent, log: new RelayLog({ client: new DynamoDBClient(options), table: 'baton' }) };
};
/** Holds one item, as the table would; `clashes` writes lose to somebody else's. */
const logOver = (version: number, messages: readonly unknown[], clashes = 0) => {
  let left = clashes;
  return logWith(({ action }) => {
    if (action === 'GetItem') return version === 0 ? {} : itemOf(version, messages);
    left -= 1;
    return left >= 0 ? new Refusal('ConditionalCheckFailedException') : {};
  });
};
const written = (sent: readonly Sent[]) => sent.filter(({ action }) => action === 'PutItem').map(({ input }) => input);

describe('who has taken it', () => {
  test.each([
    ['m1', ['hook']],
    ['m9', []],
  ])('is known of the newest messages: %s', async (id, names) => {
    const { sent, log } = logOver(3, messagesOf(3));
    const signal = someSignal();
    expect(await log.takenBy(id, signal)).toEqual(names);
    expect(sent).toEqual([{ action: 'GetItem', input: { TableName: 'baton', Key: { pk: { S: 'relay' } }, ConsistentRead: true }, signal }]);
  });
  test('is nobody before the first message', async () => {
    expect(await logOver(0, []).log.takenBy('m1')).toEqual([]);
  });
  test('may be as much as there can be', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `${index}`.padEnd(40, 'n'));
    const full = [...messagesOf(49), { id: 'm'.repeat(100), taken: names }];
    expect(await logOver(1, full).log.takenBy('m'.repeat(100))).toEqual(names);
  });
  test.each<[string, number, readonly unknown[]]>([
    ['no version', 0.5, []],
    ['version nought', 0, []],
    ['fifty-one messages', 1, messagesOf(51)],
    ['eleven names', 1, [{ id: 'm', taken: Array.from({ length: 11 }, (_, index) => `n${index}`) }]],
    ['a name without letters', 1, [{ id: 'm', taken: [''] }]],
    ['a long name', 1, [{ id: 'm', taken: ['n'.repeat(41)] }]],
    ['no id', 1, [{ id: '', taken: [] }]],
    ['a long id', 1, [{ id: 'm'.repeat(101), taken: [] }]],
    ['a field too many', 1, [{ id: 'm', taken: [], url: 'x' }]],
  ])('of an item with %s is not trusted', async (_, version, messages) => {
    await expect(logWith(() => itemOf(version, messages)).log.takenBy('m')).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
  test('of an item with more in it is not trusted', async () => {
    const { log } = logWith(() => ({ Item: toItem({ pk: 'relay', version: 1, messages: [], more: 1 }) }));
    await expect(log.takenBy('m')).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
});

describe('a note', () => {
  test('is one conditional write', async () => {
    const { sent, log } = logOver(3, messagesOf(2));
    const signal = someSignal();
    expect(await log.note('m0', ['chat', 'hook'], signal)).toBe(true);
    expect(written(sent)).toEqual([
      {
        TableName: 'baton',
        Item: toItem({
          pk: 'relay',
          version: 4,
          messages: [
            { id: 'm1', taken: ['hook'] },
            { id: 'm0', taken: ['hook', 'chat'] },
          ],
        }),
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': { N: '3' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ]);
    expect(sent.map((one) => one.signal)).toEqual([signal, signal]);
  });
  test('is the first where there is none', async () => {
    const { sent, log } = logOver(0, []);
    expect(await log.note('m0', ['hook'])).toBe(true);
    expect(written(sent)).toMatchObject([
      { Item: toItem({ pk: 'relay', version: 1, messages: [{ id: 'm0', taken: ['hook'] }] }), ConditionExpression: 'attribute_not_exists(#pk)' },
    ]);
  });
  test('makes room: the oldest goes', async () => {
    const { sent, log } = logOver(9, messagesOf(50));
    await log.note('new', ['hook']);
    const [{ Item: item }] = written(sent) as [{ Item: { messages: { L: { M: { id: { S: string } } }[] } } }];
    const ids = item.messages.L.map(({ M: { id } }) => id.S);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([50, 'm1', 'new']);
  });
  test('is tried again on what others wrote, five times at most', async () => {
    const some = logOver(3, [], 4);
    expect([await some.log.note('m', ['hook']), written(some.sent).length]).toEqual([true, 5]);
    const many = logOver(3, [], 5);
    expect([await many.log.note('m', ['hook']), written(many.sent).length]).toEqual([false, 5]);
  });
  test('that gets no answer is told', async () => {
    await expect(logWith(() => new Error('socket hang up')).log.note('m', ['hook'])).rejects.toMatchObject({ code: 'LeaseUnreachable' });
  });
});
