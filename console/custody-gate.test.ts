import { expect, test } from 'vitest';
import { nowMs, seenOf } from '../test/support/console.ts';
import { amber, birch, configOf, reportOf } from '../test/support/core.ts';
import { rowOf } from './fleet-view.ts';
import { validatorView } from './validator-view.ts';

/** Custody gate on the pages: there is no holder, and several sign. */

const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab';
const of = { watchAlive: true, atMs: nowMs, dryRun: false };
const gated = (change: Parameters<typeof seenOf>[0] = {}, more: Record<string, unknown> = {}) =>
  seenOf({
    config: configOf((one) => void Object.assign(one, { custody: 'gate', ...more })),
    lease: undefined,
    reports: { [amber]: reportOf(), [birch]: reportOf({ node: birch }) },
    ...change,
  });

test('the row names the members that sign, and finds nothing wrong with that', () => {
  expect(rowOf(gated(), of)).toMatchObject({ holder: null, signs: 'amber, birch: each signature by the arbiter', level: 'calm', remarks: [] });
  expect(rowOf(gated({ silent: [birch] }), of).signs).toBe('amber: each signature by the arbiter');
  expect(rowOf(gated({ reports: {} }), of).signs).toBe('no member, as far as is known');
});
test('the page says where the key lies', () => {
  const custody = (more: Record<string, unknown>) => validatorView(gated({}, more), of).policy.find(({ name }) => name === 'custody')?.value;
  expect(custody({})).toBe('gate: several nodes sign, with the key in each guard');
  expect(custody({ kmsKey })).toBe(`gate: several nodes sign, with the key in KMS (${kmsKey})`);
  expect(validatorView(seenOf(), of).policy.some(({ name }) => name === 'custody')).toBe(false);
});
