import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/time.ts';
import { canonicalJson } from '../../core/plan.ts';
import { rootArn, ServiceError, type Caller, type Service } from './server.ts';

/** KMS with one key: blobs are bound to their encryption context, and grants decide who may decrypt which. */

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
}

export type LocalKms = Service & { readonly grants: readonly Grant[] };

const text = (input: Record<string, unknown>, name: string): string => {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw new ServiceError('ValidationException', `${name} is missing`);
  return value;
};

const contextOf = (value: unknown): Record<string, string> => {
  const found = (value ?? {}) as Record<string, unknown>;
  for (const [key, one] of Object.entries(found)) if (typeof one !== 'string') throw new ServiceError('ValidationException', `the context value of ${key} is not a string`);
  return found as Record<string, string>;
};

export const localKms = (options: LocalKmsOptions): LocalKms => {
  const master = randomBytes(32);
  const grants: Grant[] = [];
  const checkKey = (input: Record<string, unknown>, field = 'KeyId'): void => {
    if (input[field] !== undefined && input[field] !== options.keyId) throw new ServiceError('NotFoundException', `key ${JSON.stringify(input[field])} does not exist`);
  };
  const encrypt = (plain: Buffer, context: Record<string, string>): string => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(Buffer.from(canonicalJson(context)));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
  };
  const decrypt = (blob: string, context: Record<string, string>): Buffer => {
    const bytes = Buffer.from(blob, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', master, bytes.subarray(0, 12)).setAAD(Buffer.from(canonicalJson(context)));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    } catch {
      throw new ServiceError('InvalidCiphertextException', 'the blob does not belong to this encryption context');
    }
  };
  const granted = (caller: Caller, action: string, context: Record<string, string>, tokens: readonly unknown[]): boolean => grants.some((grant) =>
    grant.grantee === caller.arn && grant.operations.includes(action) && canonicalJson(grant.context) === canonicalJson(context)
    && (tokens.includes(grant.token) || options.clock.steadyMs() - grant.createdMs >= options.grantDelayMs));
  const authorize = (caller: Caller, action: string, context: Record<string, string>, tokens: unknown): void => {
    if (caller.arn === rootArn || options.policy[caller.arn]?.includes(action)) return;
    if (granted(caller, action, context, Array.isArray(tokens) ? tokens : [])) return;
    throw new ServiceError('AccessDeniedException', `${caller.arn} is not authorized to perform kms:${action}`);
  };
  const createGrant = (input: Record<string, unknown>): unknown => {
    const constraints = (input['Constraints'] ?? {}) as Record<string, unknown>;
    const wanted = {
      name: text(input, 'Name'), grantee: text(input, 'GranteePrincipal'), operations: (input['Operations'] ?? []) as string[], context: contextOf(constraints['EncryptionContextEquals']),
    };
    if (Object.keys(wanted.context).length === 0) throw new ServiceError('ValidationException', 'a grant without EncryptionContextEquals is not served here');
    const same = grants.find(({ name, grantee, operations, context }) => canonicalJson({ name, grantee, operations, context }) === canonicalJson(wanted));
    const grant: Grant = same ?? { ...wanted, id: randomBytes(32).toString('hex'), token: randomBytes(48).toString('base64'), createdMs: options.clock.steadyMs() };
    if (!same) grants.push(grant);
    return { GrantId: grant.id, GrantToken: grant.token };
  };
  const actions: Record<string, (input: Record<string, unknown>, caller: Caller) => unknown> = {
    GenerateDataKey: (input, caller) => {
      checkKey(input);
      const context = contextOf(input['EncryptionContext']);
      authorize(caller, 'GenerateDataKey', context, []);
      const plain = randomBytes(32);
      return { KeyId: options.keyId, Plaintext: plain.toString('base64'), CiphertextBlob: encrypt(plain, context) };
    },
    ReEncrypt: (input, caller) => {
      checkKey(input, 'DestinationKeyId');
      const [from, to] = [contextOf(input['SourceEncryptionContext']), contextOf(input['DestinationEncryptionContext'])];
      authorize(caller, 'ReEncryptFrom', from, []);
      authorize(caller, 'ReEncryptTo', to, []);
      return { KeyId: options.keyId, SourceKeyId: options.keyId, CiphertextBlob: encrypt(decrypt(text(input, 'CiphertextBlob'), from), to) };
    },
    Decrypt: (input, caller) => {
      checkKey(input);
      const context = contextOf(input['EncryptionContext']);
      authorize(caller, 'Decrypt', context, input['GrantTokens']);
      return { KeyId: options.keyId, Plaintext: decrypt(text(input, 'CiphertextBlob'), context).toString('base64') };
    },
    CreateGrant: (input, caller) => {
      checkKey(input);
      authorize(caller, 'CreateGrant', {}, []);
      return createGrant(input);
    },
    RevokeGrant: (input, caller) => {
      authorize(caller, 'RevokeGrant', {}, []);
      const index = grants.findIndex(({ id }) => id === input['GrantId']);
      if (index < 0) throw new ServiceError('NotFoundException', 'no such grant');
      grants.splice(index, 1);
      return {};
    },
  };
  return {
    target: 'TrentService', grants,
    handle: async (action, input, caller) => {
      const known = actions[action];
      if (!known) throw new ServiceError('UnknownOperationException', `kms:${action} is not served here`);
      return known(input, caller);
    },
  };
};

