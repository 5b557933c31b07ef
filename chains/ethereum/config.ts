import * as z from 'zod';
import type { ChainConfig } from '../../core/config.ts';

const key = z.string().regex(/^0x[0-9a-f]{96}$/, 'expected 0x and 96 hex digits in lower case');
/** They move together: one validator of Baton is one set of keys. */
const publicKeys = z
  .array(key)
  .min(1)
  .max(1_000)
  .refine((keys) => new Set(keys).size === keys.length, 'expected each key once')
  .describe('BLS public keys that move together, 1 to 1,000');
const genesisValidatorsRoot = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 hex digits in lower case')
  .describe('genesis_validators_root of the network (GET /eth/v1/beacon/genesis)');
const slotsPerEpoch = z.number().int().min(1).max(1_024).prefault(32);
/** `signer`: clients sign through the guard. `keymanager`: keys are put into the client and taken out of it. */
const mode = z.enum(['signer', 'keymanager']).describe('How the keys are held: signer or keymanager');

/** `chain` in validators.yaml. */
export const config = z.strictObject({ kind: z.literal('ethereum'), mode, publicKeys, genesisValidatorsRoot, slotsPerEpoch });
export type EthereumConfig = z.infer<typeof config>;

/** Nothing of it is reached over a network that others share. */
const loopback = z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ });
const absolute = z.string().startsWith('/').max(300);

/** `chain` in the guard's configuration. */
export const node = z.strictObject({
  kind: z.literal('ethereum'),
  mode,
  publicKeys,
  genesisValidatorsRoot,
  slotsPerEpoch,
  /** The beacon node's API. */
  beacon: loopback,
  /** With mode signer: where the guard listens, on 127.0.0.1, for the validator client. */
  signerPort: z.number().int().min(1_024).max(65_535).optional(),
  /** Of the network, for registrations at relays. */
  genesisForkVersion: z
    .string()
    .regex(/^0x[0-9a-f]{8}$/)
    .prefault('0x00000000'),
  /** With mode keymanager: the validator client's own API. */
  keymanager: z
    .strictObject({
      url: loopback,
      /** The file with its bearer token; null where it wants none. */
      tokenFile: absolute.nullable(),
      /** Restart the unit after a deletion, and see that the keys stay away: some clients delete in memory first. */
      restartProves: z.boolean(),
      /** Where the client keeps imported keystores and their passwords, and nothing else; emptied when it is stopped without a clear answer. */
      keystoreDirs: z.array(absolute).min(1).max(5),
      /** How long the import of all keys may take: clients decrypt each. In milliseconds. */
      importMs: z.number().int().min(1_000).max(600_000).prefault(60_000),
    })
    .optional(),
});
export type EthereumNode = z.infer<typeof node>;

export const configOf = (chain: ChainConfig): EthereumConfig => config.parse(chain);
export const nodeOf = (chain: ChainConfig): EthereumNode => node.parse(chain);
