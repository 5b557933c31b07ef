import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { validatorConfig } from '../core/config.ts';
import { hashOf } from '../core/plan.ts';
import type { PlannedMove } from '../core/planned.ts';
import { alex, birch, configOf, run, v } from '../test/support/core.ts';
import { Refusal, wired, type Answer, type Sent } from '../test/support/wire.ts';
import { toItem } from './items.ts';
import { Records } from './records.ts';

/** What is written over exactly what was read, and over nothing else. */

const planned: PlannedMove = { execution: run('one'), to: birch, notBeforeMs: 1, notAfterMs: 2, by: alex, reason: 'Upgrade.' };
const refused = (found?: Record<string, unknown>): Answer => new Refusal('ConditionalCheckFailedException', found ? { Item: toItem(found) } : {});
const recordsWith = (answer: (sent: Sent, index: number) => Answer) => {
  const { sent, options } = wired(answer);
  return { sent, records: new Records({ client: new DynamoDBClient(options), table: 'baton' }) };
};

describe('a configuration', () => {
  const config = validatorConfig.parse(configOf());
  const item = toItem({ config: configOf(), hash: hashOf(configOf()), pk: 'config#hub-1' });
  test.each<[string | null, Record<string, unknown>]>([
    [null, { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } }],
    [
      'a'.repeat(64),
      {
        ConditionExpression: '#hash = :over',
        ExpressionAttributeNames: { '#hash': 'hash' },
        ExpressionAttributeValues: toItem({ ':over': 'a'.repeat(64) }),
      },
    ],
  ])('is written over %j and nothing else', async (over, condition) => {
    const { sent, records } = recordsWith(() => ({}));
    expect(await records.writeConfig(config, { over })).toBe(true);
    expect(sent.map(({ input }) => input)).toEqual([
      { TableName: 'baton', Item: item, ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
    ]);
  });
  test('that is another one by now is told; the very same was written earlier', async () => {
    expect(await recordsWith(() => refused({ pk: 'config#hub-1', hash: 'b' })).records.writeConfig(config, { over: null })).toBe(false);
    const { records } = recordsWith(() => new Refusal('ConditionalCheckFailedException', { Item: item }));
    expect(await records.writeConfig(config, { over: null })).toBe(true);
  });
  test('is written over whatever there is when nobody asks', async () => {
    expect(await recordsWith(() => ({})).records.writeConfig(config)).toBe(true);
  });
});

describe('a planned move', () => {
  const item = toItem({ ...planned, pk: 'planned#hub-1' });
  test.each<[string | undefined, Record<string, unknown>]>([
    [undefined, { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } }],
    [
      'zero',
      {
        ConditionExpression: '#execution = :over',
        ExpressionAttributeNames: { '#execution': 'execution' },
        ExpressionAttributeValues: toItem({ ':over': 'zero' }),
      },
    ],
  ])('is written over that of %j and no other', async (over, condition) => {
    const { sent, records } = recordsWith(() => ({}));
    expect(await records.writePlanned(v, planned, over === undefined ? undefined : run(over))).toBe(true);
    expect(sent.map(({ input }) => input)).toEqual([
      { TableName: 'baton', Item: item, ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
    ]);
  });
  test('beside another is refused', async () => {
    expect(await recordsWith(() => refused({ pk: 'planned#hub-1' })).records.writePlanned(v, planned, undefined)).toBe(false);
  });
});
