import { ConditionalCheckFailedException, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { BatonError } from '../core/errors.ts';
import type { ValidatorId } from '../core/ids.ts';
import { lease, type Expectation, type Lease, type LeaseWrite, type WriteOutcome } from '../core/lease.ts';
import { parseWith } from '../core/parse.ts';
import { fromItem, keyOf, readItem, readParsed, toItem, unreachable, type Item, type Table } from './items.ts';
import { withSignal } from './signal.ts';

/**
 * The lease in DynamoDB. Every change is one conditional UpdateItem:
 *
 *     expect (core/lease.ts) ──▶ ConditionExpression     accepted ──▶ done
 *                                                        refused, our attempt id is in the item ──▶ done earlier, its reply was lost
 *                                                        refused otherwise ──▶ refused
 *                                                        no answer, or an item that cannot be trusted ──▶ unknown
 */

const conditionOf = (expect: Expectation): { text: string; names: Record<string, string>; values: Record<string, unknown> } => {
  if (expect.absent) return { text: 'attribute_not_exists(#pk)', names: { '#pk': 'pk' }, values: {} };
  const { term, phases, claim } = expect;
  const sameTerm = '#term = :seenTerm';
  const inPhase = `#phase IN (${phases.map((_, index) => `:phase${index}`).join(', ')})`;
  const heldByUs =
    claim === undefined
      ? { text: [], names: {}, values: {} }
      : { text: ['#claim = :ours'], names: { '#claim': 'claim' }, values: { ':ours': claim } };
  return {
    text: [sameTerm, inPhase, ...heldByUs.text].join(' AND '),
    names: { '#term': 'term', '#phase': 'phase', ...heldByUs.names },
    values: { ':seenTerm': term, ...Object.fromEntries(phases.map((phase, index) => [`:phase${index}`, phase])), ...heldByUs.values },
  };
};

/** The one UpdateItem of a transition. */
export const compileWrite = (write: LeaseWrite, table: string): UpdateItemCommandInput => {
  const condition = conditionOf(write.expect);
  const set = Object.entries({ ...write.set, validator: write.validator, attempt: write.attempt }).filter(([, value]) => value !== undefined);
  const names = Object.fromEntries([...set.map(([field]) => field), ...write.remove, 'version'].map((field) => [`#${field}`, field]));
  const values = { ...Object.fromEntries(set.map(([field, value]) => [`:${field}`, value])), ...condition.values, ':one': 1 };
  return {
    TableName: table,
    Key: { pk: { S: keyOf.lease(write.validator) } },
    UpdateExpression: [
      `SET ${set.map(([field]) => `#${field} = :${field}`).join(', ')}`,
      ...(write.remove.length === 0 ? [] : [`REMOVE ${write.remove.map((field) => `#${field}`).join(', ')}`]),
      'ADD #version :one',
    ].join(' '),
    ConditionExpression: condition.text,
    ExpressionAttributeNames: { ...names, ...condition.names },
    ExpressionAttributeValues: toItem(values),
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
};

const fields = lease.partial();

export class LeaseStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** A consistent read. @throws BatonError LeaseUnreachable or LeaseInvalid. */
  read(validator: ValidatorId, signal?: AbortSignal): Promise<Lease | undefined> {
    return readParsed(this.#table, keyOf.lease(validator), lease, signal, { validator });
  }

  /** An eventually consistent read, at half the price: shows that something has changed, and proves nothing. @throws as `read`. */
  async peek(validator: ValidatorId, signal?: AbortSignal): Promise<Lease | undefined> {
    const pk = keyOf.lease(validator);
    const item = await readItem(this.#table, pk, signal, { eventual: true });
    return item && fromItem(item, lease, pk, { validator });
  }

  /**
   * Wakes the guards: they look at the lease and report more often for a while. Changes no field that any transition looks at.
   * @param id 16 hex digits, another one each time. @returns whether it was written.
   */
  async call(validator: ValidatorId, id: string, signal?: AbortSignal): Promise<boolean> {
    const sent = new UpdateItemCommand({
      TableName: this.#table.table,
      Key: { pk: { S: keyOf.lease(validator) } },
      UpdateExpression: 'SET #call = :call',
      ConditionExpression: 'attribute_exists(#pk)',
      ExpressionAttributeNames: { '#call': 'call', '#pk': 'pk' },
      ExpressionAttributeValues: toItem({ ':call': id }),
    });
    return this.#table.client.send(sent, withSignal(signal)).then(
      () => true,
      () => false,
    );
  }

  /** Tries one transition. Never throws: trouble with the table, or an item that cannot be trusted, is the outcome `unknown`, never a refusal. */
  async write(write: LeaseWrite, signal?: AbortSignal): Promise<WriteOutcome> {
    try {
      return await this.#send(write, signal);
    } catch (cause) {
      return { outcome: 'unknown', cause };
    }
  }

  async #send(write: LeaseWrite, signal?: AbortSignal): Promise<WriteOutcome> {
    // A lease that cannot be read stops everyone: what no read would take is not written.
    parseWith(fields, write.set, { what: write.transition, code: 'LeaseInvalid', fix: 'This is a defect of Baton: report it.' });
    const parse = (item: Item): Lease => fromItem(item, lease, keyOf.lease(write.validator), { validator: write.validator });
    try {
      const { Attributes } = await this.#table.client.send(new UpdateItemCommand(compileWrite(write, this.#table.table)), withSignal(signal));
      return Attributes
        ? { outcome: 'done', lease: parse(Attributes), earlier: false }
        : { outcome: 'unknown', cause: new Error('the answer holds no item') };
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) throw cause;
      if (!cause.Item) return { outcome: 'refused', found: undefined };
      const found = parse(cause.Item);
      return found.attempt === write.attempt ? { outcome: 'done', lease: found, earlier: true } : { outcome: 'refused', found };
    }
  }

  /**
   * The lease after the transition.
   * @throws BatonError StaleTerm when it was refused, LeaseInvalid when the item cannot be trusted, LeaseUnreachable when nobody knows.
   */
  async mustWrite(write: LeaseWrite, signal?: AbortSignal): Promise<Lease> {
    const result = await this.write(write, signal);
    if (result.outcome === 'done') return result.lease;
    if (result.outcome === 'unknown') {
      throw result.cause instanceof BatonError ? result.cause : unreachable(`${write.transition} of ${write.validator}`, result.cause);
    }
    const { found } = result;
    const now = found
      ? `term ${found.term} is ${found.phase}, driven by ${found.claim}; ${found.holder} is the recorded active`
      : 'there is no lease';
    throw new BatonError('StaleTerm', `${write.transition} of ${write.validator} was refused: ${now}`, { fix: `baton status ${write.validator}` });
  }
}
