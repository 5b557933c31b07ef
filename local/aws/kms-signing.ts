import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { durationMs, type Clock } from '../../core/time.ts';
import { privateKeyOf } from '../../runtime/ed25519.ts';
import { randomHex } from '../../runtime/clock.ts';
import { rootArn, ServiceError, type Caller } from './server.ts';

/** Asymmetric keys of KMS that sign: what KMS refuses by key spec, usage, algorithm, message type and length is refused here too, and so is who may not. */

/** What a caller may do with a key, by its ARN; the account's root may do everything. */
export type SigningPolicy = Readonly<Record<string, readonly string[]>>;

interface SigningKey {
  readonly arn: string;
  readonly spec: Spec;
  readonly key: KeyObject;
  readonly policy: SigningPolicy;
  enabled: boolean;
}

export interface LocalSigningOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly region: string;
  readonly account: string;
  /** Who may do what with keys that CreateKey makes. */
  readonly policy?: SigningPolicy;
  /** How long a signature takes. */
  readonly signMs?: number;
}

type Input = Record<string, unknown>;

const specs = {
  ECC_NIST_EDWARDS25519: { algorithms: { ED25519_SHA_512: 'RAW', ED25519_PH_SHA_512: 'DIGEST' }, make: () => generateKeyPairSync('ed25519') },
  ECC_NIST_P256: { algorithms: { ECDSA_SHA_256: null }, make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
} as const;
type Spec = keyof typeof specs;

const longestMessage = 4_096;
const invalidUsage = (message: string): ServiceError => new ServiceError('InvalidKeyUsageException', message);

const checkSign = ({ spec }: SigningKey, input: Input): Buffer => {
  const { SigningAlgorithm: algorithm, MessageType: type = 'RAW', Message: message } = input;
  if (typeof algorithm !== 'string') throw new ServiceError('ValidationException', 'SigningAlgorithm is missing');
  if (typeof message !== 'string' || message === '') throw new ServiceError('ValidationException', 'Message is missing');
  const wanted = Object.entries<string | null>(specs[spec].algorithms).find(([name]) => name === algorithm);
  if (!wanted) throw invalidUsage(`${algorithm} is no algorithm of ${spec}`);
  if (wanted[1] !== null && type !== wanted[1]) throw new ServiceError('ValidationException', `${algorithm} requires MessageType ${wanted[1]}`);
  if (algorithm !== 'ED25519_SHA_512') throw new ServiceError('UnsupportedOperationException', `${algorithm} is not served here`);
  const bytes = Buffer.from(message, 'base64');
  if (bytes.length > longestMessage) throw new ServiceError('ValidationException', `Message has ${bytes.length} bytes, at most ${longestMessage}`);
  return bytes;
};

export class LocalSigning {
  readonly #options: LocalSigningOptions;
  readonly #keys = new Map<string, SigningKey>();
  /** Signatures that were given. */
  signed = 0;

  constructor(options: LocalSigningOptions) {
    this.#options = options;
  }

  #add(spec: Spec, key: KeyObject, policy: SigningPolicy): string {
    const { region, account } = this.#options;
    const id = [8, 4, 4, 4, 12].map((digits) => randomHex(digits / 2)).join('-');
    const arn = `arn:aws:kms:${region}:${account}:key/${id}`;
    this.#keys.set(arn, { arn, spec, key, policy, enabled: true });
    return arn;
  }

  /** A key whose material was imported. @param seed 32 bytes. */
  importEd25519(seed: Buffer, policy: SigningPolicy): string {
    return this.#add('ECC_NIST_EDWARDS25519', privateKeyOf(seed), policy);
  }

  #create({ KeySpec: spec, KeyUsage: usage, MultiRegion: multi }: Input): unknown {
    if (typeof spec !== 'string' || !(spec in specs))
      throw new ServiceError('UnsupportedOperationException', `KeySpec ${String(spec)} is not served here`);
    if (usage !== 'SIGN_VERIFY') throw new ServiceError('ValidationException', `KeyUsage ${String(usage)} is not served here`);
    if (multi === true) throw new ServiceError('UnsupportedOperationException', 'multi-Region keys are not served here');
    const arn = this.#add(spec as Spec, specs[spec as Spec].make().privateKey, this.#options.policy ?? {});
    return { KeyMetadata: { KeyId: arn.split('/')[1], Arn: arn, KeySpec: spec, KeyUsage: usage, KeyState: 'Enabled', Enabled: true } };
  }

  /** The key itself for who may: whether it is there is told to nobody else. */
  #use(action: string, { KeyId: id }: Input, caller: Caller): SigningKey {
    const found = [...this.#keys.values()].find(({ arn }) => arn === id || arn.endsWith(`/${String(id)}`));
    if (!found) throw new ServiceError('NotFoundException', `key ${JSON.stringify(id)} does not exist`);
    if (caller.arn !== rootArn && found.policy[caller.arn]?.includes(action) !== true)
      throw new ServiceError('AccessDeniedException', `${caller.arn} is not authorized to perform kms:${action} on ${found.arn}`);
    if (!found.enabled && action !== 'EnableKey') throw new ServiceError('DisabledException', `${found.arn} is disabled`);
    return found;
  }

  async #sign(input: Input, caller: Caller): Promise<unknown> {
    const found = this.#use('Sign', input, caller);
    const bytes = checkSign(found, input);
    const { signMs = 0, clock } = this.#options;
    if (signMs > 0) await clock.sleep(durationMs(signMs));
    this.signed += 1;
    return { KeyId: found.arn, Signature: sign(null, bytes, found.key).toString('base64'), SigningAlgorithm: input['SigningAlgorithm'] };
  }

  #publicKey(input: Input, caller: Caller): unknown {
    const { arn, spec, key } = this.#use('GetPublicKey', input, caller);
    const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
    return {
      KeyId: arn,
      PublicKey: der.toString('base64'),
      KeySpec: spec,
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms: Object.keys(specs[spec].algorithms),
    };
  }

  /** Undefined for what is none of its actions. */
  handle(action: string, input: Input, caller: Caller): Promise<unknown> | undefined {
    if (action === 'Sign') return this.#sign(input, caller);
    if (action === 'GetPublicKey') return Promise.resolve(this.#publicKey(input, caller));
    if (action === 'CreateKey') {
      if (caller.arn !== rootArn) throw new ServiceError('AccessDeniedException', `${caller.arn} is not authorized to perform kms:CreateKey`);
      return Promise.resolve(this.#create(input));
    }
    if (action === 'DisableKey' || action === 'EnableKey') {
      this.#use(action, input, caller).enabled = action === 'EnableKey';
      return Promise.resolve({});
    }
    return undefined;
  }
}
