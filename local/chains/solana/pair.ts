import { createHash, type KeyObject } from 'node:crypto';
import { base58 } from '../../../chains/base58.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../../runtime/ed25519.ts';
import { randomHex } from '../../../runtime/clock.ts';

/** Keypairs as `solana-keygen` writes them. */

export interface Pair {
  readonly address: string;
  readonly privateKey: KeyObject;
  /** JSON array of 64 numbers. */
  readonly text: string;
}

const pairOfSeed = (seed: Buffer): Pair => {
  const privateKey = privateKeyOf(seed);
  const raw = rawPublicKeyOf(privateKey);
  return { address: base58(raw), privateKey, text: JSON.stringify([...seed, ...raw]) };
};

export const pairOf = (): Pair => pairOfSeed(createHash('sha256').update(randomHex(32)).digest());

/** @throws Error as `read_keypair` does. */
export const readPair = (text: string): Pair => {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || value.length !== 64 || !value.every((one) => Number.isInteger(one) && one >= 0 && one <= 255))
    throw new Error('invalid keypair');
  const bytes = Buffer.from(value as number[]);
  const pair = pairOfSeed(bytes.subarray(0, 32));
  if (pair.text !== JSON.stringify([...bytes])) throw new Error('keypair mismatch');
  return pair;
};
