import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTests } from './alert-tests.ts';
import { clientOf, fresh, putRaw, tableName, type Bench, type Server } from './bench.ts';
import { arbiterTests } from './arbiter-tests.ts';
import { leaseTests } from './lease-tests.ts';
import { recordTests } from './record-tests.ts';

/** What the adapters need of the server itself. */
const serverTests = (at: () => Bench): void => {
  const commands = {
    PutItem: (of: Refused) => new PutItemCommand({ ...of, Item: { ...of.Key, term: { N: '2' } } }),
    UpdateItem: (of: Refused) => new UpdateItemCommand({ ...of, UpdateExpression: 'REMOVE holder' }),
    DeleteItem: (of: Refused) => new DeleteItemCommand(of),
  };
  interface Refused {
    TableName: string;
    Key: { pk: { S: string } };
    ConditionExpression: string;
    ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE';
  }
  test.each(['PutItem', 'UpdateItem', 'DeleteItem'] as const)('a refused %s answers with the old item only when asked', async (name) => {
    const pk = `lease#${fresh()}`;
    const refusal = async (key: string, asked: Pick<Refused, 'ReturnValuesOnConditionCheckFailure'>): Promise<unknown> => {
      const of: Refused = { TableName: tableName, Key: { pk: { S: key } }, ConditionExpression: 'attribute_exists(holder)', ...asked };
      const command = commands[name](of) as UpdateItemCommand;
      return at()
        .client.send(command)
        .catch((error: unknown) => error);
    };
    await putRaw(at(), pk, { term: 1 });
    const refused = { name: 'ConditionalCheckFailedException' };
    const old = { pk: { S: pk }, term: { N: '1' } };
    expect(await refusal(pk, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })).toMatchObject({ ...refused, Item: old });
    for (const asked of [{}, { ReturnValuesOnConditionCheckFailure: 'NONE' as const }]) {
      const error = await refusal(pk, asked);
      expect(error).toMatchObject(refused);
      expect(error).not.toHaveProperty('Item', expect.anything());
    }
    const absent = await refusal(`lease#${fresh()}`, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(absent).toMatchObject(refused);
    expect(absent).not.toHaveProperty('Item', expect.anything());
  });
};

/** What the adapters of the table promise, against whatever speaks DynamoDB. */
export const conformance = (name: string, start: () => Promise<Server>): void => {
  describe(name, () => {
    let server: Server | undefined;
    let bench: Bench | undefined;
    beforeAll(async () => {
      server = await start();
      bench = { endpoint: server.endpoint, client: clientOf(server.endpoint), table: tableName };
    }, 300_000);
    afterAll(async () => {
      bench?.client.destroy();
      await server?.close();
    });
    const at = (): Bench => {
      if (!bench) throw new Error(`${name} is not running`);
      return bench;
    };
    describe('the server', () => {
      serverTests(at);
    });
    describe('the lease', () => {
      leaseTests(at);
    });
    describe('the arbiter', () => {
      arbiterTests(at);
    });
    describe('the records', () => {
      recordTests(at);
    });
    describe('the alert test', () => {
      alertTests(at);
    });
  });
};
