import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pbkdf2Keystore, vector } from '../../test/support/keystore.ts';
import { keySetOf } from './key-set.ts';
import { keysInKeystores } from './keystore-files.ts';
import { sealKeystore } from './keystore.ts';
import { loadBls } from './signer/bls.ts';

/** Folders as staking-deposit-cli and clients write them. */

const standard = (over: Record<string, unknown> = {}): string => JSON.stringify({ ...pbkdf2Keystore, ...over });

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keystores-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});
const put = (name: string, text: string): string => {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const made = async (fill: number): Promise<{ publicKey: string; secret: string; keystore: string; password: string }> => {
  const secret = Buffer.alloc(32, fill);
  const { publicKey } = (await loadBls())(secret);
  return { publicKey, secret: secret.toString('hex'), ...(await sealKeystore({ publicKey, secret })) };
};
const opened = (keystores = 'keys', passwords = 'password.txt') =>
  keysInKeystores({ keystores: join(root, keystores), passwords: join(root, passwords) });

describe('keystores', () => {
  test('of staking-deposit-cli: a folder, one password for all, and the deposits beside them', async () => {
    put('keys/keystore-m_12381_3600_0_0_0-1700000000.json', standard());
    const deposits = put('keys/deposit_data-1700000000.json', '[{"pubkey":"00"}]');
    put('password.txt', `${vector.password}\n`);
    const found = await opened();
    expect(found.plaintext.toString()).toBe(`${vector.secret}\n`);
    expect(found).toMatchObject({ publicKeys: [vector.publicKey], set: keySetOf([vector.publicKey]), passedOver: [deposits] });
  });
  test.each<[string, (one: { publicKey: string }) => string]>([
    ['Lighthouse, Lodestar and Nimbus: a folder for each key, passwords named by key', ({ publicKey }) => publicKey],
    ['clients that name the key without 0x', ({ publicKey }) => publicKey.slice(2)],
    ['Teku: passwords named by keystore', ({ publicKey }) => `${publicKey}.txt`],
  ])('of %s', async (_, nameOf) => {
    const keys = await Promise.all([made(9), made(7)]);
    for (const one of keys) {
      put(`keys/${one.publicKey}/${one.publicKey}.json`, one.keystore);
      put(`keys/${one.publicKey}/voting-keystore.json.lock`, '');
      put(`secrets/${nameOf(one)}`, one.password);
    }
    const found = await opened('keys', 'secrets');
    const inOrder = keys.toSorted((one, other) => (one.publicKey < other.publicKey ? -1 : 1));
    expect(found.publicKeys).toEqual(inOrder.map(({ publicKey }) => publicKey));
    expect(found.plaintext.toString()).toBe(inOrder.map(({ secret }) => `${secret}\n`).join(''));
  });
  test('a single file', async () => {
    put('keystore.json', standard());
    put('password.txt', vector.password);
    expect((await opened('keystore.json')).publicKeys).toEqual([vector.publicKey]);
  });
});

describe('nothing comes of', () => {
  const refused = async (of: Promise<unknown>, code: string, message: string): Promise<void> => {
    const error = (await of.then(
      () => null,
      (one: unknown) => one,
    )) as { code?: string; message: string } | null;
    expect(error).toMatchObject({ name: code, message: expect.stringContaining(message) as string });
    expect(JSON.stringify(error) + String(error?.message)).not.toMatch(new RegExp(`${vector.secret}|${vector.password}|hunter2`));
  };
  const cases: [string, string, string, string][] = [
    ['another password', standard(), 'KeyInvalid', 'the password is not that of the keystore'],
    ['an older version', standard({ version: 3 }), 'KeyInvalid', 'it is no keystore of version 4'],
    ['a keystore that names no key', standard({ pubkey: 'xyz' }), 'KeyInvalid', 'does not name its public key'],
    ['what is not JSON', standard().slice(0, 100), 'KeyInvalid', 'is not JSON'],
    ['what is no keystore', '{"a":1}', 'KeyInvalid', 'has 0 keystores, expected 1 to 1000'],
  ];
  test.each(cases)('%s', async (_, text, code, message) => {
    put('keys/a.json', text);
    put('password.txt', 'hunter2');
    await refused(opened(), code, message);
  });
  test('one good keystore beside a bad one', async () => {
    const one = await made(7);
    put('keys/a.json', one.keystore);
    put('keys/b.json', standard());
    put('password.txt', one.password);
    await refused(opened(), 'KeyInvalid', 'b.json does not open');
  });
  test('a keystore that says that it is of another key', async () => {
    const [one, other] = await Promise.all([made(7), made(9)]);
    put('keys/a.json', JSON.stringify({ ...(JSON.parse(one.keystore) as object), pubkey: other.publicKey.slice(2) }));
    put('password.txt', one.password);
    await refused(opened(), 'KeyInvalid', `says that its key is ${other.publicKey}, and it is ${one.publicKey}`);
  });
  test('the zero key, which is none', async () => {
    const none = await sealKeystore({ publicKey: vector.publicKey, secret: Buffer.alloc(32) });
    put('keys/a.json', none.keystore);
    put('password.txt', none.password);
    await refused(opened(), 'KeyInvalid', 'and it is none');
  });
  test('the same key twice', async () => {
    put('keys/a.json', standard());
    put('keys/deep/b.json', standard({ pubkey: vector.publicKey.toUpperCase().replace('0X', '0x') }));
    put('password.txt', vector.password);
    await refused(opened(), 'KeyInvalid', 'are of one key');
  });
  test('a key without a password, and of paths that are not there', async () => {
    put('keys/a.json', standard());
    mkdirSync(join(root, 'secrets'));
    await refused(opened('keys', 'secrets'), 'InputInvalid', `expected ${vector.publicKey} or a.txt`);
    await refused(opened('keys', 'none'), 'InputInvalid', 'cannot read');
    await refused(opened('none', 'secrets'), 'InputInvalid', 'cannot read');
    put('secrets/a.txt', '');
    await refused(opened('keys', 'secrets'), 'InputInvalid', 'cannot read');
  });
});

test('a set of keys has one name, whatever its order', () => {
  expect(keySetOf(['0xb', '0xa'])).toBe(keySetOf(['0xa', '0xb']));
  expect(keySetOf(['0xa'])).toBe('sha256:1f9b82d43fb80a5f06db605f015a5c461b3b364f56f73698993876e206e8bc4a');
  expect(keySetOf(['0xa', '0xb'])).not.toBe(keySetOf(['0xa']));
});
