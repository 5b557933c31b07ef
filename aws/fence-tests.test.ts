import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import type { FenceTestRecord } from '../core/fence-test.ts';
import { amber, v } from '../test/support/core.ts';
import { someSignal, wired, type Answer } from '../test/support/wire.ts';
import { FenceTests } from './fence-tests.ts';
import { toItem } from './items.ts';

const record: FenceTestRecord = {
  validator: v,
  id: '0a1b2c3d4e5f6071',
  by: 'the schedule',
  atMs: 5,
  results: [{ node: amber, kind: 'stopped', code: 'works', how: 'So.', atMs: 5, workedAtMs: 5 }],
};
const testsWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  return { sent, tests: new FenceTests({ client: new DynamoDBClient(options), table: 'baton' }) };
};

test('what a test found is read from the validator’s own item', async () => {
  const { sent, tests } = testsWith({ Item: toItem({ pk: 'fence-test#hub-1', ...record }) });
  const signal = someSignal();
  expect(await tests.read(v, signal)).toEqual(record);
  expect(sent).toMatchObject([{ action: 'GetItem', input: { Key: { pk: { S: 'fence-test#hub-1' } }, ConsistentRead: true } }]);
  expect(await testsWith({}).tests.read(v)).toBeUndefined();
});
test('what a hand has broken, or moved from another validator, is none', async () => {
  for (const change of [{ results: 'all work' }, { validator: 'hub-2' }, { id: 'x' }])
    await expect(testsWith({ Item: toItem({ pk: 'fence-test#hub-1', ...record, ...change }) }).tests.read(v)).rejects.toMatchObject({
      code: 'LeaseInvalid',
    });
});
test('is written in place of the one before', async () => {
  const { sent, tests } = testsWith({});
  await tests.write(record);
  expect(sent).toMatchObject([{ action: 'PutItem', input: { Item: toItem({ pk: 'fence-test#hub-1', ...record }) } }]);
  expect(JSON.stringify(sent[0])).not.toContain('ConditionExpression');
});
