import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { validatorConfig, type ValidatorConfig } from '../core/config.ts';
import { validatorId, type NodeId, type Term, type ValidatorId } from '../core/ids.ts';
import { hashOf } from '../core/plan.ts';
import { nodeReport, type NodeReport } from '../core/report.ts';
import { watermark } from '../core/watermark.ts';
import { verdictStates } from '../core/verdict.ts';
import { keyOf, readParsed, toItem, unreachable, type Table } from './items.ts';

/** Everything in the table beside the lease and the approvals. Each function names its item; each item is parsed when read. */

const storedConfig = z.strictObject({ config: validatorConfig, hash: z.string().length(64) });
const fleet = z.strictObject({ validators: z.array(validatorId).max(1_000) });
const pauseRecord = z.strictObject({ by: z.string(), reason: z.string(), atMs: z.number() });
const vault = z.strictObject({ box: z.string(), dataKey: z.string(), publicKey: z.string().optional(), watermark: watermark.optional() });
const fenceIntent = z.strictObject({ nonce: z.string().regex(/^[a-f0-9]{32}$/), commandId: z.string().max(64).optional() });
const observation = z.enum(['signing', 'failing', 'halted', 'unobservable']);
const watchRecord = z.strictObject({
  samples: z.array(z.strictObject({ observations: z.record(z.string(), observation) })).max(40),
  state: z.enum(verdictStates),
  /** Names the streak of bad rounds, so that one streak starts one execution. */
  episode: z.string().max(40),
  paged: z.boolean(),
});
const watcher = z.strictObject({ owner: z.string(), generation: z.number().int(), round: z.number().int() });
const history = z.strictObject({ failovers: z.array(z.strictObject({ execution: z.string(), atMs: z.number() })).max(20) });

export type Vault = z.infer<typeof vault>;
export type WatchRecord = z.infer<typeof watchRecord>;
export type Pause = z.infer<typeof pauseRecord>;
export type History = z.infer<typeof history>['failovers'];

const keptFailovers = 20;

export class Records {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async #put(pk: string, value: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
    try {
      await this.#table.client.send(
        new PutItemCommand({ TableName: this.#table.table, Item: toItem({ ...value, pk }) }),
        signal ? { abortSignal: signal } : {},
      );
    } catch (cause) {
      throw unreachable(`write ${pk}`, cause);
    }
  }

