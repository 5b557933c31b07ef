import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { validatorId } from '../core/ids.ts';
import { v } from '../test/support/core.ts';
import { Refusal, someSignal, wired } from '../test/support/wire.ts';
import { toItem } from './items.ts';
import { Records, type History } from './records.ts';

/** The two lists of the table: each is read, and written again only if nobody came in between. */

const v2 = validatorId.parse('hub-2');

/** A table whose reads find `items` in turn, then the last for ever; `overtakes` of the writes come too late. */
const listed = (overtakes: number, ...items: (Record<string, unknown> | undefined)[]) => {
  let [reads, writes] = [0, 0];
  const { sent, options } = wired(({ action }) => {
    if (action === 'PutItem') return (writes += 1) > overtakes ? {} : new Refusal('ConditionalCheckFailedException');
    const found = items[Math.min(reads++, items.length - 1)];
    return found ? { Item: toItem(found) } : {};
  });
  const written = () => sent.filter(({ action }) => action === 'PutItem').map(({ input }) => input);
  return { sent, written, records: new Records({ client: new DynamoDBClient(options), table: 'baton' }) };
};

describe('the fleet', () => {
  test('grows by what is new, if it is as long as it was', async () => {
    const { sent, written, records } = listed(0, { validators: ['hub-1'] });
    const signal = someSignal();
    await records.writeFleet([v, v2, v2], signal);
    expect(written()).toEqual([
      {
        TableName: 'baton',
        Item: toItem({ pk: 'fleet', validators: ['hub-1', 'hub-2'] }),
        ConditionExpression: 'attribute_not_exists(#pk) OR size(#validators) = :seen',
        ExpressionAttributeNames: { '#pk': 'pk', '#validators': 'validators' },
        ExpressionAttributeValues: { ':seen': { N: '1' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ]);
    expect(sent.map(({ signal: passed }) => passed)).toEqual([signal, signal]);
  });
  test('is not written when it knows them all', async () => {
    const { written, records } = listed(0, { validators: ['hub-1', 'hub-2'] });
    await records.writeFleet([v2, v]);
    expect(written()).toEqual([]);
  });
  test('is read anew when somebody came in between', async () => {
    const { written, records } = listed(1, undefined, { validators: ['hub-2'] });
    await records.writeFleet([v]);
    expect(written().map(({ Item }) => Item)).toEqual([
      toItem({ pk: 'fleet', validators: ['hub-1'] }),
      toItem({ pk: 'fleet', validators: ['hub-2', 'hub-1'] }),
    ]);
  });
  test('that changes all the time is given up after 8 tries', async () => {
    const { written, records } = listed(9, undefined);
    await expect(records.writeFleet([v])).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'the fleet was changed 8 times in between',
      fix: 'Run it again.',
    });
    expect(written().length).toBe(8);
  });
});

describe('the history', () => {
  const one = { execution: 'new', atMs: 9 };
  const failovers = (...found: History): Record<string, unknown> => ({ failovers: found });
  const old = (n: number) => ({ execution: `x-${n}`, atMs: n });

  test('begins with the first, if there is none', async () => {
    const { sent, written, records } = listed(0, undefined);
    const signal = someSignal();
    await records.addHistory(v, one, signal);
    expect(written()).toEqual([
      {
        TableName: 'baton',
        Item: toItem({ pk: 'history#hub-1', ...failovers(one) }),
        ConditionExpression: 'attribute_not_exists(#failovers[0])',
        ExpressionAttributeNames: { '#failovers': 'failovers' },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ]);
    expect(sent.map(({ signal: passed }) => passed)).toEqual([signal, signal]);
  });
  test('goes on before the newest, if that is still the newest', async () => {
    const { written, records } = listed(0, failovers(old(2), old(1)));
    await records.addHistory(v, one);
    expect(written()[0]).toMatchObject({
      Item: toItem(failovers(one, old(2), old(1))),
      ConditionExpression: '#failovers[0].#execution = :execution AND #failovers[0].#atMs = :atMs',
      ExpressionAttributeNames: { '#failovers': 'failovers', '#execution': 'execution', '#atMs': 'atMs' },
      ExpressionAttributeValues: { ':execution': { S: 'x-2' }, ':atMs': { N: '2' } },
    });
  });
  test('keeps 20, and an execution once, at its newest time', async () => {
    const found = Array.from({ length: 20 }, (_, n) => old(20 - n));
    const { written, records } = listed(0, failovers(...found));
    await records.addHistory(v, one);
    await records.addHistory(v, { execution: 'x-15', atMs: 99 });
    expect(written().map(({ Item }) => Item)).toEqual([
      toItem({ pk: 'history#hub-1', ...failovers(one, ...found.slice(0, 19)) }),
      toItem({ pk: 'history#hub-1', ...failovers({ execution: 'x-15', atMs: 99 }, ...found.filter(({ atMs }) => atMs !== 15)) }),
    ]);
  });
  test('that holds it after a lost race was written by a request whose reply was lost', async () => {
    const { written, records } = listed(1, undefined, failovers(old(1), one));
    await records.addHistory(v, one);
    expect(written().length).toBe(1);
  });
  test('that holds it already is not written', async () => {
    const { written, records } = listed(0, failovers(old(1), one));
    await records.addHistory(v, one);
    expect(written()).toEqual([]);
  });
  test.each([
    ['at another time', { execution: 'new', atMs: 8 }],
    ['of another execution', { execution: 'x', atMs: 9 }],
  ])('that holds one %s is written again', async (_, other) => {
    const { written, records } = listed(1, undefined, failovers(other));
    await records.addHistory(v, one);
    expect(written().length).toBe(2);
  });
  test('that changes all the time is given up after 8 tries', async () => {
    const { written, records } = listed(9, failovers(old(1)));
    await expect(records.addHistory(v, one)).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'the history of hub-1 was changed 8 times in between',
      fix: 'Run it again.',
    });
    expect(written().length).toBe(8);
  });
});
