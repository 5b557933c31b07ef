import { signingKms } from '../aws/clients.ts';
import { KmsKey } from '../aws/kms-key.ts';
import type { Keys } from '../aws/keys.ts';
import type { MemberKey } from '../chains/gate-driver.ts';
import { BatonError } from '../core/errors.ts';
import type { ValidatorId } from '../core/ids.ts';
import { regionOfKey } from '../core/kms-key.ts';
import type { Member } from '../core/member.ts';

/** What a member of custody `gate` signs with: the key that is sealed for it, or the one in KMS that its membership names. */

export interface MemberKeyOptions {
  readonly config: { readonly validator: ValidatorId };
  readonly keys: Pick<Keys, 'open'>;
  /** Of the validator, by the guard's own file; null where its chain has none that KMS could have. */
  readonly publicKey: string | null;
  readonly clientFor?: typeof signingKms;
}

/** @throws BatonError KeyMissing, KeyInvalid or KeyServiceFailed: then the member signs nothing, and says why. */
export const memberKeyOf =
  ({ config, keys, publicKey, clientFor = signingKms }: MemberKeyOptions) =>
  async ({ sealed, kmsKey }: Member, signal: AbortSignal): Promise<MemberKey> => {
    const { validator } = config;
    if (sealed !== null) return keys.open({ sealed, validator }, signal);
    if (kmsKey === undefined || publicKey === null)
      throw new BatonError('KeyMissing', `${validator}: there is no key that could sign here`, { fix: `baton gate show ${validator}` });
    const key = new KmsKey({ client: clientFor({ region: regionOfKey(kmsKey) }), arn: kmsKey, publicKey });
    await key.check(signal);
    return key;
  };
