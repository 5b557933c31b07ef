import { expect, describe, test } from 'vitest';
import type { NodeReport } from './report.ts';
import { amber, birch, configOf, reportOf, v } from '../test/support/core.ts';
import { judgeGate, type Look } from './survey.ts';

/** A look in which amber signs and birch is ready; each node's sequence is that of the look, plus what is said. */
const lookAt = (sequence: number, of: { amber?: Partial<NodeReport> | null; birch?: Partial<NodeReport> | null } = {}): Look => ({
  ...(of.amber === null ? {} : { [amber]: reportOf({ sequence, ...of.amber }) }),
  ...(of.birch === null ? {} : { [birch]: reportOf({ node: birch, sequence, signing: false, ...of.birch }) }),
});
const both = (sequence: number, of: Parameters<typeof lookAt>[1] = {}): Look => lookAt(sequence, { ...of, birch: { signing: true, ...of.birch } });
const quiet = {
  validator: v,
  paused: false,
  guardsSilent: [],
  guardUnarmed: false,
  standbyNotReady: false,
  signers: [],
  needsPerson: null,
  approvalWaitingSeconds: 0,
  drillAgeDays: 0,
};

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
