import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, configOf, fencing, leaseOf, recordOf, run, t, v } from '../test/support/core.ts';
import { both, judgementOf, lookAt } from '../test/support/looks.ts';
import type { ValidatorConfig } from './config.ts';
import { reportEveryMs } from './pace.ts';
import type { NodeReport } from './report.ts';
import {
  betweenLooksMs,
  daysSince,
  isUnknown,
  judge,
  judgeBroken,
  looksOn,
  neverDays,
  signingThrough,
  silentIn,
  surveyLooks,
  type Look,
  type Surveyed,
} from './survey.ts';
import { epochMs } from './time.ts';

const dayMs = 86_400_000;
const now = epochMs(1_700_000_000_000);
const nodes = [amber, birch];

const seen = (of: Partial<Surveyed> = {}): Surveyed => ({
  config: configOf(),
  lease: leaseOf(),
  claimRunning: true,
  looks: [lookAt(1), lookAt(2)],
  quarantined: [],
  open: undefined,
  history: [{ atMs: now }],
  ...of,
});
const awake = (of: Partial<Surveyed> = {}) => judge(seen(of), { paused: false, nowMs: now });
const quiet = judgementOf();

test('a fleet that is well is quiet', () => {
  expect(awake()).toStrictEqual(quiet);
});

test('looks are further apart than a guard’s word may be old', () => {
  const { readTimeoutMs } = configOf().timing;
  expect(betweenLooksMs).toBeGreaterThan(2 * readTimeoutMs);
});

test('looks go on for longer than a guard that lives is silent', () => {
  const { timing } = configOf();
  expect(betweenLooksMs).toBeGreaterThan(reportEveryMs({ alert: false, holds: true, failed: false }, timing) + 2 * timing.readTimeoutMs);
  expect((surveyLooks - 1) * betweenLooksMs).toBeGreaterThan(
    reportEveryMs({ alert: false, holds: false, failed: false }, timing) + 2 * timing.readTimeoutMs,
  );
});

describe('a silent guard', () => {
  test.each<[string, Look[], string[]]>([
    ['rose between the first look and the last', [lookAt(1), lookAt(1), lookAt(2)], []],
    ['stood still', [lookAt(1), lookAt(2, { amber: { sequence: 1 } })], [amber]],
    ['went back', [lookAt(2), lookAt(3, { birch: { sequence: 1 } })], [birch]],
    ['never reported', [lookAt(1, { birch: null }), lookAt(2, { birch: null })], [birch]],
    ['reported for the first time', [lookAt(1, { birch: null }), lookAt(2)], []],
    ['is not told from one look', [lookAt(1)], []],
    ['is not told from none', [], []],
  ])('%s', (_, looks, silent) => {
    expect(silentIn(nodes, looks)).toEqual(silent);
    expect(awake({ looks }).guardsSilent).toEqual(silent);
  });
});

describe('two signers', () => {
  const four = [both(1), both(2), both(3), both(4)];
  test('are suspected when both say so in four looks, each time anew', () => {
    expect(awake({ looks: four }).signers).toEqual([amber, birch]);
    expect(judge(seen({ looks: four }), { paused: true, nowMs: now }).signers).toEqual([amber, birch]);
  });
  test.each<[string, Look[]]>([
    ['from one look', four.slice(3)],
    ['from three looks', four.slice(1)],
    ['when one of them is alone', [lookAt(1), lookAt(2), lookAt(3), lookAt(4)]],
    ['when one closed in the first look', [lookAt(1), ...four.slice(1)]],
    ['when one closed in between', [both(1), lookAt(2), both(3), both(4)]],
    ['when one closed at last', [...four.slice(0, 3), lookAt(4)]],
    ['when one is missing', [...four.slice(0, 3), lookAt(4, { birch: null })]],
    ['when one did not rise at first', [both(1), both(2, { birch: { sequence: 1 } }), both(3), both(4)]],
    ['when one did not rise in the middle', [both(1), both(2), both(3, { birch: { sequence: 2 } }), both(4)]],
    ['when one did not rise at last', [both(1), both(2), both(3), both(4, { birch: { sequence: 3 } })]],
  ])('are not suspected %s', (_, looks) => {
    expect(awake({ looks }).signers).toEqual([]);
  });
  test('the sequence counts from one look to the next, not from the first', () => {
    expect(signingThrough(nodes, [both(1), both(5), both(3), both(6)])).toEqual([]);
  });
  test('of three nodes only those that sign are named', () => {
    const config = configOf((one) => {
      one['nodes'] = [...(one['nodes'] as unknown[]), { name: 'cedar', id: cedar, principal: 'arn:aws:iam::123456789012:role/cedar' }];
    });
    expect(awake({ config, looks: four })).toMatchObject({ signers: [amber, birch], guardsSilent: [cedar] });
  });
});

