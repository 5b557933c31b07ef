import { createPublicKey, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { privateKeyOf, publicKeyOf, rawPublicKeyOf } from './ed25519.ts';

/** RFC 8032, section 7.1, the first test. */
const seed = (): Buffer => Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const raw = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

test('the public half of a seed, and back', () => {
  const key = privateKeyOf(seed());
  expect(rawPublicKeyOf(key).toString('hex')).toBe(raw);
  expect(rawPublicKeyOf(createPublicKey(key)).toString('hex')).toBe(raw);
  expect(verify(null, Buffer.from('duty'), publicKeyOf(Buffer.from(raw, 'hex')), sign(null, Buffer.from('duty'), key))).toBe(true);
});

test('what is shorter is no key', () => {
  for (const bytes of [0, 31]) {
    expect(() => privateKeyOf(Buffer.alloc(bytes))).toThrow(Error);
    expect(() => publicKeyOf(Buffer.alloc(bytes))).toThrow(Error);
  }
});
