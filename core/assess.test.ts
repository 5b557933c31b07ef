import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, configOf, fencing, leaseOf, reportOf, robin, run, t } from '../test/support/core.ts';
import { assessRequest, type AssessInput } from './assess.ts';
import { notReady } from './assess-gates.ts';
import { hashOf } from './plan.ts';
import type { NodeReport } from './report.ts';
import { epochMs } from './time.ts';

/** What an operator reads when there is no plan: the code, the sentence and the next command. And the plan, whole. */

const verdictCause = { kind: 'verdict' as const, by: 'watch', reason: 'Failing.' };
const asked = { execution: run('one'), kind: 'failover' as const, cause: verdictCause };
const byHand = { ...asked, cause: { kind: 'operator' as const, by: robin, reason: 'Asked.' } };
const byDrill = { ...asked, kind: 'switchover' as const, cause: { kind: 'drill' as const, by: 'schedule', reason: 'Drill.' } };
const base = (of: Partial<AssessInput> = {}): AssessInput => ({
  config: configOf(),
  configHash: 'c'.repeat(64),
  lease: leaseOf(),
  verdict: 'failing',
  head: 101,
  paused: null,
  frozen: null,
  history: [],
  nowMs: epochMs(100_000_000),
  claimRunning: false,
  dryRun: false,
  approvalAlways: false,
  reports: { [amber]: reportOf(), [birch]: reportOf({ node: birch, signing: false }) },
  ...{ silent: [], quarantined: [] },
  window: null,
  request: asked,
  ...of,
});
type Change = (one: Record<string, unknown>) => void;
const configured =
  (of: Record<string, unknown>): Change =>
  (one) =>
    void Object.assign(one, of);
const three: Change = (one) => {
  const nodes = one['nodes'] as unknown[];
  one['nodes'] = [...nodes, { name: 'cedar', id: cedar, principal: `arn:aws:sts::123456789012:assumed-role/node/${cedar}` }];
};
const ago = (...seconds: number[]): AssessInput['history'] => seconds.map((s) => ({ execution: `x${s}`, atMs: 100_000_000 - s * 1_000 }));
const drilled = (...seconds: number[]): AssessInput['history'] =>
  seconds.map((s) => ({ execution: `hub-1.t1.drill-there-${s}`, atMs: 100_000_000 - s * 1_000 }));
const birchIs = (of: Partial<NodeReport>): AssessInput['reports'] => ({ [amber]: reportOf(), [birch]: reportOf({ node: birch, ...of }) });
const refused = (code: string, sentence: string, next: string): Without => ({ decision: 'refused', code, sentence, next });
type Without = Record<string, unknown>;
/** Without the gates, which have tests of their own. */
const assessed = (of: AssessInput): Without => {
  const { gates, ...rest } = assessRequest(of);
  expect(gates.length).toBeGreaterThan(0);
  return rest;
};

