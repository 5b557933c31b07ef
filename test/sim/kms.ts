import { ServiceError } from '../../local/aws/server.ts';
import { canonicalJson } from '../../core/plan.ts';
import type { Input } from './clients.ts';
import type { Caller } from './wire.ts';

/** KMS with one key. A blob carries its plaintext and its encryption context in clear: only the service looks inside. */

interface Grant {
  readonly grantee: string;
  readonly context: string;
  readonly token: string;
}

const mayMove: readonly string[] = ['ReleaseKey', 'Reinstate'];

export const blobOf = (plain: string, context: Record<string, string>): string =>
  Buffer.from(JSON.stringify({ plain, context: canonicalJson(context) })).toString('base64');

const openBlob = (input: Input, field: string): string => {
  const given = Buffer.from(input['CiphertextBlob'] as Uint8Array).toString('utf8');
  const { plain, context } = JSON.parse(given) as { plain: string; context: string };
  if (context !== canonicalJson(input[field]))
    throw new ServiceError('InvalidCiphertextException', 'the blob does not belong to this encryption context');
  return plain;
};

export class SimKms {
  readonly #grants: Grant[] = [];
  /** Told of each key that a node got. */
  readonly #onDecrypt: (by: string, context: Record<string, string>) => void;

  constructor(onDecrypt: (by: string, context: Record<string, string>) => void) {
    this.#onDecrypt = onDecrypt;
  }

  serve(action: string, input: Input, caller: Caller): unknown {
    switch (action) {
      case 'ReEncrypt': {
        this.#mustMove(caller, action);
        const plain = openBlob(input, 'SourceEncryptionContext');
        return { CiphertextBlob: Buffer.from(blobOf(plain, input['DestinationEncryptionContext'] as Record<string, string>), 'base64') };
      }
      case 'CreateGrant':
        this.#mustMove(caller, action);
        return this.#grant(input);
      case 'Decrypt': {
        const context = canonicalJson(input['EncryptionContext']);
        const tokens = (input['GrantTokens'] ?? []) as string[];
        if (!this.#grants.some((one) => one.grantee === caller.arn && one.context === context && tokens.includes(one.token)))
          throw new ServiceError('AccessDeniedException', `${caller.arn} may not decrypt`);
        const plain = openBlob(input, 'EncryptionContext');
        this.#onDecrypt(caller.arn, input['EncryptionContext'] as Record<string, string>);
        return { Plaintext: Buffer.from(plain, 'base64') };
      }
      default:
        throw new ServiceError('UnknownOperationException', `kms:${action} is not served here`);
    }
  }

  #mustMove(caller: Caller, action: string): void {
    if (!mayMove.includes(caller.actor)) throw new ServiceError('AccessDeniedException', `${caller.arn} may not ${action}`);
  }

  #grant(input: Input): unknown {
    const constraints = input['Constraints'] as { EncryptionContextEquals?: Record<string, string> } | undefined;
    const wanted = { grantee: String(input['GranteePrincipal']), context: canonicalJson(constraints?.EncryptionContextEquals ?? null) };
    if (wanted.context === 'null') throw new ServiceError('ValidationException', 'a grant without a constraint is not served here');
    const same = this.#grants.find(({ grantee, context }) => grantee === wanted.grantee && context === wanted.context);
    const made = same ?? { ...wanted, token: `grant-token-${this.#grants.length + 1}` };
    if (!same) this.#grants.push(made);
    return { GrantId: made.token, GrantToken: made.token };
  }
}
