import { ConditionalCheckFailedException, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import {
  arbiter,
  claimed,
  judgeNotClosed,
  judgeNotOpened,
  judgeRefused,
  type Arbiter,
  type ArbiterOutcome,
  type ClaimOutcome,
  type Closing,
  type DutyClaim,
  type Lane,
  type Opening,
  type Unknown,
} from '../core/gate.ts';
import type { ValidatorId } from '../core/ids.ts';
import { parseWith } from '../core/parse.ts';
import { watermark, type Watermark } from '../core/watermark.ts';
import { fromItem, keyOf, readParsed, toItem, type Item, type Table } from './items.ts';
import { withSignal } from './signal.ts';

/**
 * The arbiter in DynamoDB. Every change is one conditional UpdateItem of one item:
 *
 *     open    there is no item                     claim   open, and the watermark lies below the duty         close   open
 *
 *     accepted ──▶ done, won          refused ──▶ judged by core/gate.ts from the item as it stands (ALL_OLD)
 *     no answer, or an item that cannot be trusted ──▶ unknown: nothing leaves, and the same write may be sent again
 */

const own = (field: string): string => `#watermark.#${field}`;

/**
 * Every way to lie below a duty: equal in the first parts of the mark and less in the next, as `compare` of core/watermark.ts has it; of a vote, as
 * `isAbove` of core/gate.ts has it. Written without brackets, since AND binds before OR.
 */
const waysBelow = ({ kind, ...parts }: Watermark): readonly (readonly string[])[] => {
  if (kind === 'eip3076') return [[`${own('slot')} <= :slot`, `${own('source')} <= :source`, `${own('target')} < :target`]];
  const names = Object.keys(parts);
  return names.map((part, index) => [...names.slice(0, index).map((before) => `${own(before)} = :${before}`), `${own(part)} < :${part}`]);
};

const partsOf = (mark: Watermark): Readonly<Record<string, number>> => {
  const { kind: _, ...parts } = mark;
  return parts;
};

const namesOf = (fields: readonly string[]): Record<string, string> => Object.fromEntries(fields.map((field) => [`#${field}`, field]));
const valuesOf = (of: Readonly<Record<string, unknown>>): Item =>
  toItem(Object.fromEntries(Object.entries(of).map(([name, value]) => [`:${name}`, value])));

interface Place {
  readonly validator: ValidatorId;
  readonly lane?: Lane | undefined;
}

interface Change {
  readonly place: Place;
  readonly set: Readonly<Record<string, unknown>>;
  readonly condition: { readonly text: string; readonly names: readonly string[]; readonly values: Readonly<Record<string, unknown>> };
}

const compile = ({ place, set, condition }: Change, table: string): UpdateItemCommandInput => ({
  TableName: table,
  Key: { pk: { S: keyOf.arbiter(place.validator, place.lane) } },
  UpdateExpression: `SET ${Object.keys(set)
    .map((field) => `#${field} = :${field}`)
    .join(', ')} ADD #version :one`,
  ConditionExpression: condition.text,
  ExpressionAttributeNames: namesOf([...Object.keys(set), 'version', ...condition.names]),
  ExpressionAttributeValues: valuesOf({ ...set, one: 1, ...condition.values }),
  ReturnValues: 'ALL_NEW',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
});

export const compileOpening = ({ validator, lane, attempt, floor }: Opening, table: string): UpdateItemCommandInput =>
  compile(
    {
      place: { validator, lane },
      set: { validator, ...(lane === undefined ? {} : { lane }), phase: 'open', watermark: floor, claimed: null, attempt },
      condition: { text: 'attribute_not_exists(#pk)', names: ['pk'], values: {} },
    },
    table,
  );

export const compileClaim = ({ validator, lane, attempt, duty, claimed: mine }: DutyClaim, table: string): UpdateItemCommandInput => {
  const parts = partsOf(duty);
  const isOpen = '#phase = :open';
  const countsAlike = `${own('kind')} = :kind`;
  return compile(
    {
      place: { validator, lane },
      set: { watermark: duty, claimed: mine, attempt },
      condition: {
        text: waysBelow(duty)
          .map((way) => [isOpen, countsAlike, ...way].join(' AND '))
          .join(' OR '),
        names: ['phase', 'watermark', 'kind', ...Object.keys(parts)],
        values: { open: 'open', kind: duty.kind, ...parts },
      },
    },
    table,
  );
};

