import { GetKeyPolicyCommand, GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { BatonError } from '../core/errors.ts';
import { regionOfKey, wrongOfKey, type KmsKeyArn, type KmsKeySeen } from '../core/kms-key.ts';
import { publicKeyOf, rawPublicKeyOf } from '../runtime/ed25519.ts';
import { withSignal } from './signal.ts';

/**
 * A validator's own key in KMS. Ed25519 (RFC 8032) is algorithm ED25519_SHA_512 over the message as it is, type RAW
 * (https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html). The same message has one signature, so a try whose reply is lost is no harm.
 */

/** What KMS signs at most as it is. */
export const maxMessageBytes = 4_096;

const failed = (what: string, cause: unknown): BatonError =>
  new BatonError('KeyServiceFailed', `KMS did not ${what}: ${(cause as Error).name}`, {
    cause,
    fix: 'See that the key is enabled, and that its policy and the role allow it: docs/ways-to-run.md.',
  });

const invalid = (message: string): BatonError =>
  new BatonError('KeyInvalid', message, { field: 'kmsKey', fix: 'Name the KMS key that has the public key of this validator.' });

/** KMS gives a public key as DER (SPKI). */
const rawOf = (der: Uint8Array | undefined): string | null => {
  try {
    const key = createPublicKey({ key: Buffer.from(der ?? []), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? rawPublicKeyOf(key).toString('base64') : null;
  } catch {
    return null;
  }
};

/** What KMS says of a key. One that is disabled or to be deleted has no answer. @throws BatonError KeyServiceFailed. */
export const readKmsKey = async (client: Pick<KMSClient, 'send'>, arn: KmsKeyArn, signal?: AbortSignal): Promise<KmsKeySeen> => {
  try {
    const { KeySpec = 'none', KeyUsage = 'none', PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: arn }), withSignal(signal));
    return { spec: KeySpec, usage: KeyUsage, publicKey: rawOf(PublicKey) };
  } catch (cause) {
    throw failed('tell the public key', cause);
  }
};

/** The keys of validators that lie in KMS, as people look at them: each in its own Region. */
export class KmsKeys {
  readonly #clientFor: (of: { readonly region: string }) => Pick<KMSClient, 'send'>;

  constructor(options: { readonly clientFor: (of: { readonly region: string }) => Pick<KMSClient, 'send'> }) {
    this.#clientFor = options.clientFor;
  }

  /** @throws BatonError KeyServiceFailed. */
  read(arn: KmsKeyArn, signal?: AbortSignal): Promise<KmsKeySeen> {
    return readKmsKey(this.#clientFor({ region: regionOfKey(arn) }), arn, signal);
  }

  /** Its key policy, parsed. @throws BatonError KeyServiceFailed. */
  async policy(arn: KmsKeyArn, signal?: AbortSignal): Promise<unknown> {
    try {
      const { Policy } = await this.#clientFor({ region: regionOfKey(arn) }).send(new GetKeyPolicyCommand({ KeyId: arn }), withSignal(signal));
      return JSON.parse(String(Policy)) as unknown;
    } catch (cause) {
      throw failed('tell the key policy', cause);
    }
  }

  /** @param publicKey of the validator, base64. @throws BatonError KeyInvalid when it is another one, KeyServiceFailed when KMS does not say. */
  async check(arn: KmsKeyArn, publicKey: string, signal?: AbortSignal): Promise<void> {
    const wrong = wrongOfKey(await this.read(arn, signal), publicKey);
    if (wrong !== null) throw invalid(`${arn} cannot sign for this validator: ${wrong}`);
  }
}

export interface KmsKeyOptions {
  readonly client: Pick<KMSClient, 'send'>;
  readonly arn: KmsKeyArn;
  /** Of the validator: raw, 32 bytes, base64. */
  readonly publicKey: string;
}

export class KmsKey {
  readonly #options: KmsKeyOptions;
  readonly #public: KeyObject;

  constructor(options: KmsKeyOptions) {
    this.#options = options;
    this.#public = publicKeyOf(Buffer.from(options.publicKey, 'base64'));
  }

  /** @throws BatonError KeyInvalid when it is not the validator's key, KeyServiceFailed when KMS does not say. */
  async check(signal?: AbortSignal): Promise<void> {
    const { client, arn, publicKey } = this.#options;
    await new KmsKeys({ clientFor: () => client }).check(arn, publicKey, signal);
  }

  /**
   * A signature of `message`, verified with the validator's public key.
   * @throws BatonError KeyServiceFailed when KMS gives none, KeyInvalid when it gives something else: nothing of that may leave.
   */
  async sign(message: Uint8Array, signal?: AbortSignal): Promise<Buffer> {
    const { client, arn } = this.#options;
    if (message.length === 0 || message.length > maxMessageBytes)
      throw new BatonError('KeyServiceFailed', `KMS signs messages of 1 to ${maxMessageBytes} bytes, and this one has ${message.length}`, {
        fix: 'Have the key sealed: take kmsKey out of validators.yaml.',
      });
    const input = { KeyId: arn, Message: message, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' } as const;
    let signature: Buffer;
    try {
      signature = Buffer.from((await client.send(new SignCommand(input), withSignal(signal))).Signature ?? []);
    } catch (cause) {
      throw failed('sign', cause);
    }
    if (!verify(null, message, this.#public, signature)) throw invalid('what KMS gave is no signature of the message by this validator');
    return signature;
  }
}
