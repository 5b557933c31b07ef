import { expect, test } from 'vitest';
import { amber, birch, t, v } from '../test/support/core.ts';
import { kmsKeyArn } from './kms-key.ts';
import { mayAsk, member, nextVersion, type Member } from './member.ts';

const sealed = { node: amber, term: t(1), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
const kmsKey = kmsKeyArn.parse('arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab');
const one: Member = { validator: v, node: amber, version: 2, sealed, by: 'role/custodian', atMs: 1 };

test('a member has a key that is sealed for its very node, and for the first term, or none', () => {
  const problem = (of: object) => member.safeParse({ ...one, ...of }).error?.issues[0]?.message ?? null;
  expect(problem({})).toBe(null);
  expect(problem({ sealed: null })).toBe(null);
  expect(problem({ sealed: null, kmsKey })).toBe(null);
  expect(problem({ kmsKey })).toBe('a sealed key, and one in KMS');
  expect(problem({ sealed: null, kmsKey: 'alias/x' })).toBe('expected the ARN of a KMS key of one Region (no alias, no mrk- key)');
  expect(problem({ version: 3 })).toBe(null);
  expect(problem({ sealed: { ...sealed, term: 2 } })).toBe('sealed for another node or term');
  expect(problem({ node: birch })).toBe('sealed for another node or term');
  for (const wrong of [{ version: 0 }, { node: 'amber' }, { by: '' }, { by: 'x'.repeat(301) }, { atMs: -1 }, { other: 1 }, { sealed: undefined }])
    expect(member.safeParse({ ...one, ...wrong }).success).toBe(false);
});
test('it may ask with a key of either kind, and without one it may not', () => {
  expect(mayAsk(one)).toBe(true);
  expect(mayAsk({ ...one, sealed: null, kmsKey })).toBe(true);
  expect(mayAsk({ ...one, sealed: null })).toBe(false);
  expect(mayAsk(undefined)).toBe(false);
});
test('every change has the next version', () => {
  expect(nextVersion(undefined)).toBe(1);
  expect(nextVersion(one)).toBe(3);
});
