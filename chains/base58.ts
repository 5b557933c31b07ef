import { base58 as library } from '@scure/base';

/** Base58 as Bitcoin, Solana and NEAR write keys. It has no checksum: who reads a key checks its length. */

/** Longer texts are no key. */
const maxLetters = 200;

export const base58 = (bytes: Uint8Array): string => library.encode(Uint8Array.from(bytes));

/** @throws RangeError when it is not base58. */
export const fromBase58 = (text: string): Buffer => {
  if (text.length > maxLetters) throw new RangeError('too long for a key');
  try {
    return Buffer.from(library.decode(text));
  } catch (cause) {
    throw new RangeError('no base58', { cause });
  }
};
