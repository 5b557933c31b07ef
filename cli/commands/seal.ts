import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { keysInKeystores } from '../../chains/ethereum/keystore-files.ts';
import { chainOf } from '../../chains/registry.ts';
import { importState } from '../../chains/states.ts';
import { BatonError } from '../../core/errors.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';
import { parseValidator, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

export const maxKeyBytes = 65_536;

const cometbftKeyFile = z.looseObject({
  priv_key: z.looseObject({ type: z.literal('tendermint/PrivKeyEd25519'), value: z.unknown().optional() }),
});

const asJson = (content: Buffer): unknown => {
  try {
    return JSON.parse(content.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
};

/**
 * Key material as the guard expects it: for a CometBFT `priv_validator_key.json` the 32-byte seed, for anything else the file as it is.
 * @throws BatonError KeyInvalid when a CometBFT key file contradicts itself. The key is never part of a message.
 */
export const keyMaterial = (content: Buffer): { plaintext: Buffer; publicKey: string | null } => {
  const parsed = cometbftKeyFile.safeParse(asJson(content));
  if (!parsed.success) return { plaintext: content, publicKey: null };
  const fix = 'Give the priv_validator_key.json that CometBFT wrote.';
  const value = z.base64().safeParse(parsed.data.priv_key.value);
  // Sealed as it is, it would open on the next node as no key at all, when the one before is fenced.
  if (!value.success) throw new BatonError('KeyInvalid', 'priv_key.value is not base64', { field: 'priv_key.value', fix });
  const both = Buffer.from(value.data, 'base64');
  if (both.length !== 64)
    throw new BatonError('KeyInvalid', `priv_key.value has ${both.length} bytes, expected 64`, { field: 'priv_key.value', fix });
  const seed = both.subarray(0, 32);
  const publicKey = rawPublicKeyOf(privateKeyOf(seed));
  if (!publicKey.equals(both.subarray(32)))
    throw new BatonError('KeyInvalid', 'the public half of priv_key does not belong to its private half', { field: 'priv_key.value', fix });
  return { plaintext: seed, publicKey: publicKey.toString('base64') };
};

export interface SealOptions {
  readonly replace: boolean;
  /** The password of EIP-2335 keystores, or a folder of passwords: the key file is then a keystore, or a folder of them. */
  readonly passwords?: string;
  /** Sign state of the signer that had the key until now: its last duty becomes part of the floor. */
  readonly state?: string;
}

const readBounded = async (file: string, field: string): Promise<Buffer> => {
  const content = await readFile(file).catch((cause: unknown) => {
    throw new BatonError('InputInvalid', `cannot read ${file}`, { cause, field, fix: `Give the path of the file to ${field}.` });
  });
  if (content.length === 0 || content.length > maxKeyBytes) {
    throw new BatonError(content.length === 0 ? 'KeyInvalid' : 'KeyTooLarge', `${file} has ${content.length} bytes, expected 1 to ${maxKeyBytes}`, {
      field,
      fix: 'Give the file itself, not an archive or a folder.',
    });
  }
  return content;
};

interface Material {
  readonly plaintext: Buffer;
  /** What `apply` compares with the chain of validators.yaml; null when that is not known. */
  readonly publicKey: string | null;
  readonly told: string;
  readonly passedOver: readonly string[];
}

const fromKeyFile = async (file: string): Promise<Material> => {
  const content = await readBounded(file, '--key-file');
  const { plaintext, publicKey } = keyMaterial(content);
  const fingerprint = createHash('sha256')
    .update(publicKey ?? '')
    .digest('hex')
    .slice(0, 12);
  const own = Buffer.from(plaintext);
  content.fill(0);
  return {
    plaintext: own,
    publicKey,
    told: `the key is sealed${publicKey === null ? '' : `; public key ${publicKey} (${fingerprint})`}`,
    passedOver: [],
  };
};

const fromKeystores = async (keystores: string, passwords: string): Promise<Material> => {
  const { plaintext, publicKeys, set, passedOver } = await keysInKeystores({ keystores, passwords });
  const [first = '', last = ''] = [publicKeys[0], publicKeys.at(-1)];
  const which = publicKeys.length === 1 ? first : `${first.slice(0, 14)}… to ${last.slice(0, 14)}…, all of them ${set}`;
  return {
    plaintext,
    publicKey: set,
    told: `${publicKeys.length === 1 ? 'the key is' : `${publicKeys.length} keys are`} sealed: ${which}`,
    passedOver,
  };
};

/** Sealed anew, the keys must be those that guards expect. */
const strange = async ({ records }: Context, validator: ValidatorId, publicKey: string | null): Promise<string[]> => {
  const stored = (await records.readConfig(validator))?.config;
  const expected = stored === undefined ? null : chainOf(stored).publicKeyOf(stored.chain);
  if (expected === null || publicKey === null || expected === publicKey) return [];
  return [`  They are not the keys of the stored configuration (${expected}): apply the new one before anything is moved, or seal the right ones.`];
};

/** Encrypts the key under {validator} and stores it. The file is left alone; the answer says what to do with it. */
export const seal = async (context: Context, name: string, file: string, options: SealOptions): Promise<Answer> => {
  const validator = parseValidator(name);
  const watermark = options.state === undefined ? null : importState((await readBounded(options.state, '--state')).toString('utf8'));
  if (!options.replace && (await context.records.readVault(validator))) {
    throw new BatonError('AlreadyEnrolled', `a key of ${validator} is sealed already`, {
      fix: `To replace it: baton seal ${validator} --key-file ${file} --replace`,
    });
  }
  const { plaintext, publicKey, told, passedOver } = await (options.passwords === undefined
    ? fromKeyFile(file)
    : fromKeystores(file, options.passwords));
  const warned = await strange(context, validator, publicKey);
  const sealed = await context.keys.seal({ validator, plaintext });
  plaintext.fill(0);
  await context.records.writeVault(validator, {
    ...sealed,
    ...(publicKey === null ? {} : { publicKey }),
    ...(watermark === null ? {} : { watermark }),
  });
  return {
    lines: [
      `${validator}: ${told}.`,
      ...warned,
      ...(passedOver.length === 0
        ? []
        : [`  No keystores, and passed over: ${passedOver.slice(0, 5).join(', ')}${passedOver.length > 5 ? ', …' : ''}`]),
      `  Remove every plain copy before you enrol: ${file}, the nodes' disks, backups. A copy that can sign is a second signer.`,
    ],
    json: { validator, sealed: true, publicKey, watermark },
  };
};
