import { CreateGrantCommand, DecryptCommand, GenerateDataKeyCommand, ReEncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { BatonError } from '../core/errors.ts';
import type { NodeId, Term, ValidatorId } from '../core/ids.ts';
import type { Sealed } from '../core/lease.ts';
import { hashOf } from '../core/plan.ts';
import { randomHex } from '../runtime/clock.ts';
import { withSignal } from './signal.ts';

/**
 * Keys at rest and on their way. At rest: AES-256-GCM under a data key that KMS binds to {validator}. At release the data key is
 * re-encrypted to {validator, node, term}, and a grant with exactly that constraint goes to the node's principal.
 */

export interface Box {
  readonly box: string;
  readonly dataKey: string;
}

export interface KeysOptions {
  readonly client: KMSClient;
  readonly keyId: string;
}

const nonceBytes = 12;
const tagBytes = 16;
export const maxPlaintextBytes = 65_536;

const atRest = (validator: ValidatorId): Record<string, string> => ({ validator });
const released = (validator: ValidatorId, node: NodeId, term: Term): Record<string, string> => ({ validator, node, term: String(term) });

const failed = (what: string, cause: unknown): BatonError =>
  new BatonError('KeyServiceFailed', `KMS did not ${what}: ${(cause as Error).name}`, {
    cause,
    fix: 'Check the key policy and the caller’s role, then run it again; nothing was released.',
  });

const must = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`the answer holds no ${what}`);
  return value;
};

/** Wipes the data key, which is the SDK's own copy: another copy would outlive it in memory. */
const encrypt = (of: { validator: ValidatorId; plaintext: Buffer }, dataKey: Uint8Array): Buffer => {
  try {
    const nonce = Buffer.from(randomHex(nonceBytes), 'hex');
    const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(Buffer.from(of.validator));
    return Buffer.concat([nonce, cipher.update(of.plaintext), cipher.final(), cipher.getAuthTag()]);
  } finally {
    dataKey.fill(0);
  }
};

export class Keys {
  readonly #client: KMSClient;
  readonly #keyId: string;

  constructor(options: KeysOptions) {
    this.#client = options.client;
    this.#keyId = options.keyId;
  }

  /** Encrypts key material for the vault. The caller wipes `plaintext`. @throws BatonError KeyTooLarge or KeyServiceFailed. */
  async seal(of: { validator: ValidatorId; plaintext: Buffer }): Promise<Box> {
    if (of.plaintext.length === 0 || of.plaintext.length > maxPlaintextBytes) {
      throw new BatonError('KeyTooLarge', `the key has ${of.plaintext.length} bytes, expected 1 to ${maxPlaintextBytes}`, {
        fix: 'Give the key file itself.',
      });
    }
    try {
      const answer = await this.#client.send(
        new GenerateDataKeyCommand({ KeyId: this.#keyId, KeySpec: 'AES_256', EncryptionContext: atRest(of.validator) }),
      );
      const box = encrypt(of, must(answer.Plaintext, 'data key'));
      return { box: box.toString('base64'), dataKey: Buffer.from(must(answer.CiphertextBlob, 'encrypted data key')).toString('base64') };
    } catch (cause) {
      throw failed('make a data key', cause);
    }
  }

  /** Seals the vault's key for one node and one term. The grant alone is useless; it is published with the lease. */
  async releaseTo(of: { vault: Box; validator: ValidatorId; node: NodeId; term: Term; principal: string }, signal?: AbortSignal): Promise<Sealed> {
    const context = released(of.validator, of.node, of.term);
    const options = withSignal(signal);
    try {
      const moved = await this.#client.send(
        new ReEncryptCommand({
          CiphertextBlob: Buffer.from(of.vault.dataKey, 'base64'),
          SourceKeyId: this.#keyId,
          DestinationKeyId: this.#keyId,
          SourceEncryptionContext: atRest(of.validator),
          DestinationEncryptionContext: context,
        }),
        options,
      );
      // The same name and parameters give the same grant again, so a retry makes no second one.
      const grant = await this.#client.send(
        new CreateGrantCommand({
          KeyId: this.#keyId,
          GranteePrincipal: of.principal,
          Operations: ['Decrypt'],
          Name: `baton-${hashOf({ ...context, principal: of.principal }).slice(0, 40)}`,
          Constraints: { EncryptionContextEquals: context },
        }),
        options,
      );
      return {
        node: of.node,
        term: of.term,
        box: of.vault.box,
        grantToken: must(grant.GrantToken, 'grant token'),
        dataKey: Buffer.from(must(moved.CiphertextBlob, 'encrypted data key')).toString('base64'),
      };
    } catch (cause) {
      throw failed('seal the key for the node', cause);
    }
  }

  /** Opens what was sealed for this very node and term. The caller wipes the result. @throws BatonError KeyServiceFailed or KeyInvalid. */
  async open(of: { sealed: Sealed; validator: ValidatorId }, signal?: AbortSignal): Promise<Buffer> {
    let dataKey: Uint8Array;
    try {
      const answer = await this.#client.send(
        new DecryptCommand({
          CiphertextBlob: Buffer.from(of.sealed.dataKey, 'base64'),
          KeyId: this.#keyId,
          GrantTokens: [of.sealed.grantToken],
          EncryptionContext: released(of.validator, of.sealed.node, of.sealed.term),
        }),
        withSignal(signal),
      );
      dataKey = must(answer.Plaintext, 'data key');
    } catch (cause) {
      throw failed('open the sealed key', cause);
    }
    try {
      const bytes = Buffer.from(of.sealed.box, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', dataKey, bytes.subarray(0, nonceBytes)).setAAD(Buffer.from(of.validator));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      // All of the key comes from update, and final only judges the tag: the caller wipes the one copy.
      const key = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      decipher.final();
      return key;
    } catch (cause) {
      throw new BatonError('KeyInvalid', `the sealed key of ${of.validator} does not open`, {
        cause,
        fix: `Seal it anew: baton seal ${of.validator} --key-file FILE --replace`,
      });
    } finally {
      dataKey.fill(0);
    }
  }
}
