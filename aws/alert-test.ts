import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { fromItem, keyOf, readParsed, toItem, updateItem, type Table } from './items.ts';

const code = z.string().regex(/^[a-f0-9]{8}$/);
const words = z.string().min(1).max(2_048);
const atMs = z.number().int().min(0);

const alertTest = z.strictObject({
  /** Of the newest test; it stands in the message and nowhere else that people see. */
  code,
  sentAtMs: atMs,
  by: words,
  /** The last test that somebody got: of this code, or of an older one while this one is on its way. */
  acknowledged: z.strictObject({ code, atMs, by: words }).optional(),
});
export type AlertTest = z.infer<typeof alertTest>;
export type Acknowledged = NonNullable<AlertTest['acknowledged']>;

const pk = keyOf.alertTest();
const known = '#code = :code';
// An old message must not stand for a new one.
const unacknowledged = '(attribute_not_exists(#acknowledged) OR #acknowledged.#code <> :code)';

/** The test of the way that alerts take to people: one item for the whole fleet. */
export class AlertTests {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  read(signal?: AbortSignal): Promise<AlertTest | undefined> {
    return readParsed(this.#table, pk, alertTest, signal);
  }

  /** A new test; its code is from now on the only one that counts. What was acknowledged before stays known. */
  async begin(of: Pick<AlertTest, 'code' | 'sentAtMs' | 'by'>, signal?: AbortSignal): Promise<void> {
    const set = {
      UpdateExpression: 'SET #code = :code, #sentAtMs = :sentAtMs, #by = :by',
      ExpressionAttributeNames: { '#code': 'code', '#sentAtMs': 'sentAtMs', '#by': 'by' },
      ExpressionAttributeValues: toItem({ ':code': of.code, ':sentAtMs': of.sentAtMs, ':by': of.by }),
    };
    await updateItem(this.#table, pk, set, { what: 'write', signal });
  }

  /**
   * Notes that somebody got the message, by one conditional write.
   * @returns what is noted: when this code was acknowledged before, what was noted then.
   * @throws BatonError AlertTestUnknown when it is not the code of the newest test.
   */
  async acknowledge(of: Acknowledged, signal?: AbortSignal): Promise<Acknowledged> {
    const set = {
      UpdateExpression: 'SET #acknowledged = :acknowledged',
      ConditionExpression: [known, unacknowledged].join(' AND '),
      ExpressionAttributeNames: { '#code': 'code', '#acknowledged': 'acknowledged' },
      ExpressionAttributeValues: toItem({ ':code': of.code, ':acknowledged': of }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    try {
      await updateItem(this.#table, pk, set, { what: 'write', signal });
      return of;
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) throw cause;
      const found = cause.Item && fromItem(cause.Item, alertTest, pk);
      if (found?.code === of.code && found.acknowledged) return found.acknowledged;
      throw new BatonError('AlertTestUnknown', 'this is not the code of the newest alert test', {
        field: '--ack',
        fix: 'Type the code of the newest message, or send another: baton alert-test',
      });
    }
  }
}
