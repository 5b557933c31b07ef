import { describe, expect, test } from 'vitest';
import { amber, birch, configOf } from '../test/support/core.ts';
import { both, judgementOf, lookAt } from '../test/support/looks.ts';
import { judgeGate, looksOn, type Look } from './survey.ts';

const quiet = judgementOf();

describe('custody gate', () => {
  const gated = (looks: readonly Look[], paused = false) => judgeGate({ config: configOf(), looks }, { paused });
  test('several that sign are as it must be', () => {
    expect(gated([both(1), both(2), both(3), both(4)])).toEqual(quiet);
  });
  test('one signer alone is one too few, and one that is silent signs nothing that counts', () => {
    expect(gated([lookAt(1), lookAt(2)])).toEqual({ ...quiet, standbyNotReady: true });
    expect(gated([both(1), both(2, { birch: { sequence: 1 } })])).toEqual({ ...quiet, standbyNotReady: true, guardsSilent: [birch] });
    expect(gated([both(1, { birch: null }), lookAt(2)])).toEqual({ ...quiet, standbyNotReady: true });
  });
  test('a guard that has reported since the survey before is up', () => {
    const one = (sequence: number) =>
      judgeGate({ config: configOf(), before: both(1), looks: [both(2, { birch: { sequence } })] }, { paused: false });
    expect(one(2)).toEqual(quiet);
    expect(one(1)).toEqual({ ...quiet, standbyNotReady: true, guardsSilent: [birch] });
  });
  test('another look tells no more of those that sign, but of one that was not seen to report', () => {
    const nodes = [amber, birch];
    expect(looksOn(nodes, { looks: [both(1), both(2)] }, true)).toBe(false);
    expect(looksOn(nodes, { before: both(1), looks: [both(2)] }, true)).toBe(false);
    expect(looksOn(nodes, { looks: [both(1)] }, true)).toBe(true);
    expect(looksOn(nodes, { looks: [both(1), both(2, { birch: { sequence: 1 } })] }, true)).toBe(true);
  });
  test('whoever is up and asks for help is named', () => {
    const help = { birch: { distress: 'ArbiterSilent: no answer' } };
    expect(gated([both(1), both(2, help)])).toEqual({ ...quiet, needsPerson: `birch (${birch}) asks for help: ArbiterSilent: no answer` });
    expect(gated([both(1, help), both(1, help)]).needsPerson).toBe(null);
  });
  test('what was never seen signs nothing and asks for nothing', () => {
    expect(gated([])).toEqual({ ...quiet, standbyNotReady: true });
    expect(gated([lookAt(1, { birch: null })])).toEqual({ ...quiet, standbyNotReady: true });
  });
  test('the last look counts', () => {
    expect(gated([both(1), lookAt(2), both(3)])).toEqual(quiet);
    expect(gated([both(1), both(2), lookAt(3)])).toEqual({ ...quiet, standbyNotReady: true });
  });
  test('a pause silences all', () => {
    expect(gated([lookAt(1), lookAt(1)], true)).toEqual({ ...quiet, paused: true });
  });
});
