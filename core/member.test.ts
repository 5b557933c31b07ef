import { expect, test } from 'vitest';
import { amber, birch, t, v } from '../test/support/core.ts';
import { member, nextVersion, type Member } from './member.ts';

const sealed = { node: amber, term: t(1), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
const one: Member = { validator: v, node: amber, version: 2, sealed, by: 'role/custodian', atMs: 1 };

test('a member has a key that is sealed for its very node, and for the first term, or none', () => {
  const problem = (of: object) => member.safeParse({ ...one, ...of }).error?.issues[0]?.message ?? null;
  expect(problem({})).toBe(null);
  expect(problem({ sealed: null })).toBe(null);
  expect(problem({ version: 3 })).toBe(null);
  expect(problem({ sealed: { ...sealed, term: 2 } })).toBe('sealed for another node or term');
  expect(problem({ node: birch })).toBe('sealed for another node or term');
  for (const wrong of [{ version: 0 }, { node: 'amber' }, { by: '' }, { by: 'x'.repeat(301) }, { atMs: -1 }, { other: 1 }, { sealed: undefined }])
    expect(member.safeParse({ ...one, ...wrong }).success).toBe(false);
});
test('every change has the next version', () => {
  expect(nextVersion(undefined)).toBe(1);
  expect(nextVersion(one)).toBe(3);
});
