import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Clock } from '../../core/time.ts';
import { canonicalJson } from '../../core/plan.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { LocalSigning } from './kms-signing.ts';
import { rootArn, ServiceError, type Caller, type Service } from './server.ts';

/** KMS with one symmetric key, and those that sign, if any: blobs are bound to their encryption context, and grants decide who may decrypt which. */

interface Grant {
  readonly id: string;
  readonly token: string;
  readonly name: string;
  readonly grantee: string;
  readonly operations: readonly string[];
  readonly context: Readonly<Record<string, string>>;
  readonly createdMs: number;
}

export interface LocalKmsOptions {
  readonly clock: Clock;
  readonly keyId: string;
  /** Who may call what by the key policy; everybody else needs a grant. */
  readonly policy: Readonly<Record<string, readonly string[]>>;
  /** How long a grant takes to be seen without its token, in milliseconds. */
  readonly grantDelayMs: number;
  /** Validators' own keys. */
  readonly signing?: LocalSigning;
}

type Input = Record<string, unknown>;
type Context = Record<string, string>;

const randomBuffer = (bytes: number): Buffer => Buffer.from(randomHex(bytes), 'hex');

const text = (input: Input, name: string): string => {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw new ServiceError('ValidationException', `${name} is missing`);
  return value;
};

const contextOf = (value: unknown): Context => {
  const found = (value ?? {}) as Record<string, unknown>;
  for (const [key, one] of Object.entries(found)) {
    if (typeof one !== 'string') throw new ServiceError('ValidationException', `the context value of ${key} is not a string`);
  }
  return found as Context;
};

export class LocalKms implements Service {
  readonly target = 'TrentService';
  readonly #options: LocalKmsOptions;
  readonly #master = randomBuffer(32);
  readonly #grants: Grant[] = [];

  constructor(options: LocalKmsOptions) {
    this.#options = options;
  }

  get grants(): readonly Grant[] {
    return this.#grants;
  }

  #checkKey(input: Input, field = 'KeyId'): void {
    if (input[field] !== undefined && input[field] !== this.#options.keyId) {
      throw new ServiceError('NotFoundException', `key ${JSON.stringify(input[field])} does not exist`);
    }
  }

  #encrypt(plain: Buffer, context: Context): string {
    const nonce = randomBuffer(12);
    const cipher = createCipheriv('aes-256-gcm', this.#master, nonce).setAAD(Buffer.from(canonicalJson(context)));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
  }

  #decrypt(blob: string, context: Context): Buffer {
    const bytes = Buffer.from(blob, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#master, bytes.subarray(0, 12)).setAAD(Buffer.from(canonicalJson(context)));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    } catch {
      throw new ServiceError('InvalidCiphertextException', 'the blob does not belong to this encryption context');
    }
  }

  #granted(caller: Caller, action: string, context: Context, tokens: readonly unknown[]): boolean {
    const nowMs = this.#options.clock.steadyMs();
    return this.#grants.some(
      (grant) =>
        grant.grantee === caller.arn &&
        grant.operations.includes(action) &&
        canonicalJson(grant.context) === canonicalJson(context) &&
        (tokens.includes(grant.token) || nowMs - grant.createdMs >= this.#options.grantDelayMs),
    );
  }

  #authorize(caller: Caller, action: string, context: Context, tokens: unknown = []): void {
    if (caller.arn === rootArn || this.#options.policy[caller.arn]?.includes(action)) return;
    if (this.#granted(caller, action, context, Array.isArray(tokens) ? tokens : [])) return;
    throw new ServiceError('AccessDeniedException', `${caller.arn} is not authorized to perform kms:${action}`);
  }

  #generateDataKey(input: Input, caller: Caller): unknown {
    this.#checkKey(input);
    const context = contextOf(input['EncryptionContext']);
    this.#authorize(caller, 'GenerateDataKey', context);
    const plain = randomBuffer(32);
    return { KeyId: this.#options.keyId, Plaintext: plain.toString('base64'), CiphertextBlob: this.#encrypt(plain, context) };
  }

  #reEncrypt(input: Input, caller: Caller): unknown {
    this.#checkKey(input, 'DestinationKeyId');
    const [from, to] = [contextOf(input['SourceEncryptionContext']), contextOf(input['DestinationEncryptionContext'])];
    this.#authorize(caller, 'ReEncryptFrom', from);
    this.#authorize(caller, 'ReEncryptTo', to);
    const blob = this.#encrypt(this.#decrypt(text(input, 'CiphertextBlob'), from), to);
    return { KeyId: this.#options.keyId, SourceKeyId: this.#options.keyId, CiphertextBlob: blob };
  }

  #decryptFor(input: Input, caller: Caller): unknown {
    this.#checkKey(input);
    const context = contextOf(input['EncryptionContext']);
    this.#authorize(caller, 'Decrypt', context, input['GrantTokens']);
    return { KeyId: this.#options.keyId, Plaintext: this.#decrypt(text(input, 'CiphertextBlob'), context).toString('base64') };
  }

  #createGrant(input: Input, caller: Caller): unknown {
    this.#checkKey(input);
    this.#authorize(caller, 'CreateGrant', {});
    const constraints = (input['Constraints'] ?? {}) as Input;
    const wanted = {
      name: text(input, 'Name'),
      grantee: text(input, 'GranteePrincipal'),
      operations: (input['Operations'] ?? []) as string[],
      context: contextOf(constraints['EncryptionContextEquals']),
    };
    if (Object.keys(wanted.context).length === 0)
      throw new ServiceError('ValidationException', 'a grant without EncryptionContextEquals is not served here');
    const same = this.#grants.find(
      ({ name, grantee, operations, context }) => canonicalJson({ name, grantee, operations, context }) === canonicalJson(wanted),
    );
    const made = same ?? { ...wanted, id: randomHex(32), token: randomBuffer(48).toString('base64'), createdMs: this.#options.clock.steadyMs() };
    if (!same) this.#grants.push(made);
    return { GrantId: made.id, GrantToken: made.token };
  }

  async handle(action: string, input: Input, caller: Caller): Promise<unknown> {
    const signed = this.#options.signing?.handle(action, input, caller);
    if (signed !== undefined) return signed;
    switch (action) {
      case 'GenerateDataKey':
        return this.#generateDataKey(input, caller);
      case 'ReEncrypt':
        return this.#reEncrypt(input, caller);
      case 'Decrypt':
        return this.#decryptFor(input, caller);
      case 'CreateGrant':
        return this.#createGrant(input, caller);
      default:
        throw new ServiceError('UnknownOperationException', `kms:${action} is not served here`);
    }
  }
}
