import { fenceTestRecord, type FenceTestRecord } from '../core/fence-test.ts';
import type { ValidatorId } from '../core/ids.ts';
import { keyOf, putItem, readParsed, type Table } from './items.ts';

/** What the last test of each validator's fences found: one item for each. */
export class FenceTests {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** @throws BatonError LeaseUnreachable, or LeaseInvalid when a hand has broken it. */
  read(validator: ValidatorId, signal?: AbortSignal): Promise<FenceTestRecord | undefined> {
    return readParsed(this.#table, keyOf.fenceTest(validator), fenceTestRecord, signal, { validator });
  }

  /** In place of the one before: two tests at once are one too many, and the later one counts. @throws BatonError LeaseUnreachable. */
  async write(record: FenceTestRecord, signal?: AbortSignal): Promise<void> {
    await putItem(this.#table, keyOf.fenceTest(record.validator), record, null, signal);
  }
}