describe('another look', () => {
  test.each<[string, Look[], boolean]>([
    ['follows none', [], true],
    ['follows the first', [lookAt(1)], true],
    ['is not needed when all have risen', [lookAt(1), lookAt(2)], false],
    ['may see the silent one rise', [lookAt(1), lookAt(2, { birch: { sequence: 1 } })], true],
    ['may rule out the second signer', [both(1), both(2), both(3)], true],
    ['is not needed when the second signer is ruled out', [both(1), lookAt(2)], false],
    ['ends with the fourth', [both(1), both(2), both(3), both(4)], false],
    ['ends with the fourth, whoever is silent', [lookAt(1), lookAt(1), lookAt(1), lookAt(1)], false],
  ])('%s', (_, looks, on) => {
    expect(looksOn(nodes, { looks })).toBe(on);
  });
});

test.each<[string, Look[], boolean]>([
  ['after one look', [lookAt(1)], true],
  ['while one is silent in three', [lookAt(1), lookAt(1), lookAt(1)], true],
  ['when all have risen', [lookAt(1), lookAt(2)], false],
  ['when one is silent in all four', [lookAt(1), lookAt(1), lookAt(1), lookAt(1)], false],
])('who lives is not known yet %s: %o', (_, looks, unknown) => {
  expect(isUnknown(nodes, { looks })).toBe(unknown);
  expect(isUnknown(nodes, { before: lookAt(0), looks })).toBe(false);
});

describe('a standby that lags', () => {
  const lags = (first: Parameters<typeof lookAt>[1], last: Parameters<typeof lookAt>[1]): boolean =>
    awake({ looks: [lookAt(1, first), lookAt(2, last)] }).standbyNotReady;
  test('is one whose last word is behind where the active was at the first look', () => {
    expect(lags({ amber: { height: 100 } }, { amber: { height: 200 }, birch: { height: 95 } })).toBe(false);
    expect(lags({ amber: { height: 100 } }, { amber: { height: 200 }, birch: { height: 94 } })).toBe(true);
  });
  test('is none when it is not known where the active was', () => {
    expect(lags({ amber: null }, { amber: { height: 200 }, birch: { height: 1 } })).toBe(false);
    expect(lags({ amber: { height: null } }, { amber: { height: 200 }, birch: { height: 1 } })).toBe(false);
  });
});

describe('an unarmed guard', () => {
  const unarmed = (of: Partial<NodeReport>, more: Partial<Surveyed> = {}): boolean =>
    awake({ looks: [lookAt(1), lookAt(2), lookAt(3, { amber: of })], ...more }).guardUnarmed;
  test('is one that is not armed, or for another term', () => {
    expect(unarmed({})).toBe(false);
    expect(unarmed({ armed: false })).toBe(true);
    expect(unarmed({ armedTerm: t(2) })).toBe(true);
    expect(unarmed({ armedTerm: undefined })).toBe(true);
    expect(unarmed({ armedTerm: t(2) }, { lease: leaseOf({ term: t(2), releasedTerm: t(2) }) })).toBe(false);
  });
  test('is only looked for in the holder', () => {
    expect(awake({ looks: [lookAt(1), lookAt(2, { birch: { armed: false } })] }).guardUnarmed).toBe(false);
    const lease = leaseOf({ holder: birch });
    expect(awake({ lease, looks: [lookAt(1), lookAt(2, { birch: { armed: false } })] }).guardUnarmed).toBe(true);
  });
  test('is silent, and no more, when it never reported', () => {
    expect(awake({ looks: [lookAt(1, { amber: null }), lookAt(2, { amber: null })] })).toMatchObject({ guardsSilent: [amber], guardUnarmed: false });
    expect(awake({ looks: [] }).guardUnarmed).toBe(false);
  });
  test('is what the policy asks for when it is hold', () => {
    const config = configOf((one) => {
      one['policy'] = { approvers: ['role/approver'], onControlPlaneLoss: 'hold' };
    });
    expect(unarmed({ armed: false }, { config })).toBe(false);
  });
  test('is not looked for while a phase is moving', () => {
    expect(unarmed({ armed: false }, { lease: fencing() })).toBe(false);
  });
});

