import * as z from 'zod';
import type { ChainConfig } from '../../core/config.ts';

const chainId = z.string().min(1).max(50).describe('Chain id (for example cosmoshub-4)');
/** 32-byte Ed25519 public key, base64. */
export const publicKey = z.base64().length(44).describe('Public key of the validator, base64 (cometbft show-validator)');

/** `chain` in validators.yaml. */
export const config = z.strictObject({ kind: z.literal('cometbft'), chainId, publicKey });
export type CometbftConfig = z.infer<typeof config>;

/** `chain` in the guard's configuration. */
export const node = z.strictObject({
  kind: z.literal('cometbft'),
  chainId,
  publicKey,
  /** `priv_validator_laddr` of the node: a unix socket on which the node listens. */
  socket: z.string().startsWith('unix://').max(110),
  /** The node's own RPC on loopback. */
  rpc: z.url({ protocol: /^http$/ }),
});
export type CometbftNode = z.infer<typeof node>;

export const configOf = (chain: ChainConfig): CometbftConfig => config.parse(chain);
export const nodeOf = (chain: ChainConfig): CometbftNode => node.parse(chain);
