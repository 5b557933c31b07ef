import * as z from 'zod';
import { durationMs } from '../../core/time.ts';
import type { At } from '../answers.ts';
import { getJson, jsonOf, pathOf, request } from '../http.ts';

/** A beacon node's API (ethereum/beacon-APIs), as much of it as is asked. What comes back is parsed strictly. */

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const root = z.string().regex(/^0x[0-9a-fA-F]{64}$/);
const bits = z.string().regex(/^0x([0-9a-fA-F]{2}){1,20000}$/);

const syncing = z.object({
  data: z.object({
    head_slot: count,
    sync_distance: count,
    is_syncing: z.boolean(),
    is_optimistic: z.boolean().optional(),
    el_offline: z.boolean().optional(),
  }),
});
const genesis = z.object({ data: z.object({ genesis_validators_root: root }) });
const checkpoints = z.object({ data: z.object({ finalized: z.object({ epoch: count }) }) });
const validators = z.object({
  data: z
    .array(
      z.object({
        index: count,
        status: z.string().max(50),
        validator: z.object({ pubkey: z.string().max(100), slashed: z.boolean() }),
      }),
    )
    .max(1_000),
});
const duties = z.object({
  data: z.array(z.object({ validator_index: count, committee_index: count, validator_committee_index: count, slot: count })).max(10_000),
});
const vote = z.object({ aggregation_bits: bits, committee_bits: bits.optional(), data: z.object({ slot: count, index: count }) });
const block = z.object({
  data: z.object({
    message: z.object({ slot: count, proposer_index: count, body: z.object({ attestations: z.array(vote).max(2_000) }) }),
  }),
});
const committees = z.object({ data: z.array(z.object({ index: count, slot: count, validators: z.array(z.string().max(20)).max(10_000) })).max(100) });
const liveness = z.object({ data: z.array(z.object({ index: count, is_live: z.boolean() })).max(10_000) });

export interface Sync {
  /** Slot of the newest block. */
  readonly headSlot: number;
  /** The slot of now, by this node's clock: duties are of it, with or without a block. */
  readonly nowSlot: number;
  readonly synced: boolean;
}
export type Duty = z.infer<typeof duties>['data'][number];
export type Block = z.infer<typeof block>['data']['message'];
export type Vote = z.infer<typeof vote>;
export type Validator = z.infer<typeof validators>['data'][number];

const limits = { requestMs: durationMs(4_000), maxBytes: 8_000_000 };

/** Parsed, and asked once of each place in a round. */
const told = <S extends z.ZodType>({ url, signal, answers }: At, path: string, schema: S): Promise<z.output<S>> =>
  answers.once(path, async () => schema.parse(await getJson(url, path, signal)));

/** What is of these keys alone. */
const ask = ({ url, signal }: At, path: string, body?: unknown): Promise<{ status: number; text: string }> =>
  request(pathOf(url, path), { limits, ...(body === undefined ? {} : { body }) }, signal);

export const beacon = {
  /** @throws Error on trouble of any kind, like all of these. */
  sync: async (at: At): Promise<Sync> => {
    const { data } = await told(at, '/eth/v1/node/syncing', syncing);
    const synced = !data.is_syncing && data.is_optimistic !== true && data.el_offline !== true;
    return { headSlot: data.head_slot, nowSlot: data.head_slot + data.sync_distance, synced };
  },
  /** True only when it says that it is well; 206 is a node that syncs. */
  healthy: async (at: At): Promise<boolean> => (await at.answers.once('health', () => ask(at, '/eth/v1/node/health'))).status === 200,
  genesisRoot: async (at: At): Promise<string> => (await told(at, '/eth/v1/beacon/genesis', genesis)).data.genesis_validators_root.toLowerCase(),
  finalizedEpoch: async (at: At): Promise<number> =>
    (await told(at, '/eth/v1/beacon/states/head/finality_checkpoints', checkpoints)).data.finalized.epoch,
  validators: async ({ url, signal }: At, keys: readonly string[]): Promise<Validator[]> => {
    const path = `/eth/v1/beacon/states/head/validators?${keys.map((key) => `id=${key}`).join('&')}`;
    const { data } = validators.parse(await getJson(url, path, signal));
    return data.filter(({ validator }) => keys.includes(validator.pubkey.toLowerCase()));
  },
  duties: async (at: At, of: { epoch: number; indices: readonly number[] }): Promise<Duty[]> => {
    const found = duties.parse(jsonOf(await ask(at, `/eth/v1/validator/duties/attester/${of.epoch}`, of.indices.map(String))));
    return found.data.filter((one) => of.indices.includes(one.validator_index));
  },
  /** The block of a slot; null when it is empty. */
  block: (at: At, slot: number): Promise<Block | null> =>
    at.answers.once(`block ${slot}`, async () => {
      const reply = await ask(at, `/eth/v2/beacon/blocks/${slot}`);
      if (reply.status === 404) return null;
      const { message } = block.parse(jsonOf(reply)).data;
      if (message.slot !== slot) throw new Error(`asked for block ${slot}, got ${message.slot}`);
      return message;
    }),
  /** Sizes of the committees of a slot, by their index. */
  committeeSizes: async (at: At, slot: number): Promise<ReadonlyMap<number, number>> => {
    const { data } = await told(at, `/eth/v1/beacon/states/head/committees?slot=${slot}`, committees);
    return new Map(data.filter((one) => one.slot === slot).map((one) => [one.index, one.validators.length]));
  },
  /** Whether the node has seen any of them at work in the epoch, on whatever way. Best effort: null when it does not tell. */
  live: async (at: At, of: { epoch: number; indices: readonly number[] }): Promise<boolean | null> => {
    try {
      const reply = await ask(at, `/eth/v1/validator/liveness/${of.epoch}`, of.indices.map(String));
      return liveness.parse(jsonOf(reply)).data.some((one) => one.is_live && of.indices.includes(one.index));
    } catch {
      return null;
    }
  },
};

/** Whether bit `at` of a bit list or vector is set. */
export const bitAt = (hex: string, at: number): boolean =>
  ((Number.parseInt(hex.slice(2 + (at >> 3) * 2, 4 + (at >> 3) * 2), 16) >> (at & 7)) & 1) === 1;
