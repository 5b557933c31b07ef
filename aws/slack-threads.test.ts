import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { toItem } from './items.ts';
import { SlackThreads } from './slack-threads.ts';

const approval = 'a'.repeat(32);
const at = { channel: 'C0BATON', ts: '1.1', approval };
const pk = 'slack#hub-1.t1.e';
const execution = 'hub-1.t1.e';
const stored = (of: Readonly<Record<string, unknown>> = {}) => toItem({ pk, messages: [], said: [], version: 3, attempt: 'another', ...of });
const refused = (): Refusal => new Refusal('ConditionalCheckFailedException');

const threadsWith = (answer: (action: string, index: number) => Answer) => {
  const { sent, options } = wired(({ action }, index) => answer(action, index));
  let count = 0;
  const randomHex = (bytes: number): string => (count += 1).toString().padStart(2 * bytes, '0');
  return { sent, threads: new SlackThreads({ table: { client: new DynamoDBClient(options), table: 'baton' }, randomHex }) };
};
/** The table as it is, whoever writes. */
const holding = (item: Record<string, unknown> | undefined) => threadsWith((action) => (action === 'GetItem' && item ? { Item: item } : {}));
const written = (sent: readonly { action: string; input: unknown }[]): unknown[] =>
  sent.flatMap(({ action, input }) => (action === 'PutItem' ? [(input as { Item: unknown }).Item] : []));

