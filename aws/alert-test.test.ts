import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { alex, robin, sam } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { AlertTests, type AlertTest } from './alert-test.ts';
import { toItem } from './items.ts';

const id = '0a1b2c3d4e5f6071';
const sent = { id, code: '0123abcd', sentAtMs: 5, by: robin };
const relays = { chat: { kind: 'telegram', taken: false, how: 'refused it (status 401)', atMs: 7 } };
const acknowledged = { code: '0123abcd', atMs: 6, by: alex };
const stored = (of: Record<string, unknown>) => toItem({ pk: 'alert-test', ...of });
const refused = (of?: Record<string, unknown>): Answer => new Refusal('ConditionalCheckFailedException', of ? { Item: stored(of) } : {});

const testsWith = (answer: Answer) => {
  const { sent: requests, options } = wired(() => answer);
  return { requests, tests: new AlertTests({ client: new DynamoDBClient(options), table: 'baton' }) };
};

describe('the stored test', () => {
  test.each<[string, AlertTest]>([
    ['on its way', sent],
    ['acknowledged', { ...sent, acknowledged }],
    ['without a name', { code: '0123abcd', sentAtMs: 5, by: robin }],
    ['unanswered since an older one', { ...sent, unansweredSinceMs: 0 }],
    ['told of by the relay', { ...sent, relays }],
    ['on its way, the one before acknowledged', { ...sent, acknowledged: { ...acknowledged, code: 'ffffffff' } }],
  ])('is read when it is %s', async (_, of) => {
    const { requests, tests } = testsWith({ Item: stored(of) });
    const signal = someSignal();
    expect(await tests.read(signal)).toEqual(of);
    expect(requests).toEqual([{ action: 'GetItem', input: { TableName: 'baton', Key: { pk: { S: 'alert-test' } }, ConsistentRead: true }, signal }]);
  });
  test('is nothing when none was sent', async () => {
    expect(await testsWith({}).tests.read()).toBeUndefined();
  });
  test.each<[string, Record<string, unknown>, string]>([
    ['a short code', { ...sent, code: '123abcd' }, 'code'],
    ['a long code', { ...sent, code: '0123abcd0' }, 'code'],
    ['a code in capitals', { ...sent, code: '0123ABCD' }, 'code'],
    ['half a millisecond', { ...sent, sentAtMs: 0.5 }, 'sentAtMs'],
    ['a time before 1970', { ...sent, sentAtMs: -1 }, 'sentAtMs'],
    ['nobody', { ...sent, by: '' }, 'by'],
    ['somebody without end', { ...sent, by: 'x'.repeat(2_049) }, 'by'],
    ['a field too many', { ...sent, until: 1 }, 'Unrecognized key'],
    ['unanswered since before 1970', { ...sent, unansweredSinceMs: -1 }, 'unansweredSinceMs'],
    ['a short name', { ...sent, id: id.slice(1) }, 'id'],
    ['a long name', { ...sent, id: `${id}0` }, 'id'],
    ['a name in capitals', { ...sent, id: id.toUpperCase() }, 'id'],
    ['a destination of no kind', { ...sent, relays: { chat: { ...relays.chat, kind: '' } } }, 'relays.chat.kind'],
    ['a kind without end', { ...sent, relays: { chat: { ...relays.chat, kind: 'k'.repeat(41) } } }, 'relays.chat.kind'],
    ['a destination without a word', { ...sent, relays: { chat: { ...relays.chat, how: '' } } }, 'relays.chat.how'],
    ['words without end', { ...sent, relays: { chat: { ...relays.chat, how: 'x'.repeat(201) } } }, 'relays.chat.how'],
    ['a destination with a field too many', { ...sent, relays: { chat: { ...relays.chat, url: 'x' } } }, 'relays.chat'],
    ['a destination of a long name', { ...sent, relays: { ['n'.repeat(41)]: relays.chat } }, 'relays'],
    ['an acknowledgement of nothing', { ...sent, acknowledged: {} }, 'acknowledged.code'],
    ['an acknowledgement with a field too many', { ...sent, acknowledged: { ...acknowledged, until: 1 } }, 'acknowledged'],
  ])('with %s is not trusted', async (_, of, field) => {
    await expect(testsWith({ Item: stored(of) }).tests.read()).rejects.toMatchObject({
      code: 'LeaseInvalid',
      message: expect.stringContaining(field) as string,
    });
  });
  test('names its sender in full', async () => {
    const longest = { ['n'.repeat(40)]: { ...relays.chat, kind: 'k'.repeat(40), how: 'x'.repeat(200), atMs: 0 } };
    const of = { ...sent, sentAtMs: 0, by: 'x'.repeat(2_048), relays: longest };
    expect(await testsWith({ Item: stored(of) }).tests.read()).toEqual(of);
  });
});