describe('a standby', () => {
  const notReady = (of: Partial<NodeReport> | null, more: Partial<Surveyed> = {}): boolean =>
    awake({ looks: [lookAt(1, { birch: of }), lookAt(2, { birch: of })], ...more }).standbyNotReady;
  test.each<[string, Partial<NodeReport> | null]>([
    ['never reported', null],
    ['is not synced', { synced: false }],
    ['is behind the holder', { height: 94 }],
    ['is of another build', { build: 'b2' }],
  ])('that %s is not ready', (_, of) => {
    expect(notReady(of)).toBe(true);
  });
  test('at the most allowed lag is ready', () => {
    expect(notReady({ height: 95 })).toBe(false);
  });
  test('that was fenced and not brought back is not ready, and another one in its place is', () => {
    expect(awake({ quarantined: [birch] }).standbyNotReady).toBe(true);
    expect(awake({ quarantined: [amber] }).standbyNotReady).toBe(false);
  });
  test('whose guard is silent is not ready', () => {
    expect(awake({ looks: [lookAt(1), lookAt(2, { birch: { sequence: 1 } })] })).toMatchObject({ guardsSilent: [birch], standbyNotReady: true });
  });
  test('is judged by its newest report', () => {
    expect(awake({ looks: [lookAt(1, { birch: { synced: false } }), lookAt(2, { birch: { synced: false } }), lookAt(3)] }).standbyNotReady).toBe(
      false,
    );
  });
  test('is not held to the height of a holder that is silent or never reported', () => {
    const stale = { amber: { sequence: 1, height: 1_000 } };
    expect(awake({ looks: [lookAt(1, stale), lookAt(2, stale)] })).toMatchObject({ guardsSilent: [amber], standbyNotReady: false });
    expect(awake({ looks: [lookAt(1, { amber: null }), lookAt(2, { amber: null })] }).standbyNotReady).toBe(false);
  });
  test('the holder itself is none', () => {
    expect(awake({ lease: leaseOf({ holder: birch }), looks: [lookAt(1, { amber: null }), lookAt(2, { amber: null })] }).standbyNotReady).toBe(true);
  });
  test('one that is ready is enough, and who has one node only needs none', () => {
    const three = configOf((one) => {
      one['nodes'] = [...(one['nodes'] as unknown[]), { name: 'cedar', id: cedar, principal: 'arn:aws:iam::123456789012:role/cedar' }];
    });
    expect(awake({ config: three }).standbyNotReady).toBe(false);
    const one: ValidatorConfig = { ...configOf(), nodes: configOf().nodes.slice(0, 1) };
    expect(awake({ config: one }).standbyNotReady).toBe(false);
  });
  test('is not there when nothing could be looked at', () => {
    expect(awake({ looks: [] }).standbyNotReady).toBe(true);
  });
});

