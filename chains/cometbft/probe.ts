import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ValidatorConfig } from '../../core/config.ts';
import { getJson } from '../http.ts';
import { moved, stillHead, unobservable, type ChainProbe } from '../probe.ts';

/** CometBFT from outside: does the head move, and do the validator's own signatures land in the commits? */

const digits = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const status = z.object({
  result: z.object({ sync_info: z.object({ latest_block_height: digits, catching_up: z.boolean() }), node_info: z.object({ network: z.string() }) }),
});
const signature = z.object({ block_id_flag: z.union([z.literal(1), z.literal(2), z.literal(3)]), validator_address: z.string() });
const commit = z.object({
  result: z.object({
    signed_header: z.object({ header: z.object({ height: digits }), commit: z.object({ signatures: z.array(signature).max(10_000) }) }),
  }),
});
const validators = z.object({ result: z.object({ validators: z.array(z.object({ address: z.string() })).max(100), total: digits }) });

/** Most commits looked at in one look. */
const maxCommits = 5;
const maxValidatorPages = 10;
/** A vote for the block or for nil: both are signatures. */
const signedFlags: readonly number[] = [2, 3];

/** Upper-case hex of the first 20 bytes of the key's SHA-256. */
export const addressOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 40).toUpperCase();

const chainOf = (config: ValidatorConfig): { chainId: string; address: string } => {
  if (config.chain.kind !== 'cometbft') throw new Error(`${config.id} is not on a CometBFT chain`);
  return { chainId: config.chain.chainId, address: addressOf(config.chain.publicKey) };
};

const readHead = async (config: ValidatorConfig, url: string, signal: AbortSignal): Promise<number> => {
  const { sync_info: sync, node_info: node } = status.parse(await getJson(url, '/status', signal)).result;
  if (node.network !== chainOf(config).chainId) throw new Error(`it is on chain ${node.network}`);
  if (sync.catching_up) throw new Error('it is catching up');
  return sync.latest_block_height;
};

const signedAt = async (url: string, height: number, address: string, signal: AbortSignal): Promise<boolean> => {
  const { header, commit: found } = commit.parse(await getJson(url, `/commit?height=${height}`, signal)).result.signed_header;
  if (header.height !== height) throw new Error(`asked for commit ${height}, got ${header.height}`);
  return found.signatures.some((one) => one.validator_address === address && signedFlags.includes(one.block_id_flag));
};

const inValidatorSet = async (url: string, height: number, address: string, signal: AbortSignal): Promise<boolean> => {
  for (let page = 1, seen = 0; page <= maxValidatorPages; page += 1) {
    const { result } = validators.parse(await getJson(url, `/validators?height=${height}&page=${page}&per_page=100`, signal));
    if (result.validators.some((one) => one.address === address)) return true;
    seen += result.validators.length;
    if (seen >= result.total || result.validators.length === 0) return false;
  }
  return false;
};

export const cometbftProbe: ChainProbe = {
  look: async (config, url, before, signal) => {
    try {
      const { address } = chainOf(config);
      const head = await readHead(config, url, signal);
      // The commit of the head itself is only what this node has seen; the one below is final.
      const final = head - 1;
      const known = before?.memory.head ?? null;
      if (before !== null && known !== null && head <= known) return stillHead(before, known, config.policy.haltAfterMs);
      const from = Math.max(1, final - maxCommits + 1, known === null ? final - 1 : known);
      let lastSigned = before?.memory.lastSigned ?? null;
      let signed = false;
      for (let height = from; height <= final; height += 1) {
        if (!(await signedAt(url, height, address, signal))) continue;
        signed = true;
        lastSigned = height;
      }
      if (signed) return moved(head, lastSigned, true, `Signed ${lastSigned ?? 0}, head ${head}.`);
      if (from > final) return unobservable('The chain has just begun.', before);
      if (!(await inValidatorSet(url, final, address, signal))) return unobservable(`${address} is not in the validator set.`, before);
      return moved(head, lastSigned, false, `No signature in commits ${from} to ${final}.`);
    } catch (error) {
      return unobservable(`${(error as Error).name}: ${(error as Error).message.slice(0, 200)}`, before);
    }
  },
  landed: async (config, url, above, signal) => {
    try {
      const head = await readHead(config, url, signal);
      const { address } = chainOf(config);
      for (let height = Math.max(above + 1, head - maxCommits + 1); height <= head; height += 1) {
        if (await signedAt(url, height, address, signal)) return { signed: true, head };
      }
      return { signed: false, head };
    } catch {
      return { signed: false, head: null };
    }
  },
  head: (config, url, signal) => readHead(config, url, signal).catch(() => null),
};
