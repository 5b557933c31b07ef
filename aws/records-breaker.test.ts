import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { BreakerRecord, Clear, Seen } from '../core/breaker.ts';
import type { Quarantine } from '../core/quarantine.ts';
import { amber, t, v } from '../test/support/core.ts';
import { Refusal, wired, type Answer, type Sent } from '../test/support/wire.ts';
import { toItem } from './items.ts';
import { Records } from './records.ts';

/** The circuit breaker and the quarantine, as they go over the wire: each written over exactly what was read. */

const recordsWith = (answer: (sent: Sent, index: number) => Answer) => {
  const { sent, options } = wired(answer);
  return { sent, records: new Records({ client: new DynamoDBClient(options), table: 'baton' }) };
};
const refused = (found?: Record<string, unknown>): Answer => new Refusal('ConditionalCheckFailedException', found ? { Item: toItem(found) } : {});
const keyIn = ({ input }: Sent): unknown => (input['Key'] as { pk: { S: string } }).pk.S;
const absent = { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } };
const seen: Seen = { kind: 'slashed', validator: v, what: 'Evidence at 90.', by: 'Watch', atMs: 5 };
const one: Clear = { through: 1, by: 'alex', reason: 'A false alarm.', atMs: 6 };
const clearanceItem = { pk: 'breaker#clearance', through: 1, history: [{ ...one }] };
const suspicionsItem = { pk: 'breaker#suspicions', last: 1, found: [{ ...seen, number: 1 }] };

/** A table with these two items, that takes a write or says what stands there. */
const table = (of: { clearance?: Record<string, unknown>; suspicions?: Record<string, unknown>; put?: (index: number) => Answer }) => {
  let puts = 0;
  return recordsWith((sent) => {
    if (sent.action === 'PutItem') return of.put?.(puts++) ?? {};
    const item = keyIn(sent) === 'breaker#clearance' ? of.clearance : of.suspicions;
    return item ? { Item: toItem(item) } : {};
  });
};
const putsOf = (sent: readonly Sent[]): unknown[] => sent.filter(({ action }) => action === 'PutItem').map(({ input }) => input);

describe('the circuit breaker', () => {
  test('is read consistently, the clearance first', async () => {
    const { sent, records } = table({ clearance: clearanceItem, suspicions: suspicionsItem });
    expect(await records.readBreaker()).toEqual({
      clearance: { through: 1, history: [one] },
      suspicions: { last: 1, found: [{ ...seen, number: 1 }] },
    });
    expect(sent.map(({ input }) => [input['Key'], input['ConsistentRead']])).toEqual([
      [{ pk: { S: 'breaker#clearance' } }, true],
      [{ pk: { S: 'breaker#suspicions' } }, true],
    ]);
  });
  test('that nobody has touched holds nothing', async () => {
    expect(await table({}).records.readBreaker()).toEqual({ clearance: undefined, suspicions: undefined });
  });
  test.each<[string, Parameters<typeof table>[0], number, Record<string, unknown>]>([
    ['nothing', {}, 1, absent],
    [
      'an older one that was cleared',
      { clearance: clearanceItem, suspicions: suspicionsItem },
      2,
      { ConditionExpression: '#last = :before', ExpressionAttributeNames: { '#last': 'last' }, ExpressionAttributeValues: toItem({ ':before': 1 }) },
    ],
  ])('freezes over %s', async (_name, stands, number, condition) => {
    const { sent, records } = table(stands);
    expect(await records.suspect(seen)).toBe(true);
    expect(putsOf(sent)).toEqual([
      {
        TableName: 'baton',
        Item: toItem({
          last: number,
          found: [...(number === 2 ? [{ ...seen, number: 1 }] : []), { ...seen, number }],
          pk: 'breaker#suspicions',
        }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ...condition,
      },
    ]);
  });
  test('told the same twice writes nothing', async () => {
    const { sent, records } = table({ suspicions: suspicionsItem });
    expect(await records.suspect(seen)).toBe(false);
    expect(putsOf(sent)).toEqual([]);
  });
  test('reads again when another suspicion came in between', async () => {
    const { sent, records } = table({ put: (index) => (index === 0 ? refused({ pk: 'breaker#suspicions', last: 9 }) : {}) });
    expect(await records.suspect(seen)).toBe(true);
    expect(sent.map(({ action }) => action)).toEqual(['GetItem', 'GetItem', 'PutItem', 'GetItem', 'GetItem', 'PutItem']);
  });
  test('that others change each time gives up by name', async () => {
    const { sent, records } = table({ put: () => refused({ pk: 'breaker#suspicions', last: 9 }) });
    await expect(records.suspect(seen)).rejects.toThrow(
      expect.objectContaining({
        name: 'LeaseUnreachable',
        message: 'the breaker was changed 8 times in between',
        fix: 'Run it again.',
      }) as Error,
    );
    expect(putsOf(sent)).toHaveLength(8);
  });
  test.each<[string, BreakerRecord, Record<string, unknown>]>([
    ['for the first time', { clearance: undefined, suspicions: undefined }, absent],
    [
      'over an earlier clearance',
      { clearance: { through: 1, history: [one] }, suspicions: undefined },
      {
        ConditionExpression: '#through = :before',
        ExpressionAttributeNames: { '#through': 'through' },
        ExpressionAttributeValues: toItem({ ':before': 1 }),
      },
    ],
  ])('is cleared %s', async (_name, record, condition) => {
    const { sent, records } = table({});
    expect(await records.clearBreaker(record, { ...one, through: 2 })).toBe(true);
    expect(putsOf(sent)).toEqual([
      {
        TableName: 'baton',
        Item: toItem({ through: 2, history: [...(record.clearance ? [one] : []), { ...one, through: 2 }], pk: 'breaker#clearance' }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ...condition,
      },
    ]);
  });
  test('is not cleared beside another clearance', async () => {
    const { records } = table({ put: () => refused({ pk: 'breaker#clearance', through: 3 }) });
    expect(await records.clearBreaker({ clearance: undefined, suspicions: undefined }, one)).toBe(false);
  });
});

describe('a quarantine', () => {
  const record: Quarantine = { term: t(3), kind: 'stopped', atMs: 7 };
  test('is read by its validator and node', async () => {
    const { sent, records } = recordsWith(() => ({ Item: toItem({ ...record, pk: 'quarantine#hub-1#' + amber }) }));
    expect(await records.readQuarantine(v, amber)).toEqual(record);
    expect(sent.map(({ input }) => [input['Key'], input['ConsistentRead']])).toEqual([[{ pk: { S: `quarantine#hub-1#${amber}` } }, true]]);
  });
  test('is written over none and over that of a term that is no newer', async () => {
    const { sent, records } = recordsWith(() => ({}));
    expect(await records.writeQuarantine(v, amber, record)).toBe(true);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        TableName: 'baton',
        Item: toItem({ ...record, pk: `quarantine#hub-1#${amber}` }),
        ConditionExpression: 'attribute_not_exists(#pk) OR #term <= :term',
        ExpressionAttributeNames: { '#pk': 'pk', '#term': 'term' },
        ExpressionAttributeValues: toItem({ ':term': 3 }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ]);
  });
  test('beside that of a newer term is refused', async () => {
    expect(await recordsWith(() => refused({ pk: 'x', term: 4 })).records.writeQuarantine(v, amber, record)).toBe(false);
  });
});