describe('why there is no plan', () => {
  const cases: [string, () => Partial<AssessInput>, Without][] = [
    ['not enrolled', () => ({ lease: undefined }), refused('LeaseMissing', 'hub-1 is not enrolled.', 'baton apply validators.yaml')],
    [
      'cancelled, also after its window',
      () => ({ window: { notAfterMs: epochMs(1), cancelled: true }, request: byHand }),
      refused('Cancelled', 'The planned move was cancelled, or another one took its place.', 'baton status hub-1'),
    ],
    [
      'its window is over to the millisecond',
      () => ({ window: { notAfterMs: epochMs(100_000_000), cancelled: false }, request: byHand }),
      refused('WindowOver', 'Its window ended at 1970-01-02 03:46:40 UTC.', 'baton switchover hub-1'),
    ],
    [
      'paused, even by hand',
      () => ({ paused: { by: robin, reason: 'Upgrade' }, request: byHand }),
      refused('Paused', `hub-1 is paused by ${robin}: Upgrade.`, 'baton resume hub-1'),
    ],
    [
      'policy watch',
      () => ({ config: configOf(configured({ policy: { mode: 'watch' } })) }),
      refused('Watching', 'Policy of hub-1 is watch: Baton tells and does nothing.', 'baton failover hub-1'),
    ],
    [
      'another execution runs',
      () => ({ lease: fencing(), claimRunning: true }),
      refused('ClaimRunning', 'one is driving term 2.', 'baton explain one'),
    ],
    [
      'the chain stands still, even by hand',
      () => ({ verdict: 'halted', request: byHand }),
      refused('ChainHalted', 'The whole chain stands still: moving the right to sign would not help.', 'Wait until the chain moves, then ask again.'),
    ],
    [
      'nobody can tell',
      () => ({ verdict: 'unobservable' }),
      refused('Unobservable', 'Fewer vantages than needed can tell; this counts as alive.', 'baton status hub-1'),
    ],
    ['healthy', () => ({ verdict: 'healthy' }), refused('Recovered', 'A fresh probe saw it sign: nothing to do.', 'baton status hub-1')],
    ['suspect', () => ({ verdict: 'suspect' }), refused('Recovered', 'A fresh probe saw it sign: nothing to do.', 'baton status hub-1')],
    [
      'a failover just under the cool-down ago, counted from the latest',
      () => ({ history: ago(599, 86_400) }),
      refused('CoolDown', 'The last failover was 599 s ago; 600 s must lie between two.', 'baton failover hub-1'),
    ],
    [
      'a holder that was released and never seen signing',
      () => ({ lease: fencing({ phase: 'RELEASED' }), request: { ...asked, cause: { kind: 'alarm', by: 'x', reason: 'Rings.' } } }),
      refused('CircuitBreaker', `${amber} has never been seen signing in term 2: a person must look first.`, 'baton failover hub-1'),
    ],
    [
      'as many failovers within a day as are allowed',
      () => ({ history: ago(700, 5_000, 86_399) }),
      refused('CircuitBreaker', '3 failovers within a day: a person must look first.', 'baton failover hub-1'),
    ],
    [
      'a drill just under the cool-down ago',
      () => ({ history: [{ execution: 'hub-1.t1.drill-back-20260304', atMs: 100_000_000 - 599_000 }] }),
      refused('CoolDown', 'The last failover was 599 s ago; 600 s must lie between two.', 'baton failover hub-1'),
    ],
    ...(['suspect', 'failing', 'unobservable'] as const).map((verdict): [string, () => Partial<AssessInput>, Without] => [
      `a drill of a validator that is ${verdict}`,
      () => ({ verdict, request: byDrill }),
      refused('NotQuiet', `hub-1 is ${verdict}, term 1 is HELD: no time for a drill.`, 'baton status hub-1'),
    ]),
    [
      'a drill of a term that is moving',
      () => ({ verdict: 'healthy', lease: fencing(), request: byDrill }),
      refused('NotQuiet', 'hub-1 is healthy, term 2 is FENCING: no time for a drill.', 'baton status hub-1'),
    ],
    [
      'a drill where policy is watch',
      () => ({ verdict: 'healthy', request: byDrill, config: configOf(configured({ policy: { mode: 'watch' } })) }),
      refused('Watching', 'Policy of hub-1 is watch: Baton tells and does nothing.', 'baton failover hub-1'),
    ],
    [
      'to the recorded active itself',
      () => ({ request: { ...byHand, to: amber } }),
      refused('CandidateIsHolder', `${amber} is the recorded active already.`, 'baton status hub-1'),
    ],
    [
      'to a stranger',
      () => ({ request: { ...byHand, to: cedar } }),
      refused('NoCandidate', `${cedar} is not a node of hub-1.`, 'baton status hub-1'),
    ],
    [
      'to a standby that is not ready',
      () => ({ request: { ...byHand, to: birch }, reports: birchIs({ synced: false }) }),
      refused('CandidateNotReady', `${birch} is not ready: it is not synced.`, 'baton status hub-1'),
    ],
    [
      'to a standby whose guard is silent, however good its last report',
      () => ({ request: { ...byHand, to: birch }, silent: [birch] }),
      refused('CandidateNotReady', `${birch} is not ready: its guard is silent.`, 'baton status hub-1'),
    ],
    [
      'no standby at all',
      () => ({ config: configOf((one) => void (one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1))) }),
      refused('NoCandidate', 'hub-1 has no standby.', 'Add a node to validators.yaml and apply it.'),
    ],
    [
      'no standby that is ready',
      () => ({ config: configOf(three), reports: birchIs({ synced: false }) }),
      refused('CandidateNotReady', `No standby is ready: ${birch}: it is not synced; ${cedar}: its guard has never reported.`, 'baton status hub-1'),
    ],
  ];
  test.each(cases)('%s', (_, of, expected) => {
    expect(assessed(base(of()))).toStrictEqual(expected);
  });
});

