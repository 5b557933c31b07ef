import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** Ed25519 keys of 32 raw bytes, as chains and configurations have them, and as Node has them. */

/** DER of a key, up to its 32 bytes. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** @param seed 32 bytes; the caller wipes it, and no other copy stays. @throws when it is shorter; of a longer one, Node leaves the rest out. */
export const privateKeyOf = (seed: Buffer): KeyObject => {
  const der = Buffer.concat([pkcs8Prefix, seed]);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
};

/** @param raw 32 bytes. @throws when it is shorter. */
export const publicKeyOf = (raw: Buffer): KeyObject => createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });

/** The 32 bytes of a public key, or of the public half of a private one. */
export const rawPublicKeyOf = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' }).subarray(-32);
