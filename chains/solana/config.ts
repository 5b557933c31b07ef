import * as z from 'zod';
import type { ChainConfig } from '../../core/config.ts';

/** Solana's part of `validators.yaml`, and of the guard's file. */

const pubkey = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'expected a public key in base58');
const absolute = z.string().regex(/^\/[\w./-]{1,299}$/, 'expected a path of plain letters');

export const config = z.strictObject({
  kind: z.literal('solana'),
  /** `solana genesis-hash`: a vantage on another cluster tells nothing. */
  genesisHash: pubkey.describe('Genesis hash of the cluster (solana genesis-hash)'),
  voteAccount: pubkey.describe('Vote account'),
  /** The staked identity, which pays for the votes. */
  identity: pubkey.describe('Staked identity (solana-keygen pubkey)'),
  /** Below this, an identity that does not vote has run out of money, which no failover cures. */
  minBalanceLamports: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).prefault(20_000_000),
});
export type SolanaChain = z.infer<typeof config>;

export const node = z
  .strictObject({
    kind: z.literal('solana'),
    client: z.enum(['agave', 'firedancer']),
    /** The program, without arguments: `agave-validator` (also Jito's), or `fdctl`. */
    command: z.array(z.string().min(1).max(500)).min(1).max(5),
    /** Where `admin.rpc` and the tower files are. */
    ledger: absolute,
    /** Firedancer: the file the validator was started with. */
    configFile: absolute.optional(),
    /** The staked identity. Its key is never in a file of this node. */
    identity: pubkey,
    /** This node's own identity without stake: what it starts with, and goes back to. */
    spareIdentity: pubkey,
    /** Its keypair; the node's `--identity` is this file too. */
    spareKeypair: absolute,
    /** The node's own RPC on loopback. */
    rpc: z.url({ protocol: /^http$/ }),
  })
  .refine((one) => one.client !== 'firedancer' || one.configFile !== undefined, { path: ['configFile'], message: 'is needed with client firedancer' })
  .refine((one) => one.identity !== one.spareIdentity, { path: ['spareIdentity'], message: 'must not be the staked identity' });
export type SolanaNode = z.infer<typeof node>;

export const configOf = (chain: ChainConfig): SolanaChain => config.parse(chain);
export const nodeOf = (chain: ChainConfig): SolanaNode => node.parse(chain);
