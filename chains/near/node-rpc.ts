import * as z from 'zod';
import { RpcRefused, type Ask } from '../rpc.ts';

/** What a NEAR RPC says, parsed. @throws Error when it says nothing that can be read. */

const height = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const count = height.prefault(0);

const status = z.looseObject({
  chain_id: z.string().max(100),
  sync_info: z.looseObject({ latest_block_height: height, syncing: z.boolean() }),
  validator_account_id: z.string().max(64).nullish(),
  validator_public_key: z.string().max(100).nullish(),
});
export type Status = z.infer<typeof status>;

/** Of `status` by JSON-RPC, or of GET /status. */
export const readStatus = (value: unknown): Status => status.parse(value);

export const statusAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<Status> =>
  readStatus(await ask(url, { method: 'status', params: [] }, signal));

const validator = z.looseObject({
  account_id: z.string(),
  is_slashed: z.boolean().prefault(false),
  num_produced_blocks: count,
  num_expected_blocks: count,
  num_produced_chunks: count,
  num_expected_chunks: count,
  num_produced_endorsements: count,
  num_expected_endorsements: count,
});
const kickout = z.looseObject({ account_id: z.string(), reason: z.union([z.string().max(100), z.record(z.string().max(100), z.unknown())]) });
const validators = z.looseObject({
  current_validators: z.array(validator).max(10_000),
  epoch_start_height: height,
  prev_epoch_kickout: z.array(kickout).max(10_000).prefault([]),
});

/** Blocks, chunks and endorsements of the present epoch. */
export interface Work {
  readonly epochStart: number;
  readonly produced: number;
  readonly expected: number;
  readonly slashed: boolean;
}

/** Why an account that works no more was put out in the last epoch, by nearcore's name for it; null when it was not. */
export interface Out {
  readonly kickedOut: string | null;
}

/** What it has done; or, when the account is none of the present validators, why. */
export const workAt = async (ask: Ask, of: { url: string; account: string }, signal: AbortSignal): Promise<Work | Out> => {
  const told = validators.parse(await ask(of.url, { method: 'validators', params: [null] }, signal));
  const { current_validators: current, epoch_start_height: epochStart } = told;
  const found = current.filter(({ account_id: account }) => account === of.account);
  if (found.length > 1) throw new Error(`${of.account} is named ${found.length} times`);
  const [one] = found;
  if (one === undefined) {
    const reason = told.prev_epoch_kickout.find(({ account_id: account }) => account === of.account)?.reason;
    return { kickedOut: reason === undefined ? null : typeof reason === 'string' ? reason : (Object.keys(reason)[0] ?? '') };
  }
  const produced = one.num_produced_blocks + one.num_produced_chunks + one.num_produced_endorsements;
  const expected = one.num_expected_blocks + one.num_expected_chunks + one.num_expected_endorsements;
  return { epochStart, produced, expected, slashed: one.is_slashed };
};

const block = z.looseObject({
  author: z.string(),
  header: z.looseObject({ height }),
  chunks: z.array(z.looseObject({ chunk_hash: z.string().max(100), height_included: height })).max(1_000),
});
const chunk = z.looseObject({ author: z.string() });

/**
 * Who made the block and the new chunks of this height. A height may have no block. `whole` is false when some author was not told.
 */
export const authorsAt = async (
  ask: Ask,
  of: { url: string; height: number },
  signal: AbortSignal,
): Promise<{ authors: string[]; whole: boolean }> => {
  let found: z.infer<typeof block>;
  try {
    found = block.parse(await ask(of.url, { method: 'block', params: { block_id: of.height } }, signal));
  } catch (error) {
    if (error instanceof RpcRefused) return { authors: [], whole: false };
    throw error;
  }
  if (found.header.height !== of.height) throw new Error(`asked for block ${of.height}, got ${found.header.height}`);
  const fresh = found.chunks.filter(({ height_included: included }) => included === of.height);
  const chunks = await Promise.all(
    fresh.map(async ({ chunk_hash: hash }) => {
      try {
        return chunk.parse(await ask(of.url, { method: 'chunk', params: { chunk_id: hash } }, signal)).author;
      } catch {
        return null;
      }
    }),
  );
  return { authors: [found.author, ...chunks.filter((one) => one !== null)], whole: !chunks.includes(null) };
};