describe('what Slack shows of an execution', () => {
  test('is its messages and what was said', async () => {
    const messages = [{ ...at, closed: false }];
    const { sent, threads } = holding(stored({ messages, said: ['sns/1'] }));
    const signal = someSignal();
    expect(await threads.read(execution, signal)).toEqual({ messages, said: ['sns/1'] });
    expect(sent).toMatchObject([{ action: 'GetItem', input: { Key: { pk: { S: pk } }, ConsistentRead: true }, signal }]);
  });
  test('is nothing where nothing is stored', async () => {
    expect(await holding(undefined).threads.read(execution)).toEqual({ messages: [], said: [] });
  });
  test.each([
    ['a message of no approval', { messages: [{ channel: 'C0BATON', ts: '1.1', approval: 'x', closed: false }] }],
    ['an approval with more before it', { messages: [{ ...at, approval: `x${approval}`, closed: false }] }],
    ['an approval with more after it', { messages: [{ ...at, approval: `${approval}x`, closed: false }] }],
    ['a message that is open or not', { messages: [at] }],
    ['more messages than there can be', { messages: Array.from({ length: 11 }, () => ({ ...at, closed: false })) }],
    ['more marks than are kept', { said: Array.from({ length: 101 }, String) }],
    ['an empty mark', { said: [''] }],
    ['a mark without end', { said: ['x'.repeat(201)] }],
    ['no version', { version: 0 }],
    ['nobody’s write', { attempt: '' }],
    ['a write without end', { attempt: 'x'.repeat(65) }],
    ['something else', { token: 'x' }],
  ])('with %s is not taken', async (_, of) => {
    await expect(holding(stored(of)).threads.read(execution)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
  test('as much as there can be is taken', async () => {
    const messages = Array.from({ length: 10 }, () => ({ ...at, closed: true }));
    const said = Array.from({ length: 100 }, () => 'x'.repeat(200));
    expect(await holding(stored({ messages, said, version: 1, attempt: 'x'.repeat(64) })).threads.read(execution)).toEqual({ messages, said });
  });
});

describe('a message', () => {
  test('is kept, in an item that was not there', async () => {
    const { sent, threads } = holding(undefined);
    const signal = someSignal();
    await threads.add(execution, at, signal);
    expect(sent.map((one) => one.signal)).toEqual([signal, signal]);
    expect(sent[1]).toMatchObject({
      action: 'PutItem',
      input: {
        TableName: 'baton',
        Item: toItem({ pk, messages: [{ ...at, closed: false }], said: [], version: 1, attempt: '0000000000000001' }),
        ConditionExpression: 'attribute_not_exists(#pk)',
        ExpressionAttributeNames: { '#pk': 'pk' },
      },
    });
  });
  test('is kept beside what is there, under its version', async () => {
    const { sent, threads } = holding(stored({ messages: [{ ...at, ts: '0.1', closed: true }], said: ['x'] }));
    await threads.add(execution, at);
    const messages = [
      { ...at, ts: '0.1', closed: true },
      { ...at, closed: false },
    ];
    expect(written(sent)).toEqual([toItem({ pk, messages, said: ['x'], version: 4, attempt: '0000000000000001' })]);
    expect(sent[1]?.input).toMatchObject({ ConditionExpression: '#version = :seen', ExpressionAttributeValues: { ':seen': { N: '3' } } });
  });
  test('is kept once', async () => {
    const { sent, threads } = holding(stored({ messages: [{ ...at, closed: true }] }));
    await threads.add(execution, at);
    expect(written(sent)).toEqual([]);
  });
  test('is one of the last ten', async () => {
    const messages = Array.from({ length: 10 }, (_, index) => ({ ...at, ts: `0.${index}`, closed: true }));
    const { sent, threads } = holding(stored({ messages }));
    await threads.add(execution, at);
    expect(written(sent)).toMatchObject([
      toItem({ pk, messages: [...messages.slice(1), { ...at, closed: false }], said: [], version: 4, attempt: '0000000000000001' }),
    ]);
  });
  test('is closed, and no other, and once', async () => {
    const other = { ...at, ts: '2.2', closed: false };
    const { sent, threads } = holding(stored({ messages: [{ ...at, closed: false }, other], said: ['x'] }));
    await threads.close(execution, '1.1');
    expect(written(sent)).toEqual([toItem({ pk, messages: [{ ...at, closed: true }, other], said: ['x'], version: 4, attempt: '0000000000000001' })]);
    const before = holding(stored({ messages: [{ ...at, closed: true }, other] }));
    await before.threads.close(execution, '1.1');
    await before.threads.close(execution, '9.9');
    expect(written(before.sent)).toEqual([]);
  });
});

describe('a mark', () => {
  test('is for the one who claims it first', async () => {
    const { sent, threads } = holding(stored({ messages: [{ ...at, closed: false }], said: ['sns/1'] }));
    expect([await threads.claim(execution, 'sns/1'), await threads.claim(execution, 'sns/2')]).toEqual([false, true]);
    expect(written(sent)).toEqual([
      toItem({ pk, messages: [{ ...at, closed: false }], said: ['sns/1', 'sns/2'], version: 4, attempt: '0000000000000002' }),
    ]);
  });
  test('of no execution has an item of its own', async () => {
    const { sent, threads } = holding(undefined);
    expect(await threads.claim('', 'sns/1')).toBe(true);
    expect(sent[0]?.input).toMatchObject({ Key: { pk: { S: 'slack#' } } });
  });
  test('of two who claim it in the same moment is for one', async () => {
    // The other has written what we would write, but for whose it is.
    const others = stored({ said: ['sns/1'], version: 1 });
    const { threads } = threadsWith((action, index) => (action === 'PutItem' ? refused() : index === 0 ? {} : { Item: others }));
    expect(await threads.claim(execution, 'sns/1')).toBe(false);
  });
  test('whose write lost its reply is ours', async () => {
    const ours = stored({ said: ['sns/1'], version: 1, attempt: '0000000000000001' });
    const { sent, threads } = threadsWith((action, index) => (action === 'PutItem' ? refused() : index === 0 ? {} : { Item: ours }));
    expect([await threads.claim(execution, 'sns/1'), sent.length]).toEqual([true, 3]);
  });
  test('is one of the last hundred', async () => {
    const said = Array.from({ length: 100 }, (_, index) => `sns/${index}`);
    const { sent, threads } = holding(stored({ said }));
    expect(await threads.claim(execution, 'sns/new')).toBe(true);
    expect(written(sent)).toEqual([toItem({ pk, messages: [], said: [...said.slice(1), 'sns/new'], version: 4, attempt: '0000000000000001' })]);
  });
  test('that was not said is forgotten, and another is not', async () => {
    const { sent, threads } = holding(stored({ messages: [{ ...at, closed: false }], said: ['sns/1', 'sns/2'] }));
    await threads.forget(execution, 'sns/1');
    await threads.forget(execution, 'sns/3');
    expect(written(sent)).toEqual([toItem({ pk, messages: [{ ...at, closed: false }], said: ['sns/2'], version: 4, attempt: '0000000000000001' })]);
  });
  test('is given up when others write all the time', async () => {
    const { sent, threads } = threadsWith((action) => (action === 'PutItem' ? refused() : {}));
    await expect(threads.claim(execution, 'sns/1')).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: '6 other writes came in between',
      fix: 'It is tried again.',
    });
    expect(sent.length).toBe(12);
  });
});
