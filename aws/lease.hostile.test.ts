import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { recordProof } from '../core/lease.ts';
import { attempt, proof, recordOf, run, t, v } from '../test/support/core.ts';
import { Approvals } from './approvals.ts';
import { LeaseStore } from './lease.ts';

const noting = (): { client: DynamoDBClient; sent: unknown[] } => {
  const sent: unknown[] = [];
  const send = async (command: unknown): Promise<unknown> => {
    sent.push(command);
    return {};
  };
  return { client: { send } as unknown as DynamoDBClient, sent };
};

describe('what no read would take', () => {
  test('is not written: a lease that cannot be read stops everyone', async () => {
    const { client, sent } = noting();
    const long = recordProof({ validator: v, term: t(2), claim: run('one') }, { evidence: proof({ how: 'x'.repeat(1_001) }), attempt: attempt('a') });
    expect(await new LeaseStore({ client, table: 'baton' }).write(long)).toMatchObject({
      outcome: 'unknown',
      cause: { code: 'LeaseInvalid', fix: 'This is a defect of Baton: report it.' },
    });
    expect(sent).toEqual([]);
  });
  test('is no approval either', async () => {
    const { client, sent } = noting();
    const approvals = new Approvals({ client, table: 'baton' });
    await expect(approvals.create(recordOf({ sentence: 'x'.repeat(2_001) }))).rejects.toMatchObject({
      code: 'InputInvalid',
      message: expect.stringMatching(/^approval of hub-1: sentence is /) as unknown,
      fix: 'Shorten what is stated.',
    });
    expect(sent).toEqual([]);
  });
});