  async #delete(pk: string): Promise<void> {
    try {
      await this.#table.client.send(new DeleteItemCommand({ TableName: this.#table.table, Key: { pk: { S: pk } } }));
    } catch (cause) {
      throw unreachable(`delete ${pk}`, cause);
    }
  }

  readReport(validator: ValidatorId, node: NodeId, signal?: AbortSignal): Promise<NodeReport | undefined> {
    return readParsed(this.#table, keyOf.node(validator, node), nodeReport, signal);
  }

  /** Writes a node's own item if its sequence is higher than the stored one: a late write never covers a newer word. False when it was late. */
  async writeReport(report: NodeReport, signal?: AbortSignal): Promise<boolean> {
    const pk = keyOf.node(report.validator, report.node);
    try {
      await this.#table.client.send(
        new PutItemCommand({
          TableName: this.#table.table,
          Item: toItem({ ...report, pk }),
          ConditionExpression: 'attribute_not_exists(#pk) OR #sequence < :sequence',
          ExpressionAttributeNames: { '#pk': 'pk', '#sequence': 'sequence' },
          ExpressionAttributeValues: toItem({ ':sequence': report.sequence }),
        }),
        signal ? { abortSignal: signal } : {},
      );
      return true;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false;
      throw unreachable(`write ${pk}`, cause);
    }
  }

  readConfig(validator: ValidatorId, signal?: AbortSignal): Promise<{ config: ValidatorConfig; hash: string } | undefined> {
    return readParsed(this.#table, keyOf.config(validator), storedConfig, signal);
  }

  writeConfig(config: ValidatorConfig): Promise<void> {
    return this.#put(keyOf.config(config.id), { config, hash: hashOf(config) });
  }

  async readFleet(signal?: AbortSignal): Promise<ValidatorId[]> {
    return (await readParsed(this.#table, keyOf.fleet(), fleet, signal))?.validators ?? [];
  }

  writeFleet(validators: readonly ValidatorId[]): Promise<void> {
    return this.#put(keyOf.fleet(), { validators });
  }

  readPause(validator: ValidatorId, signal?: AbortSignal): Promise<Pause | undefined> {
    return readParsed(this.#table, keyOf.pause(validator), pauseRecord, signal);
  }

  pause(validator: ValidatorId, record: Pause): Promise<void> {
    return this.#put(keyOf.pause(validator), record);
  }

  resume(validator: ValidatorId): Promise<void> {
    return this.#delete(keyOf.pause(validator));
  }

  readVault(validator: ValidatorId, signal?: AbortSignal): Promise<Vault | undefined> {
    return readParsed(this.#table, keyOf.vault(validator), vault, signal);
  }

  writeVault(validator: ValidatorId, record: Vault): Promise<void> {
    return this.#put(keyOf.vault(validator), record);
  }

  readFenceIntent(validator: ValidatorId, term: Term, signal?: AbortSignal): Promise<z.infer<typeof fenceIntent> | undefined> {
    return readParsed(this.#table, keyOf.fence(validator, term), fenceIntent, signal);
  }

  /** Written before the command is sent (without its id) and after (with it). */
  writeFenceIntent(validator: ValidatorId, term: Term, intent: z.infer<typeof fenceIntent>, signal?: AbortSignal): Promise<void> {
    return this.#put(keyOf.fence(validator, term), intent, signal);
  }

  readWatch(validator: ValidatorId, vantage: string, signal?: AbortSignal): Promise<WatchRecord | undefined> {
    return readParsed(this.#table, keyOf.watch(validator, vantage), watchRecord, signal);
  }

  /** Kept only while a validator is not healthy; null removes it. */
  writeWatch(validator: ValidatorId, vantage: string, record: WatchRecord | null, signal?: AbortSignal): Promise<void> {
    const pk = keyOf.watch(validator, vantage);
    return record === null ? this.#delete(pk) : this.#put(pk, record, signal);
  }

  /** Takes the watch over from whoever has it. The one before finds out at its next round. */
  async takeWatcher(vantage: string, owner: string, signal?: AbortSignal): Promise<void> {
    const pk = keyOf.watcher(vantage);
    try {
      await this.#table.client.send(
        new UpdateItemCommand({
          TableName: this.#table.table,
          Key: { pk: { S: pk } },
          UpdateExpression: 'SET #owner = :owner, #round = :zero ADD #generation :one',
          ExpressionAttributeNames: { '#owner': 'owner', '#round': 'round', '#generation': 'generation' },
          ExpressionAttributeValues: toItem({ ':owner': owner, ':zero': 0, ':one': 1 }),
        }),
        signal ? { abortSignal: signal } : {},
      );
    } catch (cause) {
      throw unreachable(`take ${pk}`, cause);
    }
  }

  /** Counts a round; false when another invocation has taken the watch over. */
  async keepWatcher(vantage: string, owner: string, signal?: AbortSignal): Promise<boolean> {
    const pk = keyOf.watcher(vantage);
    try {
      await this.#table.client.send(
        new UpdateItemCommand({
          TableName: this.#table.table,
          Key: { pk: { S: pk } },
          UpdateExpression: 'ADD #round :one',
          ConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner', '#round': 'round' },
          ExpressionAttributeValues: toItem({ ':owner': owner, ':one': 1 }),
        }),
        signal ? { abortSignal: signal } : {},
      );
      return true;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false;
      throw unreachable(`keep ${pk}`, cause);
    }
  }

  readWatcher(vantage: string): Promise<z.infer<typeof watcher> | undefined> {
    return readParsed(this.#table, keyOf.watcher(vantage), watcher);
  }

  async readHistory(validator: ValidatorId, signal?: AbortSignal): Promise<History> {
    return (await readParsed(this.#table, keyOf.history(validator), history, signal))?.failovers ?? [];
  }

  /** Newest first, the same execution once. */
  async addHistory(validator: ValidatorId, one: History[number], signal?: AbortSignal): Promise<void> {
    const known = await this.readHistory(validator, signal);
    const failovers = [one, ...known.filter(({ execution }) => execution !== one.execution)].slice(0, keptFailovers);
    await this.#put(keyOf.history(validator), { failovers }, signal);
  }
}
