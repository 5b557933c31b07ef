import type { NodeId, ValidatorId } from '../core/ids.ts';
import { member, type Member, type MemberOver } from '../core/member.ts';
import { parseWith } from '../core/parse.ts';
import { absent, keyOf, putItem, readParsed, type Table } from './items.ts';

/** Who signs for a validator of custody `gate`: one item per node. */
export class MemberStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** A consistent read. @throws BatonError LeaseUnreachable or LeaseInvalid. */
  read(validator: ValidatorId, node: NodeId, signal?: AbortSignal): Promise<Member | undefined> {
    return readParsed(this.#table, keyOf.member(validator, node), member, signal, { validator, node });
  }

  /**
   * @param over the version of what it replaces, or null for nothing.
   * @returns false when something else stands there.
   * @throws BatonError LeaseUnreachable when the table gives no answer, LeaseInvalid when what stands there cannot be read.
   */
  async write(of: Member, over: MemberOver, signal?: AbortSignal): Promise<boolean> {
    parseWith(member, of, { what: 'member', code: 'LeaseInvalid', fix: 'This is a defect of Baton: report it.' });
    const condition = over === null ? absent : { text: '#version = :version', values: { ':version': over } };
    const outcome = await putItem(this.#table, keyOf.member(of.validator, of.node), of, condition, signal);
    return outcome.outcome === 'done';
  }
}
