import { describe, expect, test } from 'vitest';
import { pbkdf2Keystore as pbkdf2, scryptKeystore as scrypt, vector } from '../../test/support/keystore.ts';
import { openKeystore, sealKeystore } from './keystore.ts';

const { password, publicKey, secret } = vector;

describe('a keystore', () => {
  test.each([
    ['scrypt', scrypt],
    ['pbkdf2', pbkdf2],
  ])('of the standard, by %s, is opened', async (_, keystore) => {
    const opened = await openKeystore(JSON.stringify(keystore), password);
    expect(opened.secret.toString('hex')).toBe(secret);
    expect(opened.publicKey).toBe(publicKey);
  });
  test('is not opened by another password', async () => {
    await expect(openKeystore(JSON.stringify(pbkdf2), 'x')).rejects.toThrow('not that of the keystore');
  });
  test('that is none is refused', async () => {
    await expect(openKeystore('{}', password)).rejects.toThrow();
    await expect(openKeystore(JSON.stringify({ ...pbkdf2, version: 3 }), password)).rejects.toThrow();
  });
  test('is made anew each time, and holds what was put in', async () => {
    const of = { publicKey, secret: Buffer.from(secret, 'hex') };
    const [a, b] = [await sealKeystore(of), await sealKeystore(of)];
    expect(a.password).not.toBe(b.password);
    expect(a.keystore).not.toContain(secret);
    for (const one of [a, b]) expect((await openKeystore(one.keystore, one.password)).secret.toString('hex')).toBe(secret);
    expect((JSON.parse(a.keystore) as { uuid: string }).uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
