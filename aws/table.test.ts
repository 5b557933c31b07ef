import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { TableCheck } from './table.ts';

const checkWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  return { sent, check: new TableCheck({ client: new DynamoDBClient(options), table: 'baton' }) };
};
const described = (of: Record<string, unknown> = {}): Answer => ({ Table: { TableName: 'baton', ...of } });
const replicas = { Replicas: [{ RegionName: 'eu-west-1' }, { RegionName: 'us-west-2' }] };

test('the table itself is asked, and the wait can be ended', async () => {
  const { sent, check } = checkWith(described());
  const signal = someSignal();
  expect(await check.safety(signal)).toEqual({ state: 'safe', sentence: 'The table lies in one Region.' });
  expect(sent).toEqual([{ action: 'DescribeTable', input: { TableName: 'baton' }, signal }]);
});

test.each<[string, Record<string, unknown>]>([
  ['no replicas', { Replicas: [] }],
  ['no replicas, of the present version', { GlobalTableVersion: '2019.11.21' }],
  ['no replicas, not strongly consistent', { MultiRegionConsistency: 'EVENTUAL' }],
])('with %s it is safe', async (_, of) => {
  expect(await checkWith(described(of)).check.safety()).toEqual({ state: 'safe', sentence: 'The table lies in one Region.' });
});

test.each<[string, Record<string, unknown>]>([
  ['replicas', replicas],
  ['one replica and a witness', { Replicas: [{ RegionName: 'eu-west-1' }], GlobalTableWitnesses: [{ RegionName: 'us-west-2' }] }],
])('strongly consistent over %s it is safe', async (_, of) => {
  expect(await checkWith(described({ ...of, MultiRegionConsistency: 'STRONG' })).check.safety()).toEqual({
    state: 'safe',
    sentence: 'The table is strongly consistent over its Regions.',
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['replicas', replicas, 'eu-west-1, us-west-2'],
  ['replicas where the last writer wins', { ...replicas, MultiRegionConsistency: 'EVENTUAL' }, 'eu-west-1, us-west-2'],
  ['replicas of a consistency that is not known yet', { ...replicas, MultiRegionConsistency: 'NEW' }, 'eu-west-1, us-west-2'],
  ['a replica without a name', { Replicas: [{}] }, 'an unnamed Region'],
  ['replicas of the legacy kind, which are not shown', { GlobalTableVersion: '2017.11.29' }, 'other Regions'],
])('with %s it is no lock', async (_, of, where) => {
  expect(await checkWith(described(of)).check.safety()).toEqual({
    state: 'unsafe',
    sentence: `The table has copies in ${where} and the last writer wins: it is no lock.`,
  });
});

test.each<[string, Answer, string]>([
  ['refused', new Refusal('AccessDeniedException'), 'AccessDeniedException'],
  ['lost', new Error('socket hang up'), 'Error'],
  ['empty', {}, 'ZodError'],
  ['of no table', { Table: {} }, 'ZodError'],
])('an answer that is %s tells nothing', async (_, answer, name) => {
  expect(await checkWith(answer).check.safety()).toEqual({
    state: 'unknown',
    sentence: `Nobody knows whether the table is a lock: DescribeTable gave ${name}.`,
  });
});
