import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import dynalite from 'dynalite';
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { closeServer, listen } from './loopback.ts';

/** DynamoDB in this process: dynalite, taught to answer a refused write with the old item (ALL_OLD). */

interface ConditionError extends Error {
  body?: { Item?: unknown };
}
type CheckConditional = (data: Record<string, unknown>, existing: unknown) => ConditionError | null | undefined;
interface Validation {
  types: Record<string, unknown>;
}

const require = createRequire(import.meta.url);
const field = 'ReturnValuesOnConditionCheckFailure';
let taught = false;

const teachAllOld = (): void => {
  if (taught) return;
  taught = true;
  const db = require('dynalite/db') as { checkConditional: CheckConditional };
  const judge = db.checkConditional;
  db.checkConditional = (data, existing) => {
    const error = judge(data, existing);
    if (error?.body && data[field] === 'ALL_OLD' && existing) error.body.Item = existing;
    return error;
  };
  for (const action of ['putItem', 'updateItem', 'deleteItem']) {
    const { types } = require(`dynalite/validations/${action}`) as Validation;
    types[field] = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  }
};

export interface LocalDynamo {
  readonly endpoint: string;
  close(): Promise<void>;
}

export const tableDefinition = (table: string) => ({
  TableName: table,
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  BillingMode: 'PAY_PER_REQUEST' as const,
});

export const localCredentials = { region: 'us-east-1', credentials: { accessKeyId: 'AKLOCALROOT', secretAccessKey: 'local' } };

/**
 * Starts an empty table on a free loopback port.
 * @param onCall told of each request before it is served: its action, for example UpdateItem.
 */
export const startDynamo = async (table = 'baton', onCall?: (action: string) => void): Promise<LocalDynamo> => {
  teachAllOld();
  const server = dynalite({ createTableMs: 0 });
  if (onCall)
    server.prependListener('request', (request: IncomingMessage) => {
      onCall(String(request.headers['x-amz-target']).split('.')[1] ?? '');
    });
  const endpoint = await listen(server);
  const client = new DynamoDBClient({
    endpoint,
    ...localCredentials,
    maxAttempts: 3,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true }),
  });
  try {
    await client.send(new CreateTableCommand(tableDefinition(table)));
  } catch (cause) {
    await closeServer(server);
    throw cause;
  } finally {
    client.destroy();
  }
  return { endpoint, close: () => closeServer(server) };
};