describe('a person', () => {
  test('is needed when a term stands and its execution has ended', () => {
    expect(awake({ lease: fencing(), claimRunning: false }).needsPerson).toBe('term 2 is FENCING and one has ended');
    expect(awake({ lease: fencing() }).needsPerson).toBe(null);
    expect(awake({ lease: leaseOf({ claim: run('one') }), claimRunning: false }).needsPerson).toBe(null);
  });
  test('is needed when the guard of the holder asks for help now; a standby that does is no candidate, which is counted as such', () => {
    const distress = 'DiskFull: no space.';
    expect(awake({ looks: [lookAt(1), lookAt(2, { amber: { distress } })] }).needsPerson).toBe(`${amber} asks for help: DiskFull: no space.`);
    expect(awake({ looks: [lookAt(1, { amber: { distress } }), lookAt(2)] }).needsPerson).toBe(null);
    expect(awake({ looks: [lookAt(1), lookAt(2, { birch: { distress } })] })).toStrictEqual({ ...quiet, standbyNotReady: true });
    expect(awake({ looks: [lookAt(1), lookAt(2, { amber: null })] }).needsPerson).toBe(null);
    expect(awake({ looks: [] }).needsPerson).toBe(null);
    expect(awake({ looks: [lookAt(1), lookAt(2, { amber: { distress } }), lookAt(3)] }).needsPerson).toBe(null);
  });
  test('is needed for what cannot be read, and two signers are looked for all the same', () => {
    const broken = { validator: v, why: 'lease#hub-1: term is 0', nodes, looks: [both(1), both(2), both(3), both(4)] };
    expect(judgeBroken({ ...broken, paused: false })).toStrictEqual({ ...quiet, signers: [amber, birch], needsPerson: broken.why });
    expect(judgeBroken({ ...broken, paused: true, looks: [] })).toStrictEqual({ ...quiet, paused: true });
  });
});

describe('an approval that waits', () => {
  const waits = (of: Parameters<typeof recordOf>[0]): number =>
    awake({ open: recordOf({ expiresAtMs: now + 60_000, ...of }) }).approvalWaitingSeconds;
  test('is timed from when it was made', () => {
    expect(waits({ createdAtMs: now - 61_999 })).toBe(61);
    expect(waits({ createdAtMs: now + 5_000 })).toBe(0);
  });
  test('of an older version is timed from its end', () => {
    expect(waits({})).toBe(840);
  });
  test.each<[string, Parameters<typeof recordOf>[0]]>([
    ['answered', { state: 'approved' }],
    ['denied', { state: 'denied' }],
    ['over', { expiresAtMs: now }],
  ])('waits no more when it is %s', (_, of) => {
    expect(waits({ createdAtMs: now - 60_000, ...of })).toBe(0);
  });
  test('waits until its very end', () => {
    expect(waits({ createdAtMs: now - 60_000, expiresAtMs: now + 1 })).toBe(60);
  });
});

describe('the last drill', () => {
  test('is the newest move, in whole days', () => {
    expect(awake({ history: [{ atMs: now - 9 * dayMs }, { atMs: now - 3 * dayMs }, { atMs: now - 5 * dayMs }] }).drillAgeDays).toBe(3);
    expect(daysSince(now - 2 * dayMs + 1, now)).toBe(1);
    expect(daysSince(now + dayMs, now)).toBe(0);
  });
  test('is never when nothing was moved, and never later than that', () => {
    expect(awake({ history: [] }).drillAgeDays).toBe(neverDays);
    expect(awake({ history: [{ atMs: 0 }] }).drillAgeDays).toBe(neverDays);
    expect(neverDays).toBe(9_999);
  });
  test('is not asked of who has one node only', () => {
    const config: ValidatorConfig = { ...configOf(), nodes: configOf().nodes.slice(0, 1) };
    expect(awake({ config, history: [] }).drillAgeDays).toBe(0);
  });
});

test('a pause silences all but two signers', () => {
  const looks = [lookAt(1, { birch: null }), lookAt(1, { birch: null, amber: { armed: false } })];
  const open = recordOf({ expiresAtMs: now + 60_000 });
  const loud = seen({ looks, open, history: [], lease: leaseOf() });
  expect(judge(loud, { paused: false, nowMs: now })).toStrictEqual({
    ...quiet,
    guardsSilent: [amber, birch],
    guardUnarmed: true,
    standbyNotReady: true,
    approvalWaitingSeconds: 840,
    drillAgeDays: neverDays,
  });
  expect(judge(loud, { paused: true, nowMs: now })).toStrictEqual({ ...quiet, paused: true });
});
