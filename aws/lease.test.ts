import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { recordProof, release, takeTerm } from '../core/lease.ts';
import { amber, attempt, birch, leaseOf, proof, recordOf, run, t, v } from '../test/support/core.ts';
import { Approvals } from './approvals.ts';
import { compileWrite, LeaseStore } from './lease.ts';
import { Records } from './records.ts';

interface Sent {
  readonly command: string;
  readonly input: Record<string, unknown>;
}

/** Notes what is sent and answers as an empty table does. */
const noting = (): { client: DynamoDBClient; sent: Sent[] } => {
  const sent: Sent[] = [];
  const send = async (command: { input: Record<string, unknown> }): Promise<object> => {
    sent.push({ command: command.constructor.name, input: command.input });
    return {};
  };
  return { client: { send } as unknown as DynamoDBClient, sent };
};

describe('what no read would take', () => {
  test('is not written: a lease that cannot be read stops everyone', async () => {
    const { client, sent } = noting();
    const long = recordProof({ validator: v, term: t(2), claim: run('one') }, { evidence: proof({ how: 'x'.repeat(1_001) }), attempt: attempt('a') });
    expect(await new LeaseStore({ client, table: 'baton' }).write(long)).toMatchObject({ outcome: 'unknown', cause: { code: 'LeaseInvalid' } });
    expect(sent).toEqual([]);
  });
  test('is no approval either', async () => {
    const { client, sent } = noting();
    const approvals = new Approvals({ client, table: 'baton' });
    await expect(approvals.create(recordOf({ sentence: 'x'.repeat(2_001) }))).rejects.toMatchObject({ code: 'InputInvalid' });
    expect(sent).toEqual([]);
  });
});

describe('one transition', () => {
  test('is one UpdateItem with its whole condition, its attempt and the version', () => {
    const write = release({ validator: v, term: t(2), claim: run('one') }, { candidate: birch, attempt: attempt('one/Release/2') });
    expect(compileWrite(write, 'baton')).toEqual({
      TableName: 'baton',
      Key: { pk: { S: 'lease#hub-1' } },
      UpdateExpression:
        'SET #phase = :phase, #holder = :holder, #releasedTerm = :releasedTerm, #validator = :validator, #attempt = :attempt ADD #version :one',
      ConditionExpression: '#term = :seenTerm AND #phase IN (:phase0) AND #claim = :ours',
      ExpressionAttributeNames: {
        '#phase': 'phase',
        '#holder': 'holder',
        '#releasedTerm': 'releasedTerm',
        '#validator': 'validator',
        '#attempt': 'attempt',
        '#version': 'version',
        '#term': 'term',
        '#claim': 'claim',
      },
      ExpressionAttributeValues: {
        ':phase': { S: 'RELEASED' },
        ':holder': { S: birch },
        ':releasedTerm': { N: '2' },
        ':validator': { S: 'hub-1' },
        ':attempt': { S: 'one/Release/2' },
        ':seenTerm': { N: '2' },
        ':phase0': { S: 'FENCED' },
        ':ours': { S: 'one' },
        ':one': { N: '1' },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
  test('is sent once, and an answer without an item is unknown', async () => {
    const { client, sent } = noting();
    const write = takeTerm(leaseOf(), { claim: run('one'), candidate: birch, attempt: attempt('a') });
    expect((await new LeaseStore({ client, table: 'baton' }).write(write)).outcome).toBe('unknown');
    expect(sent.map(({ command }) => command)).toEqual(['UpdateItemCommand']);
  });
});

test('every read is a consistent GetItem of one key', async () => {
  const { client, sent } = noting();
  const table = { client, table: 'baton' };
  const [records, approvals] = [new Records(table), new Approvals(table)];
  const reads = [
    new LeaseStore(table).read(v),
    records.readReport(v, amber),
    records.readConfig(v),
    records.readFleet(),
    records.readPause(v),
    records.readVault(v),
    records.readFenceIntent(v, t(2)),
    records.readWatch(v, 'home'),
    records.readWatcher('home'),
    records.readHistory(v),
    approvals.read('a'.repeat(32)),
    approvals.findOpen(v),
  ];
  await Promise.all(reads);
  expect(sent.map(({ command }) => command)).toEqual(reads.map(() => 'GetItemCommand'));
  expect(sent.map(({ input }) => input.ConsistentRead)).toEqual(reads.map(() => true));
});
