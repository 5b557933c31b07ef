import { ConditionalCheckFailedException, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { clearance, suspicions, withClear, withSuspicion, type BreakerRecord, type Clear, type Seen } from '../core/breaker.ts';
import { validatorConfig, type ValidatorConfig } from '../core/config.ts';
import { BatonError } from '../core/errors.ts';
import { validatorId, type ExecutionName, type NodeId, type Term, type ValidatorId } from '../core/ids.ts';
import { pauseRecord, type Pause } from '../core/pause.ts';
import { hashOf } from '../core/plan.ts';
import { plannedMove, type PlannedMove } from '../core/planned.ts';
import { quarantine, type Quarantine } from '../core/quarantine.ts';
import { nodeReport, type NodeReport } from '../core/report.ts';
import type { DurationMs } from '../core/time.ts';
import { watermark } from '../core/watermark.ts';
import { asksOf } from '../core/shard.ts';
import type { Over, WriteReply } from '../core/writer.ts';
import {
  absent,
  fromItem,
  invalid,
  keyOf,
  putItem,
  readItem,
  readParsed,
  toItem,
  unreachable,
  updateItem,
  type Condition,
  type PutOutcome,
  type Table,
} from './items.ts';
import { exactly, putReport } from './report.ts';
import { withSignal } from './signal.ts';
import { Unchanged } from './unchanged.ts';
import { asking, watcher, watchRecord, type WatchRecord } from './watch-items.ts';

/** Everything in the table beside the lease and the approvals. Each function names its item; each item is parsed when read. */

const storedConfig = z.strictObject({ config: validatorConfig, hash: z.string().length(64) });
/** As it was written: the hash is of these very fields, whatever a newer schema adds to them. */
const hashedConfig = z.strictObject({ config: z.record(z.string(), z.unknown()), hash: z.string() });
const fleet = z.strictObject({ validators: z.array(validatorId).max(10_000) });
const vault = z.strictObject({ box: z.string(), dataKey: z.string(), publicKey: z.string().optional(), watermark: watermark.optional() });
const fenceIntent = z.strictObject({ nonce: z.string().regex(/^[a-f0-9]{32}$/), commandId: z.string().max(64).optional() });
const history = z.strictObject({ failovers: z.array(z.strictObject({ execution: z.string(), atMs: z.number() })).max(20) });

export type FenceIntent = z.infer<typeof fenceIntent>;
export type Vault = z.infer<typeof vault>;
export type { WatchRecord };
export type History = z.infer<typeof history>['failovers'];

const keptFailovers = 20;
/** Times a list is read and written again when another write came in between. */
const maxTries = 8;

export class Records {
  readonly #table: Table;
  readonly #configs = new Unchanged<{ config: ValidatorConfig; hash: string }>();

  constructor(table: Table) {
    this.#table = table;
  }

  async #put(pk: string, value: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
    await putItem(this.#table, pk, value, null, signal);
  }

  #putIf(pk: string, value: Record<string, unknown>, condition: Condition, signal?: AbortSignal): Promise<PutOutcome> {
    return putItem(this.#table, pk, value, condition, signal);
  }

  async #delete(pk: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#table.client.send(new DeleteItemCommand({ TableName: this.#table.table, Key: { pk: { S: pk } } }), withSignal(signal));
    } catch (cause) {
      throw unreachable(`delete ${pk}`, cause);
    }
  }

  readReport(validator: ValidatorId, node: NodeId, signal?: AbortSignal): Promise<NodeReport | undefined> {
    return readParsed(this.#table, keyOf.node(validator, node), nodeReport, signal, { validator, node });
  }

  /** @param over what it may replace; whatever stands there when it is not given. */
  writeReport(report: NodeReport, over?: Over, signal?: AbortSignal): Promise<WriteReply> {
    return putReport(this.#table, report, over, signal);
  }

  /** Leaves word in a report that another guard wants to write it; its writer sees that with its next one. False when it has moved on. */
  async markRival(report: NodeReport, rival: string, signal?: AbortSignal): Promise<boolean> {
    return (await putReport(this.#table, { ...report, rival }, exactly(report), signal)).outcome !== 'refused';
  }

  /** A plan binds to the hash, so it must be that of the stored fields. @throws BatonError LeaseUnreachable or LeaseInvalid. */
  async readConfig(validator: ValidatorId, signal?: AbortSignal): Promise<{ config: ValidatorConfig; hash: string } | undefined> {
    const pk = keyOf.config(validator);
    const item = await readItem(this.#table, pk, signal);
    if (item === undefined) return undefined;
    return this.#configs.of(pk, item, () => {
      const written = fromItem(item, hashedConfig, pk);
      if (hashOf(written.config) !== written.hash) throw invalid(pk, 'the configuration does not have the hash that stands beside it');
      const found = fromItem(item, storedConfig, pk);
      if (found.config.id !== validator) throw invalid(pk, `it is the configuration of ${found.config.id}`);
      return found;
    });
  }

  /** What of its configuration tells who looks at it. Nothing is proven, and nothing kept: it is read of the whole fleet. */
  async readAsks(validator: ValidatorId, signal?: AbortSignal): Promise<{ asks: string; probeMs: DurationMs } | undefined> {
    const found = await readParsed(this.#table, keyOf.config(validator), asking, signal);
    return found && { asks: asksOf(found.config), probeMs: found.config.timing.probeMs };
  }

  /**
   * @param of.over the hash of the configuration that it replaces, null for none; whatever stands there when it is not given.
   * @returns false when another one stands there.
   */
  async writeConfig(config: ValidatorConfig, of: { readonly over?: string | null } = {}): Promise<boolean> {
    const item = { config, hash: hashOf(config) };
    const { over } = of;
    if (over === undefined) {
      await this.#put(keyOf.config(config.id), item);
      return true;
    }
    const condition = over === null ? absent : { text: '#hash = :over', values: { ':over': over } };
    return (await this.#putIf(keyOf.config(config.id), item, condition)).outcome === 'done';
  }

  async readFleet(signal?: AbortSignal): Promise<ValidatorId[]> {
    return (await readParsed(this.#table, keyOf.fleet(), fleet, signal))?.validators ?? [];
  }

  /** Adds validators. The list only grows, so its length tells whether another write came in between. */
  async writeFleet(validators: readonly ValidatorId[], signal?: AbortSignal): Promise<void> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const known = await this.readFleet(signal);
      const all = [...new Set([...known, ...validators])];
      if (all.length === known.length) return;
      const unchanged = ['attribute_not_exists(#pk)', 'size(#validators) = :seen'].join(' OR ');
      const condition = { text: unchanged, values: { ':seen': known.length } };
      if ((await this.#putIf(keyOf.fleet(), { validators: all }, condition, signal)).outcome === 'done') return;
    }
    throw new BatonError('LeaseUnreachable', `the fleet was changed ${maxTries} times in between`, { fix: 'Run it again.' });
  }

  readQuarantine(validator: ValidatorId, node: NodeId, signal?: AbortSignal): Promise<Quarantine | undefined> {
    return readParsed(this.#table, keyOf.quarantine(validator, node), quarantine, signal);
  }

  /** False when a newer fence stands there. */
  async writeQuarantine(validator: ValidatorId, node: NodeId, record: Quarantine, signal?: AbortSignal): Promise<boolean> {
    const condition = { text: ['attribute_not_exists(#pk)', '#term <= :term'].join(' OR '), values: { ':term': record.term } };
    return (await this.#putIf(keyOf.quarantine(validator, node), record, condition, signal)).outcome === 'done';
  }

  /** The clearance first: whatever is suspected while this reads is in what it gives. */
  async readBreaker(signal?: AbortSignal): Promise<BreakerRecord> {
    const cleared = await readParsed(this.#table, keyOf.breaker('clearance'), clearance, signal);
    return { clearance: cleared, suspicions: await readParsed(this.#table, keyOf.breaker('suspicions'), suspicions, signal) };
  }

  /** Freezes the fleet. False when the same is suspected already. */
  async suspect(seen: Seen, signal?: AbortSignal): Promise<boolean> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const record = await this.readBreaker(signal);
      const next = withSuspicion(record, seen);
      if (next === null) return false;
      const before = record.suspicions?.last;
      const condition = before === undefined ? absent : { text: '#last = :before', values: { ':before': before } };
      if ((await this.#putIf(keyOf.breaker('suspicions'), next, condition, signal)).outcome === 'done') return true;
    }
    throw new BatonError('LeaseUnreachable', `the breaker was changed ${maxTries} times in between`, { fix: 'Run it again.' });
  }

  /** False when another clearance came in between. What is suspected after `record` was read stays: it has a higher number. */
  async clearBreaker(record: BreakerRecord, one: Clear): Promise<boolean> {
    const before = record.clearance?.through;
    const condition = before === undefined ? absent : { text: '#through = :before', values: { ':before': before } };
    return (await this.#putIf(keyOf.breaker('clearance'), withClear(record, one), condition)).outcome === 'done';
  }

  /** As it was written, whether it still holds or not: `holding` tells. */
  readPause(validator: ValidatorId, signal?: AbortSignal): Promise<Pause | undefined> {
    return readParsed(this.#table, keyOf.pause(validator), pauseRecord, signal);
  }

  pause(validator: ValidatorId, record: Pause): Promise<void> {
    return this.#put(keyOf.pause(validator), record);
  }

  resume(validator: ValidatorId): Promise<void> {
    return this.#delete(keyOf.pause(validator));
  }

  /** As it was written, whether it is still to come or not: `toCome` tells. */
  readPlanned(validator: ValidatorId, signal?: AbortSignal): Promise<PlannedMove | undefined> {
    return readParsed(this.#table, keyOf.planned(validator), plannedMove, signal);
  }

  /**
   * @param over the execution whose record it replaces; undefined for none.
   * @returns false when another one stands there.
   */
  async writePlanned(validator: ValidatorId, move: PlannedMove, over: ExecutionName | undefined): Promise<boolean> {
    const condition = over === undefined ? absent : { text: '#execution = :over', values: { ':over': over } };
    return (await this.#putIf(keyOf.planned(validator), move, condition)).outcome === 'done';
  }

  readVault(validator: ValidatorId, signal?: AbortSignal): Promise<Vault | undefined> {
    return readParsed(this.#table, keyOf.vault(validator), vault, signal);
  }

  writeVault(validator: ValidatorId, record: Vault): Promise<void> {
    return this.#put(keyOf.vault(validator), record);
  }

  readFenceIntent(validator: ValidatorId, term: Term, signal?: AbortSignal): Promise<FenceIntent | undefined> {
    return readParsed(this.#table, keyOf.fence(validator, term), fenceIntent, signal);
  }

  /**
   * Written before the command is sent (without its id) and after (with it). The first id that is written stays.
   * @throws BatonError StaleTerm when an intent with another nonce stands in this term: nothing may then be sent with this one.
   */
  async writeFenceIntent(validator: ValidatorId, term: Term, intent: FenceIntent, signal?: AbortSignal): Promise<void> {
    const pk = keyOf.fence(validator, term);
    const oursUnsent = '(#nonce = :nonce AND attribute_not_exists(#commandId))';
    const condition = { text: ['attribute_not_exists(#pk)', oursUnsent].join(' OR '), values: { ':nonce': intent.nonce } };
    const written = await this.#putIf(pk, intent, condition, signal);
    if (written.outcome === 'refused' && written.found?.nonce !== intent.nonce) {
      throw new BatonError('StaleTerm', `${pk} holds the intent of another execution`, { fix: `baton status ${validator}` });
    }
  }

  readWatch(validator: ValidatorId, vantage: string, signal?: AbortSignal): Promise<WatchRecord | undefined> {
    return readParsed(this.#table, keyOf.watch(validator, vantage), watchRecord, signal);
  }

  /** Kept only while a validator is not healthy; null removes it. */
  writeWatch(validator: ValidatorId, vantage: string, record: WatchRecord | null, signal?: AbortSignal): Promise<void> {
    const pk = keyOf.watch(validator, vantage);
    return record === null ? this.#delete(pk, signal) : this.#put(pk, record, signal);
  }

  /** Takes the watch over from whoever has it. The one before finds out at its next round. */
  async takeWatcher(vantage: string, { owner, plan }: Pick<z.infer<typeof watcher>, 'owner' | 'plan'>, signal?: AbortSignal): Promise<void> {
    const set = {
      UpdateExpression: 'SET #owner = :owner, #round = :zero, #plan = :plan ADD #generation :one',
      ExpressionAttributeNames: { '#owner': 'owner', '#round': 'round', '#plan': 'plan', '#generation': 'generation' },
      ExpressionAttributeValues: toItem({ ':owner': owner, ':zero': 0, ':plan': plan, ':one': 1 }),
    };
    await updateItem(this.#table, keyOf.watcher(vantage), set, { what: 'take', signal });
  }

  /** Counts a round; false when another invocation has taken the watch over. */
  async keepWatcher(vantage: string, owner: string, signal?: AbortSignal): Promise<boolean> {
    const set = {
      UpdateExpression: 'ADD #round :one',
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner', '#round': 'round' },
      ExpressionAttributeValues: toItem({ ':owner': owner, ':one': 1 }),
    };
    try {
      await updateItem(this.#table, keyOf.watcher(vantage), set, { what: 'keep', signal });
      return true;
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false;
      throw cause;
    }
  }

  readWatcher(vantage: string, signal?: AbortSignal): Promise<z.infer<typeof watcher> | undefined> {
    return readParsed(this.#table, keyOf.watcher(vantage), watcher, signal);
  }

  async readHistory(validator: ValidatorId, signal?: AbortSignal): Promise<History> {
    return (await readParsed(this.#table, keyOf.history(validator), history, signal))?.failovers ?? [];
  }

  /**
   * Newest first, the same execution once; what is there already is counted. Each addition changes the first place, so that place tells
   * whether another came in between.
   */
  async addHistory(validator: ValidatorId, one: History[number], signal?: AbortSignal): Promise<void> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const known = await this.readHistory(validator, signal);
      if (known.some(({ execution, atMs }) => execution === one.execution && atMs === one.atMs)) return;
      const failovers = [one, ...known.filter(({ execution }) => execution !== one.execution)].slice(0, keptFailovers);
      const [newest] = known;
      const condition = newest
        ? {
            text: ['#failovers[0].#execution = :execution', '#failovers[0].#atMs = :atMs'].join(' AND '),
            values: { ':execution': newest.execution, ':atMs': newest.atMs },
          }
        : { text: 'attribute_not_exists(#failovers[0])', values: {} };
      if ((await this.#putIf(keyOf.history(validator), { failovers }, condition, signal)).outcome === 'done') return;
    }
    throw new BatonError('LeaseUnreachable', `the history of ${validator} was changed ${maxTries} times in between`, { fix: 'Run it again.' });
  }
}
