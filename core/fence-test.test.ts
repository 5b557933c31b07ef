import { describe, expect, test } from 'vitest';
import { amber, birch, configOf, v } from '../test/support/core.ts';
import { inspectOutputOf } from '../test/support/remote-power.ts';
import {
  failedOf,
  fenceTestRecord,
  fenceTotals,
  judgeStop,
  neverHours,
  recordOf,
  sayFences,
  untestedHours,
  wantedFences,
  type FenceTestCode,
  type FenceTestRecord,
} from './fence-test.ts';

const hourMs = 3_600_000;
const config = configOf();
const wanted = wantedFences(config);
const id = '0a1b2c3d4e5f6071';
/** A test at this hour in which these failed. */
const tried = (hour: number, failed: Readonly<Record<string, FenceTestCode>> = {}, before?: FenceTestRecord, chosen = wanted): FenceTestRecord =>
  recordOf({
    validator: v,
    id,
    by: 'the schedule',
    atMs: hour * hourMs,
    wanted,
    tested: chosen.map((one) => ({ ...one, code: failed[`${one.node} ${one.kind}`] ?? 'works', how: 'So.' })),
    before,
  });
const bad = { [`${birch} powered-off`]: 'PowerUnreachable' } as const;

describe('what is tested', () => {
  test('is each fence that acts on a machine', () => {
    expect(wanted).toEqual([
      { node: amber, kind: 'stopped' },
      { node: amber, kind: 'powered-off' },
      { node: birch, kind: 'stopped' },
      { node: birch, kind: 'powered-off' },
    ]);
  });
  test('is only what the policy accepts, and power only where somebody can cut it', () => {
    const some = configOf((one) => {
      one['policy'] = { approvers: ['role/approver'], evidence: ['relinquished', 'powered-off'] };
      (one['nodes'] as Record<string, unknown>[])[1] = { ...(one['nodes'] as Record<string, unknown>[])[1], power: false };
    });
    expect(wantedFences(some)).toEqual([{ node: amber, kind: 'powered-off' }]);
  });
});

describe('the document inspect', () => {
  const judged = (output: unknown) => judgeStop({ validator: v, nonce: 'n', output }).code;
  test.each([
    ['works', inspectOutputOf()],
    ['works', inspectOutputOf({ unitLoad: 'masked', more: 1 })],
    ['UnitMissing', inspectOutputOf({ unitLoad: 'notfound' })],
    ['CommandUnusable', inspectOutputOf({ nonce: 'm' })],
    ['CommandUnusable', inspectOutputOf({ validator: 'hub-2' })],
    ['CommandUnusable', inspectOutputOf({ baton: 'fence' })],
    ['CommandUnusable', { ...inspectOutputOf(), ok: false }],
    ['CommandUnusable', undefined],
  ])('%s', (code, output) => {
    expect(judged(output)).toBe(code);
  });
});

describe('what is noted', () => {
  test('keeps when a fence worked last, through tests that fail', () => {
    const record = tried(30, bad, tried(5));
    expect(fenceTestRecord.parse(record)).toEqual(record);
    expect(record.results.map(({ workedAtMs }) => (workedAtMs ?? 0) / hourMs)).toEqual([30, 30, 30, 5]);
    expect(tried(1, bad).results[3]).toEqual({ node: birch, kind: 'powered-off', code: 'PowerUnreachable', how: 'So.', atMs: hourMs });
  });
  test('keeps what was not tried this time, and drops what nobody wants any more', () => {
    const only = wanted.filter(({ node }) => node === amber);
    expect(tried(9, {}, tried(5), only).results.map(({ atMs }) => atMs / hourMs)).toEqual([9, 9, 5, 5]);
    expect(tried(9, {}, undefined, only).results).toHaveLength(2);
    const gone = { ...tried(5), results: [{ ...tried(5).results[0], node: 'i-0dead000000000001' }] } as FenceTestRecord;
    expect(tried(9, {}, gone, []).results).toEqual([]);
  });
});

describe('how old the last success is', () => {
  test.each<[string, FenceTestRecord | undefined, number, number]>([
    ['today', tried(0), 1, 1],
    ['to the hour', tried(0), 1.99, 1],
    ['of the oldest', tried(20, bad, tried(5)), 30, 25],
    ['of one that never worked', tried(20, bad), 21, neverHours],
    ['of none', undefined, 1, neverHours],
    ['ahead of this clock', tried(5), 1, 0],
  ])('%s', (_, record, hour, hours) => {
    expect(untestedHours(wanted, record, hour * hourMs)).toBe(hours);
  });
  test('of the fleet is that of its oldest, and each failed fence counts', () => {
    expect(fenceTotals([], 0)).toEqual({ failed: 0, ageHours: 0 });
    const all = [tried(10), tried(20, bad, tried(5)), tried(9)].map((record) => ({ config, record }));
    expect(fenceTotals(all, 30 * hourMs)).toEqual({ failed: 1, ageHours: 25 });
    expect(fenceTotals([...all, { config, record: undefined }], 30 * hourMs)).toEqual({ failed: 1, ageHours: neverHours });
  });
  test('a failed fence that nobody wants any more does not count', () => {
    expect(failedOf(wanted, tried(1, bad))).toHaveLength(1);
    expect(failedOf(wanted.slice(0, 2), tried(1, bad))).toEqual([]);
    expect(failedOf(wanted, undefined)).toEqual([]);
  });
});

test.each<[string, FenceTestRecord | undefined, number, boolean]>([
  ['All 4 fences worked when they were tested, the oldest 3 h ago.', tried(0), 3, true],
  ['All 4 fences worked when they were tested, the oldest 26 h ago.', tried(0), 26, false],
  ['1 of 4 fences failed their last test: birch powered-off (PowerUnreachable).', tried(0, bad), 3, false],
  ['Not each of its 4 fences has ever been tested with success.', undefined, 3, false],
])('%s', (sentence, record, hour, ok) => {
  expect(sayFences({ config, record }, hour * hourMs)).toEqual({ ok, sentence });
});
test('a policy of guards and people alone has nothing to test', () => {
  const none = { ...config, policy: { ...config.policy, evidence: ['relinquished' as const] } };
  expect(sayFences({ config: none, record: undefined }, 0)).toEqual({
    ok: true,
    sentence: 'No fence of it acts on a machine: there is nothing to test.',
  });
  expect(fenceTotals([{ config: none, record: undefined }], 0)).toEqual({ failed: 0, ageHours: 0 });
});
