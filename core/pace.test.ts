import { describe, expect, test } from 'vitest';
import { amber, birch, leaseOf } from '../test/support/core.ts';
import { alertMs, isAlert, isSame, longestReportMs, mayPeek, newPace, onCall, readInMs, reportEveryMs, type Pace } from './pace.ts';
import { durationMs, steadyMs } from './time.ts';

const call = '0123456789abcdef';
const other = 'fedcba9876543210';

describe('a call', () => {
  const seen = onCall(newPace, leaseOf({ call }), steadyMs(5));
  test('makes alert for thirty seconds, and so does the first look at a lease', () => {
    expect(seen).toEqual({ call, alertUntilMs: 30_005 });
    expect(onCall(newPace, leaseOf(), steadyMs(1))).toEqual({ call: '', alertUntilMs: 30_001 });
    expect(alertMs).toBe(30_000);
  });
  test('counts once', () => {
    expect(onCall(seen, leaseOf({ call }), steadyMs(9))).toBe(seen);
    const uncalled: Pace = { call: '', alertUntilMs: steadyMs(0) };
    expect(onCall(uncalled, leaseOf(), steadyMs(9))).toBe(uncalled);
  });
  test('another one counts anew, and so does one that is gone', () => {
    expect(onCall(seen, leaseOf({ call: other }), steadyMs(9))).toEqual({ call: other, alertUntilMs: 30_009 });
    expect(onCall(seen, leaseOf(), steadyMs(9))).toEqual({ call: '', alertUntilMs: 30_009 });
  });
  test('of no lease is none', () => {
    expect(onCall(seen, undefined, steadyMs(9))).toBe(seen);
  });
});

describe('alert', () => {
  const quiet: Pace = { call, alertUntilMs: steadyMs(0) };
  const called: Pace = { call, alertUntilMs: steadyMs(100) };
  test.each<[string, Pace, ReturnType<typeof leaseOf> | undefined, number, boolean]>([
    ['is nobody before the first lease', newPace, undefined, 0, false],
    ['is nobody in a quiet HELD', quiet, leaseOf(), 0, false],
    ['is who was called', called, leaseOf(), 99, true],
    ['is who was called, whatever is known of the lease', called, undefined, 99, true],
    ['is nobody once the call is old', called, leaseOf(), 100, false],
    ['is everybody in FENCING', quiet, leaseOf({ phase: 'FENCING' }), 0, true],
    ['is everybody in RELEASED', quiet, leaseOf({ phase: 'RELEASED' }), 0, true],
  ])('%s', (_, pace, lease, nowMs, alert) => {
    expect(isAlert(pace, lease, steadyMs(nowMs))).toBe(alert);
  });
});

test.each([
  [false, false, 3_000],
  [false, true, 1_000],
  [true, false, 200],
  [true, true, 200],
])('the next read, alert %o, after a failure %o: in %i ms', (alert, failed, ms) => {
  expect(readInMs({ alert, failed }, { pollMs: durationMs(3_000), movingPollMs: durationMs(200) })).toBe(ms);
});
test('after a failure no later than it would be', () => {
  expect(readInMs({ alert: false, failed: true }, { pollMs: durationMs(400), movingPollMs: durationMs(200) })).toBe(400);
});

describe('a peek', () => {
  const may = { alert: false, holds: false, lease: leaseOf({ holder: amber }), node: birch, peeks: 0 };
  test('is for a quiet standby that knows the lease', () => {
    expect(mayPeek(may)).toBe(true);
    expect(mayPeek({ ...may, peeks: 8 })).toBe(true);
  });
  test.each<[string, Partial<Parameters<typeof mayPeek>[0]>]>([
    ['is alert', { alert: true }],
    ['holds', { holds: true }],
    ['knows no lease', { lease: undefined }],
    ['is the recorded active', { node: amber }],
    ['has peeked nine times in a row', { peeks: 9 }],
  ])('is not for who %s', (_, more) => {
    expect(mayPeek({ ...may, ...more })).toBe(false);
  });
  test('shows the same while neither version nor call changes', () => {
    expect(isSame(leaseOf({ version: 3, call }), leaseOf({ version: 3, call }))).toBe(true);
    expect(isSame(leaseOf({ version: 4, call }), leaseOf({ version: 3, call }))).toBe(false);
    expect(isSame(leaseOf({ version: 3, call: other }), leaseOf({ version: 3, call }))).toBe(false);
    expect(isSame(undefined, leaseOf())).toBe(false);
    expect(isSame(undefined, undefined)).toBe(true);
  });
});

describe('a report', () => {
  const timing = { leaseMs: durationMs(15_000), stopMs: durationMs(3_000), marginMs: durationMs(2_000) };
  test.each([
    [false, false, false, 30_000],
    [false, true, false, 5_000],
    [true, false, false, 2_000],
    [true, true, false, 2_000],
    [false, false, true, 1_000],
    [false, true, true, 1_000],
    [true, true, true, 1_000],
  ])('alert %o, holds %o, failed %o: each %i ms', (alert, holds, failed, ms) => {
    expect(reportEveryMs({ alert, holds, failed }, timing)).toBe(ms);
  });
  test('of a holder, and of who may become it, leaves time for another one under a short lease', () => {
    const short = { leaseMs: durationMs(2_000), stopMs: durationMs(500), marginMs: durationMs(300) };
    expect(reportEveryMs({ alert: false, holds: true, failed: false }, short)).toBe(600);
    expect(reportEveryMs({ alert: true, holds: true, failed: true }, short)).toBe(600);
    expect(reportEveryMs({ alert: true, holds: false, failed: false }, short)).toBe(600);
    expect(reportEveryMs({ alert: false, holds: false, failed: false }, short)).toBe(30_000);
  });
  test('is never further apart than who asks for it waits', () => {
    expect(longestReportMs).toBe(30_000);
  });
});
