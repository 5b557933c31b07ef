import * as z from 'zod';
import type { ChainConfig } from '../../core/config.ts';

/** Polkadot, Kusama and other Substrate chains with BABE and session keys. */

const hash = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 hexadecimal digits');
const keysText = z.string().regex(/^0x([0-9a-f]{2}){64,400}$/, 'expected what author_rotateKeys printed');
/** `distinct-keys`: each node has keys of its own, and the stash says on chain which count. `insert-key`: one set of keys moves. */
const mode = z.enum(['distinct-keys', 'insert-key']).prefault('distinct-keys');

/** `chain` in validators.yaml. */
export const config = z.strictObject({
  kind: z.literal('polkadot'),
  genesisHash: hash.describe('Genesis hash of the chain (chain_getBlockHash 0)'),
  stash: hash.describe('Public key of the stash account, in hexadecimal'),
  mode,
  /** A validator authors one block in so many of the active set, on average; after so many times that without one it is failing. */
  patience: z.number().int().min(3).max(100).prefault(8),
});
export type PolkadotConfig = z.infer<typeof config>;

/** `chain` in the guard's configuration. */
export const node = z.strictObject({
  kind: z.literal('polkadot'),
  mode,
  stash: hash,
  /** Of this node with distinct keys, of the validator with insert-key. */
  sessionKeys: keysText,
  /** The BABE key among them. */
  babeKey: hash,
  /** The node's own RPC on loopback, with `--rpc-methods unsafe`. */
  rpc: z.url({ protocol: /^http$/ }),
});
export type PolkadotNode = z.infer<typeof node>;

export const configOf = (chain: ChainConfig): PolkadotConfig => config.parse(chain);
export const nodeOf = (chain: ChainConfig): PolkadotNode => node.parse(chain);
