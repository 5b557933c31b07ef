import * as z from 'zod';
import type { ChainConfig } from '../../core/config.ts';

/** NEAR's part of `validators.yaml`, and of the guard's file. */

const account = z.string().regex(/^(?=.{2,64}$)[a-z0-9]+([._-][a-z0-9]+)*$/, 'expected an account of NEAR');
const publicKey = z.string().regex(/^ed25519:[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'expected ed25519: and a public key in base58');

export const config = z.strictObject({
  kind: z.literal('near'),
  /** `mainnet`, `testnet`, …: a vantage on another chain tells nothing. */
  chainId: z.string().min(1).max(50).describe('Chain id (mainnet or testnet)'),
  /** The staking pool. */
  accountId: account.describe('Account of the staking pool'),
});
export type NearChain = z.infer<typeof config>;

export const node = z.strictObject({
  kind: z.literal('near'),
  accountId: account,
  publicKey,
  /** Folder of `config.json`, in which `validator_key_file` is `validator_key.json` of the guard's folder of keys. */
  home: z.string().regex(/^\/[\w./-]{1,299}$/, 'expected a path of plain letters'),
  /** The node's own RPC on loopback. */
  rpc: z.url({ protocol: /^http$/ }),
});
export type NearNode = z.infer<typeof node>;

export const configOf = (chain: ChainConfig): NearChain => config.parse(chain);
export const nodeOf = (chain: ChainConfig): NearNode => node.parse(chain);