describe('what does not stand in the way', () => {
  test.each<[string, () => Partial<AssessInput>]>([
    ['a window that is open for another millisecond', () => ({ window: { notAfterMs: epochMs(100_000_001), cancelled: false } })],
    ['policy watch, by hand', () => ({ config: configOf(configured({ policy: { mode: 'watch' } })), request: byHand })],
    ['a claim whose execution has ended', () => ({ lease: fencing(), verdict: 'healthy' })],
    ['a settled lease whose last execution still runs', () => ({ claimRunning: true })],
    ['a stolen term within the cool-down', () => ({ lease: fencing(), history: ago(1) })],
    ['unobservable, by hand', () => ({ verdict: 'unobservable', request: byHand })],
    ['healthy, by hand', () => ({ verdict: 'healthy', request: byHand })],
    ['suspect, by hand', () => ({ verdict: 'suspect', request: byHand })],
    ['a switchover of a healthy one', () => ({ verdict: 'healthy', request: { ...asked, kind: 'switchover' } })],
    ['exactly the cool-down', () => ({ history: ago(600) })],
    ['fewer failovers than allowed', () => ({ history: ago(1_200, 5_000) })],
    ['one of three that is a day old', () => ({ history: ago(1_200, 5_000, 86_400) })],
    ['drills, for the circuit breaker', () => ({ history: [...drilled(1_200, 1_300, 1_400, 1_500), ...ago(5_000, 6_000)] })],
    ['a drill when all is well', () => ({ verdict: 'healthy', request: byDrill, history: ago(1, 2, 3) })],
    ['a switchover by hand whatever the verdict', () => ({ verdict: 'failing', request: { ...byHand, kind: 'switchover' } })],
    ['cool-down and circuit breaker, by hand', () => ({ history: ago(1, 2, 3), request: byHand })],
    ['the holder that never reported', () => ({ reports: { [birch]: reportOf({ node: birch }) } })],
  ])('%s', (_, of) => {
    expect(assessRequest(base(of()))).toMatchObject({ decision: 'proceed', plan: { candidate: birch } });
  });
});

describe('which standby', () => {
  const heights = (b: number, c: number): AssessInput => {
    const of = { [amber]: reportOf(), [birch]: reportOf({ node: birch, height: b }), [cedar]: reportOf({ node: cedar, height: c }) };
    return base({ config: configOf(three), reports: of });
  };
  const candidateOf = (of: AssessInput): string => {
    const found = assessRequest(of);
    return found.decision === 'proceed' ? found.plan.candidate : found.code;
  };
  test('the highest of the ready ones; the first in the file of equals', () => {
    expect(candidateOf(heights(99, 100))).toBe(cedar);
    expect(candidateOf(heights(100, 99))).toBe(birch);
    expect(candidateOf(heights(100, 100))).toBe(birch);
    expect(candidateOf(heights(90, 97))).toBe(cedar);
  });
  test('the one asked for, even if another is higher', () => {
    expect(candidateOf({ ...heights(99, 100), request: { ...byHand, to: birch } })).toBe(birch);
  });
});

