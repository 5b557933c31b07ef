import { ConditionalCheckFailedException, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { createRequire } from 'node:module';
import { ServiceError } from '../../local/aws/server.ts';
import { parseExpressions, type Data as Expressions } from './expressions.ts';

/** DynamoDB over a map: dynalite's own parsers and judges, called in process and at once. Who may write what is held as IAM would. */

const require = createRequire(import.meta.url);

export type StoredItem = Record<string, AttributeValue>;
type Data = Expressions & { Key?: StoredItem; Item?: StoredItem };
interface DynaliteError extends Error {
  body?: { __type?: string; message?: string };
}
type Callback = (error: DynaliteError | null, result?: Record<string, unknown>) => void;
type Action = (store: unknown, data: Data, callback: Callback) => void;

const actions: Record<string, Action> = {
  PutItem: require('dynalite/actions/putItem') as Action,
  UpdateItem: require('dynalite/actions/updateItem') as Action,
  DeleteItem: require('dynalite/actions/deleteItem') as Action,
};

const definition = {
  TableName: 'baton',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
};

export interface TableWrite {
  readonly pk: string;
  readonly before: StoredItem | undefined;
  readonly after: StoredItem | undefined;
  readonly by: string;
}

const onlyNamed = (item: StoredItem, input: Data): StoredItem => {
  const names = Object.values((input['ExpressionAttributeNames'] ?? {}) as Record<string, string>);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
};

export class Table {
  readonly items = new Map<string, StoredItem>();
  readonly #onWrite: (write: TableWrite) => void;
  readonly #before = new Map<string, StoredItem | undefined>();
  #behind = false;
  #pk = '';
  #by = '';

  readonly #store = {
    options: { maxItemSize: 409_600 },
    getTable: (_name: string, callback: (error: null, table: unknown) => void) => {
      callback(null, definition);
    },
    getItemDb: () => ({
      lock: (_key: string, act: (release: (callback: Callback) => Callback) => void) => {
        act((callback) => callback);
      },
      get: (_key: string, callback: (error: Error | null, item?: StoredItem) => void) => {
        const found = this.items.get(this.#pk);
        if (found) callback(null, found);
        else callback(Object.assign(new Error('none'), { name: 'NotFoundError' }));
      },
      put: (_key: string, item: StoredItem, callback: (error: null) => void) => {
        this.set(item, this.#by);
        callback(null);
      },
      del: (_key: string, callback: (error: null) => void) => {
        const before = this.items.get(this.#pk);
        this.items.delete(this.#pk);
        this.#onWrite({ pk: this.#pk, before, after: undefined, by: this.#by });
        callback(null);
      },
    }),
  };

  constructor(onWrite: (write: TableWrite) => void) {
    this.#onWrite = onWrite;
  }

  set(item: StoredItem, by: string): void {
    const pk = item['pk']?.S ?? '';
    const before = this.items.get(pk);
    const after = { ...item };
    this.#before.set(pk, before);
    this.items.set(pk, after);
    this.#onWrite({ pk, before, after, by });
  }

  #all(input: Data, by: string, own: string | null): StoredItem[] {
    const wanted = (input['RequestItems'] as Record<string, { Keys: StoredItem[]; ConsistentRead?: boolean }>)[definition.TableName];
    return (wanted?.Keys ?? []).flatMap((Key) => {
      const { Item: found } = this.handle('GetItem', { ...wanted, Key }, by, own) as { Item?: StoredItem };
      return found ? [found] : [];
    });
  }

  /** @param own the only key this caller may write, or null for a function or a person, who may write all. */
  handle(action: string, input: Data, by: string, own: string | null): Record<string, unknown> {
    const pk = (input.Key ?? input.Item)?.['pk']?.S ?? '';
    if (own !== null && action !== 'GetItem' && pk !== own) throw new ServiceError('AccessDeniedException', `${by} may not write ${pk}`);
    if (action === 'DescribeTable') return { Table: { TableName: definition.TableName } };
    if (action === 'BatchGetItem') return { Responses: { [definition.TableName]: this.#all(input, by, own) } };
    if (action === 'GetItem') {
      // Every other eventually consistent read comes from a copy that is one write behind.
      this.#behind = input['ConsistentRead'] !== true && !this.#behind;
      const item = this.#behind ? this.#before.get(pk) : this.items.get(pk);
      if (item && input['ProjectionExpression'] !== undefined) return { Item: onlyNamed(item, input) };
      return item ? { Item: item } : {};
    }
    const act = actions[action];
    if (!act) throw new ServiceError('UnknownOperationException', `dynamodb:${action} is not served here`);
    // The judges add to what they are given.
    const data = { ...input };
    const wrong = parseExpressions(data);
    if (wrong !== null) throw new ServiceError('ValidationException', wrong);
    [this.#pk, this.#by] = [pk, by];
    const existing = this.items.get(pk);
    let answer: Record<string, unknown> | undefined;
    let failure: DynaliteError | null = null;
    act(this.#store, data, (error, result) => {
      failure = error;
      answer = result;
    });
    const found = failure as DynaliteError | null;
    if (found === null && answer !== undefined) return answer;
    if (found?.body?.__type?.endsWith('ConditionalCheckFailedException') === true) {
      const told = input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' && existing ? { Item: existing } : {};
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {}, ...told });
    }
    throw found ?? new Error(`${action} gave no answer at once`);
  }
}
