import { describe, expect, test } from 'vitest';
import { openKeystore, sealKeystore } from './keystore.ts';

/** The two test vectors of EIP-2335. Their password has letters that normalisation changes, and a control character that it drops. */

const password = '𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑';
const secret = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f';
const pubkey = '9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07';
const salt = 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3';
const cipherOf = (message: string): unknown => ({
  function: 'aes-128-ctr',
  params: { iv: '264daa3f303d7259501c93d997d84fe6' },
  message,
});

const scrypt = {
  crypto: {
    kdf: { function: 'scrypt', params: { dklen: 32, n: 262144, p: 1, r: 8, salt }, message: '' },
    checksum: { function: 'sha256', params: {}, message: 'd2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484' },
    cipher: cipherOf('06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f'),
  },
  pubkey,
  path: 'm/12381/60/3141592653/589793238',
  uuid: '1d85ae20-35c5-4611-98e8-aa14a633906f',
  version: 4,
};
const pbkdf2 = {
  ...scrypt,
  crypto: {
    kdf: { function: 'pbkdf2', params: { dklen: 32, c: 262144, prf: 'hmac-sha256', salt }, message: '' },
    checksum: { function: 'sha256', params: {}, message: '8a9f5d9912ed7e75ea794bc5a89bca5f193721d30868ade6f73043c6ea6febf1' },
    cipher: cipherOf('cee03fde2af33149775b7223e7845e4fb2c8ae1792e5f99fe9ecf474cc8c16ad'),
  },
};

describe('a keystore', () => {
  test.each([
    ['scrypt', scrypt],
    ['pbkdf2', pbkdf2],
  ])('of the standard, by %s, is opened', async (_, keystore) => {
    const opened = await openKeystore(JSON.stringify(keystore), password);
    expect(opened.secret.toString('hex')).toBe(secret);
    expect(opened.publicKey).toBe(`0x${pubkey}`);
  });
  test('is not opened by another password', async () => {
    await expect(openKeystore(JSON.stringify(pbkdf2), 'x')).rejects.toThrow('not that of the keystore');
  });
  test('that is none is refused', async () => {
    await expect(openKeystore('{}', password)).rejects.toThrow();
    await expect(openKeystore(JSON.stringify({ ...pbkdf2, version: 3 }), password)).rejects.toThrow();
  });
  test('is made anew each time, and holds what was put in', async () => {
    const of = { publicKey: `0x${pubkey}`, secret: Buffer.from(secret, 'hex') };
    const [a, b] = [await sealKeystore(of), await sealKeystore(of)];
    expect(a.password).not.toBe(b.password);
    expect(a.keystore).not.toContain(secret);
    for (const one of [a, b]) expect((await openKeystore(one.keystore, one.password)).secret.toString('hex')).toBe(secret);
    expect((JSON.parse(a.keystore) as { uuid: string }).uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
