import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { isDeepStrictEqual } from 'node:util';
import { nodeReport, type NodeReport } from '../core/report.ts';
import type { Over, WriteReply } from '../core/writer.ts';
import { conditionParts, fromItem, keyOf, toItem, unreachable, type Condition, type Item, type Table } from './items.ts';
import { withSignal } from './signal.ts';

/** A node's own item, written by its guard: `standsOn` of core/writer.ts, as a condition of the table. */

/** The very report that was read, and nothing else. */
export const exactly = ({ writer, sequence }: NodeReport): Over => ({ me: '-', base: { writer: writer ?? null, sequence } });

const conditionOf = ({ me, base }: Over, sequence: number): Condition => {
  const ownTry = '#writer = :me AND #after = :after AND #sequence < :sequence';
  const own = { ':me': me, ':after': base?.sequence ?? 0, ':sequence': sequence };
  if (base === null) return { text: `attribute_not_exists(#pk) OR (${ownTry})`, values: own };
  const writer = base.writer === null ? 'attribute_not_exists(#writer)' : '#writer = :writer';
  return {
    text: `(${writer} AND #sequence = :base) OR (${ownTry})`,
    values: { ...own, ':base': base.sequence, ...(base.writer === null ? {} : { ':writer': base.writer }) },
  };
};

/**
 * One request. Refused although exactly this item stands there is `unknown`: it may be a copy of the writer that put it there.
 * @throws BatonError LeaseUnreachable when the table gives no answer, LeaseInvalid when what stands there cannot be read.
 */
export const putReport = async ({ client, table }: Table, report: NodeReport, over: Over | undefined, signal?: AbortSignal): Promise<WriteReply> => {
  const pk = keyOf.node(report.validator, report.node);
  const conditional = over === undefined ? {} : conditionParts(conditionOf(over, report.sequence));
  const parsed = (item: Item): NodeReport => fromItem(item, nodeReport, pk, { validator: report.validator, node: report.node });
  try {
    const { Attributes: before } = await client.send(
      new PutItemCommand({ TableName: table, Item: toItem({ ...report, pk }), ...conditional, ReturnValues: 'ALL_OLD' }),
      withSignal(signal),
    );
    return { outcome: 'done', rival: before?.['rival']?.S ?? null };
  } catch (cause) {
    if (!(cause instanceof ConditionalCheckFailedException)) throw unreachable(`write ${pk}`, cause);
    const found = cause.Item && parsed(cause.Item);
    const { rival: _, ...word } = found ?? {};
    return isDeepStrictEqual(word, report) ? { outcome: 'unknown' } : { outcome: 'refused', found };
  }
};