test('the plan, whole', () => {
  const config = configOf(configured({ policy: { approvers: ['role/approver'], approvalMs: 1_001 }, timing: { quarantineMs: 2_500 } }));
  const found = assessed(base({ config, lease: leaseOf({ term: t(4), holder: birch }), reports: birchIs({}) }));
  expect(found).toStrictEqual({
    decision: 'proceed',
    plan: {
      validator: 'hub-1',
      kind: 'failover',
      execution: 'one',
      cause: verdictCause,
      term: 4,
      phase: 'HELD',
      holder: birch,
      candidate: amber,
      accepts: ['relinquished', 'stopped', 'powered-off'],
      approval: { required: true, quorum: 1, approvers: ['role/approver'] },
      config: 'c'.repeat(64),
    },
    planHash: '5c2574d260b2d1e61fc2235cdb10e45c279363cfa55b245a2d225ad99a7d494d',
    approvalRequired: true,
    approvalSeconds: 2,
    quarantineSeconds: 3,
    sentence: `Plan: fence birch (${birch}), then let amber (${amber}) sign for hub-1 in term 5. Reason: Failing.`,
  });
});

test('another candidate is another plan', () => {
  const found = assessRequest(base());
  if (found.decision !== 'proceed') throw new Error(found.code);
  expect(hashOf({ ...found.plan, candidate: cedar })).not.toBe(found.planHash);
});

test('a dry run tells what would be done, and plans nothing', () => {
  const config = configOf(configured({ policy: { mode: 'auto' } }));
  expect(assessed(base({ dryRun: true, config, request: byHand }))).toStrictEqual(
    refused(
      'DryRun',
      'Dry run: Baton would fence amber and let birch sign for hub-1; nothing was done.',
      'Deploy the stack with DryRun=false when this is what you want.',
    ),
  );
});

test('mode auto needs approval when the stack asks people for everything', () => {
  const config = configOf(configured({ policy: { mode: 'auto' } }));
  expect(assessRequest(base({ config, approvalAlways: true }))).toMatchObject({ approvalRequired: true, plan: { approval: { required: true } } });
});

test('mode auto needs no approval', () => {
  const config = configOf(configured({ policy: { mode: 'auto' } }));
  expect(assessRequest(base({ config }))).toMatchObject({ approvalRequired: false, plan: { approval: { required: false } } });
});

test('a recorded active that is no longer in the file is named by its id', () => {
  const found = assessRequest(base({ lease: leaseOf({ holder: cedar }), reports: { [birch]: reportOf({ node: birch }) } }));
  expect(found.sentence).toBe(`Plan: fence ${cedar} (${cedar}), then let birch (${birch}) sign for hub-1 in term 2. Reason: Failing.`);
});

describe('a standby is not ready', () => {
  const reason = (of: Partial<NodeReport>, head: number | null = 105, build: string | undefined = 'b1'): string | null =>
    notReady({ config: configOf(), node: birch, report: reportOf({ node: birch, ...of }), head, build });
  test('for a reason', () => {
    expect(notReady({ config: configOf(), node: birch, report: undefined, head: 105, build: 'b1' })).toBe('its guard has never reported');
    expect(reason({ distress: 'DiskFull: no space.' })).toBe('its guard reports: DiskFull: no space.');
    expect(reason({ synced: false })).toBe('it is not synced');
    expect(reason({ height: null })).toBe('it cannot tell its height');
    expect(reason({ height: 99 })).toBe('it is 6 behind the head, at most 5 allowed');
    expect(reason({ diskFreeBytes: 999_999_999 })).toBe('999999999 bytes of disk are free, 1000000000 needed');
    expect(reason({ build: 'b2' })).toBe("its guard is build b2, the active's is b1");
  });
  test('or for none', () => {
    expect(reason({})).toBe(null);
    expect(reason({ height: 100 })).toBe(null);
    expect(reason({ height: 0 }, null)).toBe(null);
    expect(reason({ diskFreeBytes: 1_000_000_000 })).toBe(null);
    expect(reason({ diskFreeBytes: null })).toBe(null);
    expect(notReady({ config: configOf(), node: birch, report: reportOf({ build: 'b2' }), head: 105, build: undefined })).toBe(null);
  });
});

test.each([
  [900_000, 900],
  [899_999, 900],
  [60_001, 61],
  [1, 1],
  [86_400_000, 900],
])('with %i ms left of its window people are asked for %i s', (leftMs, seconds) => {
  const window = { notAfterMs: epochMs(100_000_000 + leftMs), cancelled: false };
  expect(assessRequest(base({ window }))).toMatchObject({ approvalSeconds: seconds });
});
