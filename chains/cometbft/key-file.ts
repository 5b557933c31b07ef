import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';
import type { ChainConfig } from '../../core/config.ts';
import { nodeOf } from './config.ts';

/** CometBFT makes a key of its own wherever it finds none, also with a remote signer: such a file signs for nobody's validator. */
export const isAnothersKey = (text: string, node: ChainConfig): boolean => {
  try {
    const { priv_key: key } = JSON.parse(text) as { priv_key?: { type?: unknown; value?: unknown } };
    if (key?.type !== 'tendermint/PrivKeyEd25519' || typeof key.value !== 'string') return false;
    const bytes = Buffer.from(key.value, 'base64');
    // Derived, not read: what the file says of its public key could be another's.
    return bytes.length === 64 && rawPublicKeyOf(privateKeyOf(bytes.subarray(0, 32))).toString('base64') !== nodeOf(node).publicKey;
  } catch {
    return false;
  }
};
