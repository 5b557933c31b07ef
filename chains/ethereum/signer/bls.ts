import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SecretKey } from '@chainsafe/blst';

/** BLS12-381 by blst. It is native code, so it is loaded where keys are, and nowhere else. */

export interface BlsKey {
  /** `0x` and 96 hex. */
  readonly publicKey: string;
  /** `0x` and 192 hex. @param root 32 bytes. */
  readonly sign: (root: Buffer) => string;
}

interface Blst {
  readonly SecretKey: typeof SecretKey;
}

let loaded: Blst | null = null;

// No literal: bundles carry no native code. The guard has its own copy beside it.
const library = ['@chainsafe', 'blst'].join('/');

/** The copy beside the program, where `npm run bundle:guard` puts one; null when there is none. */
export const blstBeside = (programs: readonly (string | undefined)[]): string | null =>
  programs.flatMap((program) => (program === undefined ? [] : [join(dirname(program), 'blst.node')])).find((file) => existsSync(file)) ?? null;

/** @throws when it is not for this machine. */
export const blstIn = (file: string): Blst => {
  const module: { exports: Partial<Blst> } = { exports: {} };
  process.dlopen(module, file);
  const { SecretKey: found } = module.exports;
  if (found === undefined) throw new Error(`${file} is no blst`);
  return { SecretKey: found };
};

/** Loads the library. Signing itself is synchronous. @throws when there is none for this machine. */
export const loadBls = async (): Promise<(secret: Buffer) => BlsKey> => {
  const beside = blstBeside([process.argv[1], process.execPath]);
  const blst = (loaded ??= beside === null ? ((await import(library)) as Blst) : blstIn(beside));
  return (secret) => {
    const key: SecretKey = blst.SecretKey.fromBytes(secret);
    return { publicKey: key.toPublicKey().toHex(), sign: (root) => key.sign(root).toHex() };
  };
};

const secretBytes = 32;

/**
 * The secret keys of a key file: 64 hex each, one a line. The caller wipes them.
 * @throws Error when it is not so; it never says what stands there.
 */
export const secretsOf = (file: Buffer): Buffer[] => {
  const lines = file
    .toString('latin1')
    .split(/\s+/)
    .filter((one) => one !== '');
  const whole = lines.map((one) => one.replace(/^0x/, ''));
  const wrong = whole.findIndex((one) => !/^[0-9a-fA-F]{64}$/.test(one));
  if (wrong !== -1 || whole.length === 0) throw new Error(`the key file has no secret key of ${secretBytes * 2} hex digits in line ${wrong + 1}`);
  return whole.map((one) => Buffer.from(one, 'hex'));
};
