import { expect, test } from 'vitest';
import { kmsKeyArn, regionOfKey, wrongOfKey, type KmsKeySeen } from './kms-key.ts';

const arn = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab';

test.each([
  [arn, true],
  [arn.replace('arn:aws:', 'arn:aws-us-gov:').replace('eu-central-1', 'us-gov-west-1'), true],
  [arn.replace('key/', 'alias/'), false],
  ['arn:aws:kms:eu-central-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef', false],
  [`x${arn}`, false],
  [`${arn}a`, false],
  [arn.replace('0123456789ab', '0123456789aB'), false],
  [arn.replace('123456789012', '12345678901'), false],
  [arn.replace('eu-central-1', 'central'), false],
  [arn.replace('eu-central-1', 'eu-a-b-c-1'), false],
  [arn.replace('eu-central-1', 'eu-central-11'), false],
  [arn.replace('eu-central-1', 'euro-central-1'), false],
  [arn.replace('arn:aws', 'arn:aws1'), false],
  [arn.replace('0a1b2c3d-0000', '0a1b2c3d-00000'), false],
  [arn.replace('-4000-', '-400-'), false],
  [arn.replace('-8000-', '-80000-'), false],
  [arn.replace('0a1b2c3d', 'a1b2c3d'), false],
  ['0a1b2c3d-0000-4000-8000-0123456789ab', false],
])('%s names one key of one Region: %s', (text, valid) => {
  expect(kmsKeyArn.safeParse(text).success).toBe(valid);
});
test('what else stands there is told by what was expected', () => {
  expect(kmsKeyArn.safeParse('alias/hub-1').error?.issues[0]?.message).toBe('expected the ARN of a KMS key of one Region (no alias, no mrk- key)');
});
test('its Region is in its name', () => {
  expect(regionOfKey(kmsKeyArn.parse(arn))).toBe('eu-central-1');
});

const right: KmsKeySeen = { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', publicKey: 'AAAA' };
test.each<[string, Partial<KmsKeySeen>, string | null]>([
  ['the right one', {}, null],
  ['of another curve', { spec: 'ECC_NIST_P256', publicKey: null }, 'its KeySpec is ECC_NIST_P256, expected ECC_NIST_EDWARDS25519'],
  ['of another use', { usage: 'KEY_AGREEMENT' }, 'its KeyUsage is KEY_AGREEMENT, expected SIGN_VERIFY'],
  ['another one', { publicKey: 'BBBB' }, 'its public key is BBBB, the validator’s is AAAA'],
  ['one that cannot be read', { publicKey: null }, 'its public key is null, the validator’s is AAAA'],
])('a key: %s', (_, of, told) => {
  expect(wrongOfKey({ ...right, ...of }, 'AAAA')).toBe(told);
});
