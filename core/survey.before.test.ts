import { expect, describe, test } from 'vitest';
import { amber, birch, configOf, leaseOf } from '../test/support/core.ts';
import { both, judgementOf, lookAt } from '../test/support/looks.ts';
import { judge, looksOn, type Look, type Looks } from './survey.ts';
import { epochMs } from './time.ts';

const nodes = [amber, birch];
const now = epochMs(1_700_000_000_000);
const quiet = judgementOf();
const awake = (of: Looks) =>
  judge(
    { config: configOf(), lease: leaseOf(), claimRunning: true, quarantined: [], open: undefined, history: [{ atMs: now }], ...of },
    { paused: false, nowMs: now },
  );

describe('another look, after a survey before,', () => {
  test.each<[string, Look[], boolean]>([
    ['follows none', [], true],
    ['is not needed when all have risen since', [lookAt(2)], false],
    ['is not needed when one is silent, for it was watched long enough', [lookAt(2, { birch: { sequence: 1 } })], false],
    ['may rule out the second signer', [both(2)], true],
    ['is not needed when the second signer is ruled out', [both(2), lookAt(3)], false],
    ['ends with the fourth', [both(2), both(3), both(4), both(5)], false],
  ])('%s', (_, looks, on) => {
    expect(looksOn(nodes, { before: both(1), looks })).toBe(on);
  });
});

describe('what the survey before saw', () => {
  test('tells who lives from one look', () => {
    expect(awake({ before: lookAt(1), looks: [lookAt(2)] })).toStrictEqual(quiet);
    expect(awake({ before: lookAt(1), looks: [lookAt(2, { birch: { sequence: 1 } })] })).toMatchObject({
      guardsSilent: [birch],
      standbyNotReady: true,
    });
    expect(awake({ before: lookAt(1, { birch: { sequence: 1 } }), looks: [lookAt(2), lookAt(2)] }).guardsSilent).toEqual([]);
  });
  test('is where the active was, when a standby is judged', () => {
    const lags = (height: number): boolean =>
      awake({ before: lookAt(1, { amber: { height: 100 } }), looks: [lookAt(2, { amber: { height: 200 }, birch: { height } })] }).standbyNotReady;
    expect([lags(95), lags(94)]).toEqual([false, true]);
  });
  test('is no look of two signers', () => {
    expect(awake({ before: both(1), looks: [both(2), both(3), both(4)] }).signers).toEqual([]);
    expect(awake({ before: lookAt(1), looks: [both(2), both(3), both(4), both(5)] }).signers).toEqual([amber, birch]);
  });
});
