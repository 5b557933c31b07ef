import { KMSClient } from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { kmsKeyArn } from '../core/kms-key.ts';
import { privateKeyOf } from '../runtime/ed25519.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { KmsKey, readKmsKey } from './kms-key.ts';

const arn = kmsKeyArn.parse('arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab');
/** RFC 8032, section 7.1, test 2. */
const rfc = {
  seed: Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex'),
  publicKey: 'PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=',
  message: Buffer.from('72', 'hex'),
  signature: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
};
const spki = 'MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=';
const theirs = { KeyId: arn, PublicKey: spki, KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' };
const serviceFix = 'See that the key is enabled, and that its policy and the role allow it: docs/ways-to-run.md.';

const keyWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  const client = new KMSClient(options);
  return { sent, client, key: new KmsKey({ client, arn, publicKey: rfc.publicKey }) };
};
const signed = (hex: string): Answer => ({ KeyId: arn, Signature: Buffer.from(hex, 'hex').toString('base64'), SigningAlgorithm: 'ED25519_SHA_512' });
const invalid = { code: 'KeyInvalid', message: 'what KMS gave is no signature of the message by this validator' };

describe('a signature', () => {
  test('is asked for over the message as it is, and given as KMS gave it', async () => {
    const { sent, key } = keyWith(signed(rfc.signature));
    const signal = someSignal();
    expect((await key.sign(rfc.message, signal)).toString('hex')).toBe(rfc.signature);
    expect(sent).toEqual([
      {
        action: 'Sign',
        input: { KeyId: arn, Message: 'cg==', MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' },
        signal: expect.anything() as unknown,
      },
    ]);
  });
  test.each<[string, Answer]>([
    ['of another message', signed(sign(null, Buffer.from('73', 'hex'), privateKeyOf(rfc.seed)).toString('hex'))],
    ['by another key', signed(sign(null, rfc.message, privateKeyOf(Buffer.alloc(32, 1))).toString('hex'))],
    ['that is cut', signed(rfc.signature.slice(0, 126))],
    ['that is longer', signed(`${rfc.signature}00`)],
    ['that is empty', signed('')],
    ['that is not there', { KeyId: arn }],
  ])('%s is none', async (_, answer) => {
    await expect(keyWith(answer).key.sign(rfc.message)).rejects.toMatchObject(invalid);
  });
  test.each<[string, Answer]>([
    ['AccessDeniedException', new Refusal('AccessDeniedException')],
    ['DisabledException', new Refusal('DisabledException')],
    ['KMSInvalidStateException', new Refusal('KMSInvalidStateException')],
    ['ThrottlingException', new Refusal('ThrottlingException')],
    ['Error', new Error('socket hang up')],
  ])('that KMS does not give is told: %s', async (name, answer) => {
    await expect(keyWith(answer).key.sign(rfc.message)).rejects.toMatchObject({
      code: 'KeyServiceFailed',
      message: `KMS did not sign: ${name}`,
      fix: serviceFix,
    });
  });
  test.each([
    [0, false],
    [1, true],
    [4_096, true],
    [4_097, false],
  ])('of %d bytes is asked for: %s', async (length, isAsked) => {
    const { sent, key } = keyWith(new Refusal('DisabledException'));
    await expect(key.sign(Buffer.alloc(length))).rejects.toThrow(
      isAsked ? 'KMS did not sign: DisabledException' : `KMS signs messages of 1 to 4096 bytes, and this one has ${length}`,
    );
    expect(sent.length).toBe(isAsked ? 1 : 0);
  });
  test('with any bits changed on the way never passes', async () => {
    const bytes = Buffer.from(rfc.signature, 'hex');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = Buffer.from(bytes);
        changed[at] = Number(changed[at]) ^ mask;
        await expect(keyWith(signed(changed.toString('hex'))).key.sign(rfc.message)).rejects.toMatchObject(invalid);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the key itself', () => {
  test('is read with its use, and the public key as 32 bytes', async () => {
    const { sent, client, key } = keyWith(theirs);
    expect(await readKmsKey(client, arn)).toEqual({ spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', publicKey: rfc.publicKey });
    await key.check(someSignal());
    expect(sent.map(({ action, input }) => [action, input])).toEqual([
      ['GetPublicKey', { KeyId: arn }],
      ['GetPublicKey', { KeyId: arn }],
    ]);
  });
  const p256 = createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey).export({ format: 'der', type: 'spki' });
  test.each<[string, Answer, string]>([
    [
      'another curve',
      { ...theirs, PublicKey: p256.toString('base64'), KeySpec: 'ECC_NIST_P256' },
      'its KeySpec is ECC_NIST_P256, expected ECC_NIST_EDWARDS25519',
    ],
    [
      'a P-256 key that is called Ed25519',
      { ...theirs, PublicKey: p256.toString('base64') },
      `its public key is null, the validator’s is ${rfc.publicKey}`,
    ],
    ['no key', { ...theirs, PublicKey: 'AAAA' }, `its public key is null, the validator’s is ${rfc.publicKey}`],
    ['nothing', {}, 'its KeySpec is none, expected ECC_NIST_EDWARDS25519'],
    [
      'another key',
      { ...theirs, PublicKey: spki.replace('PUAX', 'QUAX') },
      `its public key is ${rfc.publicKey.replace('PUAX', 'QUAX')}, the validator’s is ${rfc.publicKey}`,
    ],
  ])('that is %s is refused', async (_, answer, why) => {
    await expect(keyWith(answer).key.check()).rejects.toMatchObject({
      code: 'KeyInvalid',
      field: 'kmsKey',
      message: `${arn} cannot sign for this validator: ${why}`,
    });
  });
  test('that KMS does not tell is not known', async () => {
    await expect(keyWith(new Refusal('DisabledException')).key.check()).rejects.toMatchObject({
      code: 'KeyServiceFailed',
      message: 'KMS did not tell the public key: DisabledException',
      fix: serviceFix,
    });
  });
});
