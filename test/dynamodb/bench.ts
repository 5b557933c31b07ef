import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { toItem, type Table } from '../../aws/items.ts';
import { validatorId, type ValidatorId } from '../../core/ids.ts';
import { localCredentials } from '../../local/dynamo.ts';

/** What the conformance tests stand on: whatever speaks DynamoDB, real SDK clients, and a middleware that only loses replies. */

export interface Server {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** The running server, its table and a client; filled in before the first test. */
export interface Bench extends Table {
  readonly endpoint: string;
}

export const tableName = 'baton';

let count = 0;
/** A validator that no other test has. */
export const fresh = (): ValidatorId => validatorId.parse(`v-${(count += 1)}`);

export const clientOf = (endpoint: string, maxAttempts = 1, timeoutMs = 5_000): DynamoDBClient =>
  new DynamoDBClient({
    ...localCredentials,
    endpoint,
    maxAttempts,
    requestHandler: new NodeHttpHandler({ requestTimeout: timeoutMs, connectionTimeout: 2_000, throwOnRequestTimeout: true }),
  });

/**
 * A client that drops the reply to its first write after the server has acted, as a broken connection would. `sent` counts writes on the wire.
 * `meanwhile` happens between the lost reply and the next try.
 */
export const lossyClient = (
  endpoint: string,
  maxAttempts: number,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): { client: DynamoDBClient; sent: () => number } => {
  const client = clientOf(endpoint, maxAttempts);
  let sent = 0;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        if (commandName === 'GetItemCommand') return result;
        sent += 1;
        if (sent > 1) return result;
        await meanwhile();
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET', $retryable: {} });
      },
    { step: 'deserialize', priority: 'low', name: 'loseReply' },
  );
  return { client, sent: () => sent };
};

/** Stores an item as a hand in the console would. */
export const putRaw = async ({ client, table }: Table, pk: string, value: Record<string, unknown>): Promise<void> => {
  await client.send(new PutItemCommand({ TableName: table, Item: toItem({ ...value, pk }) }));
};
