import * as z from 'zod';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';
import { base58 } from '../base58.ts';

/** Keypair files of `solana-keygen`: a JSON array of 64 numbers, the seed and the public key. */

const pair = z.array(z.number().int().min(0).max(255)).length(64);
const both = z.union([pair.transform((identity) => ({ identity, voter: identity })), z.strictObject({ identity: pair, voter: pair })]);

export interface Keys {
  readonly identity: string;
  /** What goes to the standard input of `set-identity` and of `authorized-voter add`. Wiped by `drop`. */
  readonly identityText: Buffer;
  readonly voterText: Buffer;
  drop(): void;
}

/** @throws Error when the public half is not the one of the seed: signing with such a pair would give the key away. */
const publicOf = (bytes: readonly number[]): string => {
  const seed = Buffer.from(bytes.slice(0, 32));
  try {
    const found = rawPublicKeyOf(privateKeyOf(seed));
    if (!found.equals(Buffer.from(bytes.slice(32)))) throw new Error('KeyInvalid: the public half of the keypair is of another key');
    return base58(found);
  } finally {
    seed.fill(0);
  }
};

/**
 * @param key the sealed key: a keypair file, or `{"identity": […], "voter": […]}` where the authorized voter is another key.
 * @throws Error when it is none.
 */
export const keysOf = (key: Buffer): Keys => {
  let value: unknown;
  try {
    value = JSON.parse(key.toString('utf8'));
  } catch {
    throw new Error('KeyInvalid: the key is not JSON');
  }
  const found = both.safeParse(value);
  if (!found.success) throw new Error('KeyInvalid: the key is no keypair of 64 numbers');
  const { identity, voter } = found.data;
  publicOf(voter);
  const texts = [identity, voter].map((one) => Buffer.from(JSON.stringify(one)));
  const [identityText = Buffer.alloc(0), voterText = Buffer.alloc(0)] = texts;
  const drop = (): void => {
    for (const one of [identityText, voterText]) one.fill(0);
    for (const one of [identity, voter]) one.fill(0);
  };
  return { identity: publicOf(identity), identityText, voterText, drop };
};
