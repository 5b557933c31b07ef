import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { denied } from './denied/index.ts';
import { signingKeys } from './denied/names.ts';
import { file, stackOf } from './stack.ts';

/** docs/permissions.md against the template. */

const text = readFileSync(join(dirname(file), 'docs', 'permissions.md'), 'utf8');
const { resources } = stackOf({ SlackEnabled: 'true', RelayEnabled: 'true', DrillsEnabled: 'true', SigningKeyArns: signingKeys.join(',') }).resolved;
const kinds = ['AWS::IAM::Role', 'AWS::IAM::ManagedPolicy', 'AWS::KMS::Key'];
const held = Object.entries(resources).flatMap(([id, { Type }]) => (kinds.includes(Type) ? [id] : []));

test('every role, policy and key of the template is named', () => {
  expect(held.length).toBe(38);
  expect(held.filter((id) => !new RegExp(`\\b${id}\\b`).test(text))).toEqual([]);
});

test('no role or policy is named that the template does not have', () => {
  const named = [...text.matchAll(/\b[A-Z][A-Za-z]+(?:Role|Policy|Key)\b/g)].map(([name]) => name);
  const actions = ['PutKeyPolicy'];
  expect([...new Set(named)].filter((name) => !held.includes(name) && !actions.includes(name))).toEqual([]);
});

test('the figure of denied calls is no more than there are', () => {
  expect(text).toContain('over two hundred calls');
  expect(denied.length).toBeGreaterThan(200);
});
