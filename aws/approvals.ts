import * as z from 'zod';
import {
  approvalRecord,
  decide,
  shownRecord,
  waitingRecord,
  type ApprovalRecord,
  type Decision,
  type ShownRecord,
  type WaitingRecord,
} from '../core/approval.ts';
import { BatonError } from '../core/errors.ts';
import type { ValidatorId } from '../core/ids.ts';
import { parseWith } from '../core/parse.ts';
import { canonicalJson } from '../core/plan.ts';
import { absent, fromItem, keyOf, putItem, readItem, readParsed, type Table } from './items.ts';

const pointer = z.strictObject({ open: z.string().regex(/^[a-f0-9]{32}$/) });
/** All but the token: people have no use for it, and IAM can hold them to exactly these fields. */
const shownFields = Object.keys(waitingRecord.shape);
const messageFields = Object.keys(shownRecord.shape);
/** Each lost race is an answer of somebody else that was counted, and a quorum is at most 10: one more try always ends. */
const maxTries = 11;

/** A record that cannot be read would stop the execution that waits for it: what no read would take is not written. */
const readable = (record: ApprovalRecord): ApprovalRecord =>
  parseWith(approvalRecord, record, { what: `approval of ${record.validator}`, code: 'InputInvalid', fix: 'Shorten what is stated.' });

/** Approvals and attestations in the table. The task token stays in the record. */
export class Approvals {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  read(id: string, signal?: AbortSignal): Promise<ApprovalRecord | undefined> {
    return readParsed(this.#table, keyOf.approval(id), approvalRecord, signal, { id });
  }

  /** Stores a record that waits, once; then points the validator at it. The same id again changes nothing of a record that is answered. */
  async create(record: ApprovalRecord, signal?: AbortSignal): Promise<void> {
    const made = await putItem(this.#table, keyOf.approval(record.id), readable(record), absent, signal);
    if (made.outcome === 'refused' && made.found?.state !== 'pending') return;
    await putItem(this.#table, keyOf.approvals(record.validator), { open: record.id }, null, signal);
  }

  /** A record without its task token, which does not leave the table. */
  async shown(id: string, signal?: AbortSignal): Promise<ShownRecord | undefined> {
    const pk = keyOf.approval(id);
    const item = await readItem(this.#table, pk, signal, { only: messageFields });
    return item && fromItem(item, shownRecord, pk, { id });
  }

  /** The newest record of this validator, whatever its state. */
  async findOpen(validator: ValidatorId, signal?: AbortSignal): Promise<ApprovalRecord | undefined> {
    const found = await readParsed(this.#table, keyOf.approvals(validator), pointer, signal);
    return found ? this.read(found.open, signal) : undefined;
  }

  /** The same for people: the task token does not leave the table. */
  async waiting(validator: ValidatorId, signal?: AbortSignal): Promise<WaitingRecord | undefined> {
    const found = await readParsed(this.#table, keyOf.approvals(validator), pointer, signal);
    return found && this.forPeople(found.open, signal);
  }

  /** One record by its id, as people may see it. */
  async forPeople(id: string, signal?: AbortSignal): Promise<WaitingRecord | undefined> {
    const pk = keyOf.approval(id);
    const item = await readItem(this.#table, pk, signal, { only: shownFields });
    return item && fromItem(item, waitingRecord, pk, { id });
  }

  /**
   * Counts one answer by one conditional write on the record's state and version; when another answer came in between, it is judged anew.
   * An answer that is there already because its reply was lost is counted once.
   * @throws BatonError ApprovalUnknown, or the refusal of core `decide`.
   */
  async decide(id: string, given: Decision, signal?: AbortSignal): Promise<ApprovalRecord> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const record = await this.read(id, signal);
      if (!record) throw new BatonError('ApprovalUnknown', 'there is no such approval', { fix: 'baton status' });
      if (tries > 0 && record.decisions.some((one) => canonicalJson(one) === canonicalJson(given))) return record;
      const judged = decide(record, given);
      if (judged.outcome === 'refused') throw new BatonError(judged.code, judged.reason, { fix: `baton status ${record.validator}` });
      const unanswered = ['#version = :seen', '#state = :pending'].join(' AND ');
      const condition = { text: unanswered, values: { ':seen': record.version, ':pending': 'pending' } };
      const written = await putItem(this.#table, keyOf.approval(id), readable(judged.record), condition, signal);
      if (written.outcome === 'done') return judged.record;
    }
    throw new BatonError('LeaseUnreachable', `${maxTries} other answers came in between`, { fix: 'Answer again.' });
  }
}