export const compileClosing = ({ validator, lane, attempt }: Closing, table: string): UpdateItemCommandInput =>
  compile(
    {
      place: { validator, lane },
      set: { phase: 'closed', attempt },
      condition: { text: '#phase = :open', names: ['phase'], values: { open: 'open' } },
    },
    table,
  );

// An arbiter that cannot be read stops every signer: what no read would take is not written.
const mine = (what: string) => ({ what, code: 'LeaseInvalid' as const, fix: 'This is a defect of Baton: report it.' });

export class ArbiterStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** A consistent read. @throws BatonError LeaseUnreachable or LeaseInvalid. */
  read(validator: ValidatorId, signal?: AbortSignal, lane?: Lane): Promise<Arbiter | undefined> {
    return readParsed(this.#table, keyOf.arbiter(validator, lane), arbiter, signal, { validator, lane });
  }

  /** Opens it with what may have been signed before, if there is none. Never throws: trouble is `unknown`. */
  async open(opening: Opening, signal?: AbortSignal): Promise<ArbiterOutcome | Unknown> {
    const write = () => {
      parseWith(watermark, opening.floor, mine('Open'));
      return compileOpening(opening, this.#table.table);
    };
    const answer = await this.#send(opening, write, signal);
    if (answer.outcome === 'unknown') return answer;
    return answer.accepted ? { outcome: 'done', item: answer.item, earlier: false } : judgeNotOpened(answer.item, opening);
  }

  /** Claims one duty. One request, never repeated by itself. Never throws: trouble is `unknown`, and then nothing may leave. */
  async claim(claim: DutyClaim, signal?: AbortSignal): Promise<ClaimOutcome | Unknown> {
    const write = () => {
      parseWith(watermark, claim.duty, mine('Claim'));
      parseWith(claimed, claim.claimed, mine('Claim'));
      return compileClaim(claim, this.#table.table);
    };
    const answer = await this.#send(claim, write, signal);
    if (answer.outcome === 'unknown') return answer;
    const judged = judgeRefused(answer.item, claim);
    if (!answer.accepted) return judged;
    // What is stored must be what was sent: it is all that the other signers will be told.
    if (judged.outcome !== 'repeat' || judged.claimed.signature !== claim.claimed.signature)
      return { outcome: 'unknown', cause: new Error('the answer holds another claim') };
    return { outcome: 'won', item: answer.item, claimed: judged.claimed };
  }

  /** Closes it for ever: a fence for all signers at once. Never throws: trouble is `unknown`. */
  async close(closing: Closing, signal?: AbortSignal): Promise<ArbiterOutcome | Unknown> {
    const answer = await this.#send(closing, () => compileClosing(closing, this.#table.table), signal);
    if (answer.outcome === 'unknown') return answer;
    if (!answer.accepted) return judgeNotClosed(answer.item);
    if (answer.item.phase !== 'closed') return { outcome: 'unknown', cause: new Error('the answer says that it is open') };
    return { outcome: 'done', item: answer.item, earlier: false };
  }

  async #send(
    { validator, lane }: Place,
    write: () => UpdateItemCommandInput,
    signal: AbortSignal | undefined,
  ): Promise<{ outcome: 'answered'; accepted: true; item: Arbiter } | { outcome: 'answered'; accepted: false; item: Arbiter | undefined } | Unknown> {
    const parse = (item: Item): Arbiter => fromItem(item, arbiter, keyOf.arbiter(validator, lane), { validator, lane });
    try {
      const { Attributes } = await this.#table.client.send(new UpdateItemCommand(write()), withSignal(signal));
      if (!Attributes) return { outcome: 'unknown', cause: new Error('the answer holds no item') };
      return { outcome: 'answered', accepted: true, item: parse(Attributes) };
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) return { outcome: 'unknown', cause };
      try {
        return { outcome: 'answered', accepted: false, item: cause.Item && parse(cause.Item) };
      } catch (invalid) {
        return { outcome: 'unknown', cause: invalid };
      }
    }
  }
}
