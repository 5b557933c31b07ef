import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isRecord } from '../../core/chain-rules.ts';
import { BatonError } from '../../core/errors.ts';
import { keySetOf } from './key-set.ts';
import { openKeystore } from './keystore.ts';
import { loadBls } from './signer/bls.ts';

/**
 * Keystores as staking-deposit-cli writes them (a folder of keystores, one password for all) and as clients keep them (a folder for each key,
 * a folder of passwords named by key, or by keystore). Nothing that is told holds a secret or a password.
 */

const maxKeystores = 1_000;
/** The deposits of a thousand keys are one file. */
const maxJsonBytes = 4_000_000;
const maxPasswordBytes = 4_096;
const secretBytes = 32;

export interface KeystorePaths {
  /** A keystore, or a folder with keystores in it or in its folders. */
  readonly keystores: string;
  /** The password of all, or a folder with one for each: `0xPUBKEY`, `PUBKEY` or `KEYSTORE.txt`. */
  readonly passwords: string;
}

export interface OpenedKeys {
  /** As a key file: 64 hex, one a line. The caller wipes it. */
  readonly plaintext: Buffer;
  readonly publicKeys: readonly string[];
  /** Names them all. */
  readonly set: string;
  /** JSON files that are no keystores. */
  readonly passedOver: readonly string[];
}

const invalid = (message: string, cause?: unknown): BatonError =>
  new BatonError('KeyInvalid', message, {
    cause,
    field: '--key-file',
    fix: 'Give the keystores that validators.yaml names, and their passwords.',
  });
const unreadable = (path: string, field: string, cause?: unknown): BatonError =>
  new BatonError('InputInvalid', `cannot read ${path}`, { cause, field, fix: `Give a file or a folder to ${field}.` });

const isFolder = (path: string, field: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, field, cause);
  }
};

/** JSON files of a folder and of its folders, in their order. */
const jsonIn = (folder: string, deep: boolean): string[] =>
  readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (isFolder(path, '--key-file')) return deep ? jsonIn(path, false) : [];
      return name.endsWith('.json') ? [path] : [];
    });

const bounded = (file: string, field: string, maxBytes: number): string => {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size === 0 || size > maxBytes) throw new Error(`${size} bytes`);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, field, cause);
  }
  return text;
};

const publicKeyIn = (text: string, file: string): string | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(`${file} is not JSON`);
  }
  if (!isRecord(value) || !isRecord(value['crypto'])) return null;
  const { pubkey } = value;
  if (typeof pubkey === 'string' && /^(0x)?[0-9a-fA-F]{96}$/.test(pubkey)) return `0x${pubkey.replace(/^0x/, '').toLowerCase()}`;
  throw invalid(`${file} does not name its public key`);
};

const passwordFor = (of: { file: string; publicKey: string; passwords: string }): string => {
  const { file, publicKey, passwords } = of;
  const names = [publicKey, publicKey.slice(2), `${basename(file, '.json')}.txt`];
  const found = isFolder(passwords, '--password-file') ? names.map((name) => join(passwords, name)).find((path) => existsSync(path)) : passwords;
  if (found === undefined)
    throw new BatonError('InputInvalid', `${passwords} has no password for ${file}: expected ${names[0]} or ${names[2]}`, {
      field: '--password-file',
      fix: 'Give the file with the password of all keystores, or the folder with one for each.',
    });
  return bounded(found, '--password-file', maxPasswordBytes);
};

interface Found {
  readonly file: string;
  readonly text: string;
  readonly publicKey: string;
}

const findAll = (path: string): { found: Found[]; passedOver: string[] } => {
  const files = isFolder(path, '--key-file') ? jsonIn(path, true) : [path];
  const passedOver: string[] = [];
  const found = new Map<string, Found>();
  for (const file of files) {
    const text = bounded(file, '--key-file', maxJsonBytes);
    const publicKey = publicKeyIn(text, file);
    if (publicKey === null) {
      passedOver.push(file);
      continue;
    }
    const twice = found.get(publicKey);
    if (twice !== undefined) throw invalid(`${twice.file} and ${file} are of one key`);
    found.set(publicKey, { file, text, publicKey });
  }
  if (found.size === 0 || found.size > maxKeystores) throw invalid(`${path} has ${found.size} keystores, expected 1 to ${maxKeystores}`);
  return { found: [...found.values()].sort((one, other) => (one.publicKey < other.publicKey ? -1 : 1)), passedOver };
};

/** Opens all of them before anything is made of one. @throws BatonError InputInvalid or KeyInvalid. */
export const keysInKeystores = async ({ keystores, passwords }: KeystorePaths): Promise<OpenedKeys> => {
  const { found, passedOver } = findAll(keystores);
  const asked = found.map((one) => ({ ...one, password: passwordFor({ ...one, passwords }) }));
  const bls = await loadBls();
  const plaintext = Buffer.alloc(found.length * (secretBytes * 2 + 1), '\n');
  try {
    for (const [index, { file, text, publicKey, password }] of asked.entries()) {
      const { secret } = await openKeystore(text, password).catch((cause: unknown) => {
        throw invalid(`${file} does not open: ${(cause as Error).name === 'ZodError' ? 'it is no keystore of version 4' : (cause as Error).message}`);
      });
      plaintext.write(secret.toString('hex'), index * (secretBytes * 2 + 1), 'latin1');
      const derived = secret.length === secretBytes ? publicKeyOf(bls, secret) : null;
      secret.fill(0);
      if (derived !== publicKey) throw invalid(`${file} says that its key is ${publicKey}, and it is ${derived ?? 'none'}`);
    }
  } catch (error) {
    plaintext.fill(0);
    throw error;
  }
  const publicKeys = found.map((one) => one.publicKey);
  return { plaintext, publicKeys, set: keySetOf(publicKeys), passedOver };
};

const publicKeyOf = (bls: (secret: Buffer) => { publicKey: string }, secret: Buffer): string | null => {
  try {
    return bls(secret).publicKey;
  } catch {
    return null;
  }
};
