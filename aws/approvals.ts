import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { approvalRecord, decide, type ApprovalRecord, type Decision } from '../core/approval.ts';
import { BatonError } from '../core/errors.ts';
import type { ValidatorId } from '../core/ids.ts';
import { keyOf, readParsed, toItem, unreachable, type Table } from './items.ts';

const pointer = z.strictObject({ open: z.string().regex(/^[a-f0-9]{32}$/) });
const maxTries = 8;

/** Approvals and attestations in the table. The task token stays in the record. */
export class Approvals {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  read(id: string, signal?: AbortSignal): Promise<ApprovalRecord | undefined> {
    return readParsed(this.#table, keyOf.approval(id), approvalRecord, signal);
  }

  async #put(
    pk: string,
    value: Record<string, unknown>,
    condition: { text: string; values: Record<string, unknown> } | null,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const names = { '#pk': 'pk', ...(condition?.text.includes('#version') ? { '#version': 'version', '#state': 'state' } : {}) };
    try {
      await this.#table.client.send(
        new PutItemCommand({
          TableName: this.#table.table,
          Item: toItem({ ...value, pk }),
          ...(condition === null
            ? {}
            : {
                ConditionExpression: condition.text,
                ExpressionAttributeNames: names,
                ...(Object.keys(condition.values).length === 0 ? {} : { ExpressionAttributeValues: toItem(condition.values) }),
              }),
        }),
        signal ? { abortSignal: signal } : {},
      );
      return true;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false;
      throw unreachable(`write ${pk.split('#')[0] ?? ''} record`, cause);
    }
  }

  /** Stores a record that waits, once; then points the validator at it. The same id again changes nothing. */
  async create(record: ApprovalRecord, signal?: AbortSignal): Promise<void> {
    await this.#put(keyOf.approval(record.id), record, { text: 'attribute_not_exists(#pk)', values: {} }, signal);
    await this.#put(keyOf.approvals(record.validator), { open: record.id }, null, signal);
  }

  /** The newest record of this validator, whatever its state. */
  async findOpen(validator: ValidatorId, signal?: AbortSignal): Promise<ApprovalRecord | undefined> {
    const found = await readParsed(this.#table, keyOf.approvals(validator), pointer, signal);
    return found ? this.read(found.open, signal) : undefined;
  }

  /**
   * Counts one answer by one conditional write on the record's state and version; when another answer came in between, it is judged anew.
   * @throws BatonError ApprovalUnknown, or the refusal of core `decide`.
   */
  async decide(id: string, given: Decision, signal?: AbortSignal): Promise<ApprovalRecord> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const record = await this.read(id, signal);
      if (!record) throw new BatonError('ApprovalUnknown', 'there is no such approval', { fix: 'baton status' });
      const judged = decide(record, given);
      if (judged.outcome === 'refused') throw new BatonError(judged.code, judged.reason, { fix: `baton status ${record.validator}` });
      const condition = {
        text: '#version = :seen AND #state = :pending AND attribute_exists(#pk)',
        values: { ':seen': record.version, ':pending': 'pending' },
      };
      if (await this.#put(keyOf.approval(id), judged.record, condition, signal)) return judged.record;
    }
    throw new BatonError('LeaseUnreachable', `${maxTries} other answers came in between`, { fix: 'Answer again.' });
  }
}
