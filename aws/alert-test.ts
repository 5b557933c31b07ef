import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { BatonError } from '../core/errors.ts';
import { fromItem, keyOf, readParsed, toItem, updateItem, type Table } from './items.ts';

const code = z.string().regex(/^[a-f0-9]{8}$/);
const words = z.string().min(1).max(2_048);
const atMs = z.number().int().min(0);

/** What became of the test on one way: a destination of the relay, by its name. */
const relayed = z.strictObject({ kind: z.string().min(1).max(40), taken: z.boolean(), how: z.string().min(1).max(200), atMs });
export type Relayed = z.infer<typeof relayed>;

const alertTest = z.strictObject({
  /** Names the newest test; whoever passes its message on reads it beside the message. */
  id: z
    .string()
    .regex(/^[a-f0-9]{16}$/)
    .optional(),
  /** Of the newest test; it stands in the message and nowhere else that people see. */
  code,
  sentAtMs: atMs,
  by: words,
  /** The last test that somebody got: of this code, or of an older one while this one is on its way. */
  acknowledged: z.strictObject({ code, atMs, by: words }).optional(),
  /** When the first test was sent that nobody has acknowledged, nor one after it; absent when the newest one is. */
  unansweredSinceMs: atMs.optional(),
  /** Absent until a relay has told. */
  relays: z.record(z.string().max(40), relayed).optional(),
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
  async begin(of: Required<Pick<AlertTest, 'id' | 'code' | 'sentAtMs' | 'by'>>, signal?: AbortSignal): Promise<void> {
    const set = {
      UpdateExpression: 'SET #id = :id, #code = :code, #sentAtMs = :sentAtMs, #by = :by, #since = if_not_exists(#since, :sentAtMs) REMOVE #relays',
      ExpressionAttributeNames: {
        '#id': 'id',
        '#code': 'code',
        '#sentAtMs': 'sentAtMs',
        '#by': 'by',
        '#since': 'unansweredSinceMs',
        '#relays': 'relays',
      },
      ExpressionAttributeValues: toItem({ ':id': of.id, ':code': of.code, ':sentAtMs': of.sentAtMs, ':by': of.by }),
    };
    await updateItem(this.#table, pk, set, { what: 'write', signal });
  }

  /**
   * Notes what became of the test on each way of the relay, in place of what was noted before.
   * @returns false when another test has begun meanwhile: of that one this says nothing.
   * @throws BatonError LeaseUnreachable.
   */
  async noteRelays(id: string, relays: Readonly<Record<string, Relayed>>, signal?: AbortSignal): Promise<boolean> {
    const set = {
      UpdateExpression: 'SET #relays = :relays',
      ConditionExpression: '#id = :id',
      ExpressionAttributeNames: { '#id': 'id', '#relays': 'relays' },
      ExpressionAttributeValues: toItem({ ':id': id, ':relays': relays }),
    };
    try {
      await updateItem(this.#table, pk, set, { what: 'write', signal });
      return true;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false;
      throw cause;
    }
  }

  /**
   * Notes that somebody got the message, by one conditional write.
   * @returns what is noted: when this code was acknowledged before, what was noted then.
   * @throws BatonError AlertTestUnknown when it is not the code of the newest test.
   */
  async acknowledge(of: Acknowledged, signal?: AbortSignal): Promise<Acknowledged> {
    const set = {
      UpdateExpression: 'SET #acknowledged = :acknowledged REMOVE #since',
      ConditionExpression: [known, unacknowledged].join(' AND '),
      ExpressionAttributeNames: { '#code': 'code', '#acknowledged': 'acknowledged', '#since': 'unansweredSinceMs' },
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
