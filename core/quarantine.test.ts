import { expect, test } from 'vitest';
import { robin, t } from '../test/support/core.ts';
import { isQuarantined } from './quarantine.ts';

test('a node is in quarantine from its fence until it is brought back', () => {
  const record = { term: t(2), kind: 'stopped' as const, atMs: 5 };
  expect(isQuarantined(undefined)).toBe(false);
  expect(isQuarantined(record)).toBe(true);
  expect(isQuarantined({ ...record, ended: { by: robin, reason: 'Mended.', atMs: 9 } })).toBe(false);
});
