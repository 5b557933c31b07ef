import { BatonError } from '../../../core/errors.ts';
import { secretsOf, type BlsKey } from './bls.ts';

/** One key of a set, by its public key. */
export interface SealedKey extends BlsKey {
  /** The caller wipes it. */
  readonly secret: Buffer;
}

/**
 * The keys of a sealed file, in its order. @param file the caller wipes it.
 * @throws BatonError KeyInvalid when they are not exactly `publicKeys`, each once; no secret is left then.
 */
export const sealedKeys = (file: Buffer, publicKeys: readonly string[], bls: (secret: Buffer) => BlsKey): SealedKey[] => {
  const secrets = secretsOf(file);
  try {
    const keys = secrets.map((secret) => ({ ...bls(secret), secret }));
    const names = new Set(keys.map(({ publicKey }) => publicKey));
    const missing = publicKeys.find((one) => !names.has(one));
    if (missing === undefined && names.size === publicKeys.length && keys.length === names.size) return keys;
    throw new BatonError('KeyInvalid', `the sealed keys are not those of this validator${missing === undefined ? '' : `: ${missing} is missing`}`, {
      fix: 'Seal the keys again: exactly the publicKeys of the configuration, each once.',
    });
  } catch (error) {
    for (const secret of secrets) secret.fill(0);
    throw error;
  }
};