describe('a new test', () => {
  test('takes the place of the one before, and leaves what was acknowledged', async () => {
    const { requests, tests } = testsWith({});
    const signal = someSignal();
    await tests.begin(sent, signal);
    expect(requests).toEqual([
      {
        action: 'UpdateItem',
        input: {
          TableName: 'baton',
          Key: { pk: { S: 'alert-test' } },
          UpdateExpression:
            'SET #id = :id, #code = :code, #sentAtMs = :sentAtMs, #by = :by, #since = if_not_exists(#since, :sentAtMs) REMOVE #relays',
          ExpressionAttributeNames: {
            '#id': 'id',
            '#code': 'code',
            '#sentAtMs': 'sentAtMs',
            '#by': 'by',
            '#since': 'unansweredSinceMs',
            '#relays': 'relays',
          },
          ExpressionAttributeValues: { ':id': { S: id }, ':code': { S: '0123abcd' }, ':sentAtMs': { N: '5' }, ':by': { S: robin } },
        },
        signal,
      },
    ]);
  });
  test('that gets no answer is told', async () => {
    await expect(testsWith(new Error('socket hang up')).tests.begin(sent)).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'no answer from the table to: write alert-test',
      cause: { message: 'socket hang up' },
    });
  });
});

describe('what the relay tells', () => {
  test('is one write on the name of the test', async () => {
    const { requests, tests } = testsWith({});
    const signal = someSignal();
    expect(await tests.noteRelays(id, relays, signal)).toBe(true);
    expect(requests).toEqual([
      {
        action: 'UpdateItem',
        input: {
          TableName: 'baton',
          Key: { pk: { S: 'alert-test' } },
          UpdateExpression: 'SET #relays = :relays',
          ConditionExpression: '#id = :id',
          ExpressionAttributeNames: { '#id': 'id', '#relays': 'relays' },
          ExpressionAttributeValues: toItem({ ':id': id, ':relays': relays }),
        },
        signal,
      },
    ]);
  });
  test('of an older test says nothing', async () => {
    expect(await testsWith(refused()).tests.noteRelays(id, relays)).toBe(false);
  });
  test('that gets no answer is told', async () => {
    await expect(testsWith(new Error('socket hang up')).tests.noteRelays(id, relays)).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'no answer from the table to: write alert-test',
    });
  });
});

describe('an acknowledgement', () => {
  test('is one write on the code, once', async () => {
    const { requests, tests } = testsWith({});
    const signal = someSignal();
    expect(await tests.acknowledge(acknowledged, signal)).toEqual(acknowledged);
    expect(requests).toEqual([
      {
        action: 'UpdateItem',
        input: {
          TableName: 'baton',
          Key: { pk: { S: 'alert-test' } },
          UpdateExpression: 'SET #acknowledged = :acknowledged REMOVE #since',
          ConditionExpression: '#code = :code AND (attribute_not_exists(#acknowledged) OR #acknowledged.#code <> :code)',
          ExpressionAttributeNames: { '#code': 'code', '#acknowledged': 'acknowledged', '#since': 'unansweredSinceMs' },
          ExpressionAttributeValues: toItem({ ':code': '0123abcd', ':acknowledged': acknowledged }),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
        signal,
      },
    ]);
  });
  test('given before tells what was noted then', async () => {
    expect(await testsWith(refused({ ...sent, acknowledged })).tests.acknowledge({ ...acknowledged, atMs: 9, by: sam })).toEqual(acknowledged);
  });
  test.each<[string, Record<string, unknown> | undefined]>([
    ['when none was sent', undefined],
    ['of an old code', { ...sent, code: 'ffffffff' }],
    ['of an old code that was acknowledged', { ...sent, code: 'ffffffff', acknowledged }],
    ['refused for no reason that is shown', sent],
  ])('%s is refused', async (_, found) => {
    await expect(testsWith(refused(found)).tests.acknowledge(acknowledged)).rejects.toMatchObject({
      code: 'AlertTestUnknown',
      message: 'this is not the code of the newest alert test',
      field: '--ack',
      fix: 'Type the code of the newest message, or send another: baton alert-test',
    });
  });
  test('that meets an item of a hand is not called wrong', async () => {
    await expect(testsWith(refused({ code: 'x' })).tests.acknowledge(acknowledged)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
  test('that gets no answer is told', async () => {
    await expect(testsWith(new Error('socket hang up')).tests.acknowledge(acknowledged)).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'no answer from the table to: write alert-test',
    });
  });
});
