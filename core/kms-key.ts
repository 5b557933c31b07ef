import * as z from 'zod';

/**
 * Custody `gate`: a validator's own key that lies in AWS KMS, signs there and never leaves it. Named by its ARN alone: an alias may be turned to
 * another key, and a multi-Region key (mrk-…) has replicas with key policies of their own, so that nobody could see from one of them who may sign.
 */
export const kmsKeyArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:kms:[a-z]{2}(?:-[a-z]+){1,2}-\d:\d{12}:key\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    'expected the ARN of a KMS key of one Region (no alias, no mrk- key)',
  )
  .brand<'KmsKeyArn'>();
export type KmsKeyArn = z.infer<typeof kmsKeyArn>;

/** Where the key lies: only there it signs. */
export const regionOfKey = (arn: KmsKeyArn): string => String(arn.split(':')[3]);

/** What KMS says of a key that can be used. */
export interface KmsKeySeen {
  readonly spec: string;
  readonly usage: string;
  /** Raw, 32 bytes, base64; null when it is no Ed25519 key. */
  readonly publicKey: string | null;
}

export const kmsKeySpec = 'ECC_NIST_EDWARDS25519';
export const kmsKeyUsage = 'SIGN_VERIFY';

/** Why this key cannot sign for the validator, in words; null when it can. @param publicKey of the validator, base64. */
export const wrongOfKey = ({ spec, usage, publicKey: found }: KmsKeySeen, publicKey: string): string | null => {
  if (spec !== kmsKeySpec) return `its KeySpec is ${spec}, expected ${kmsKeySpec}`;
  if (usage !== kmsKeyUsage) return `its KeyUsage is ${usage}, expected ${kmsKeyUsage}`;
  if (found !== publicKey) return `its public key is ${String(found)}, the validator’s is ${publicKey}`;
  return null;
};
