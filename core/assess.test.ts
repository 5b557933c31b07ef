import { describe, expect, test } from 'vitest';
import { amber, birch, configOf, fencing, leaseOf, reportOf, robin, run } from '../test/support/core.ts';
import { assessRequest, type AssessInput } from './assess.ts';
import { hashOf } from './plan.ts';
import { epochMs } from './time.ts';

const base = (of: Partial<AssessInput> = {}): AssessInput => ({
  config: configOf(),
  configHash: 'c'.repeat(64),
  lease: leaseOf(),
  verdict: 'failing',
  head: 101,
  paused: null,
  history: [],
  nowMs: epochMs(10_000_000),
  claimRunning: false,
  reports: { [amber]: reportOf(), [birch]: reportOf({ node: birch, signing: false }) },
  request: { execution: run('one'), kind: 'failover', cause: { kind: 'verdict', by: 'watch', reason: 'Failing.' } },
  ...of,
});
const byHand = { execution: run('one'), kind: 'failover' as const, cause: { kind: 'operator' as const, by: robin, reason: 'Asked.' } };
const birchIs = (of: Parameters<typeof reportOf>[0]): AssessInput['reports'] => ({ [amber]: reportOf(), [birch]: reportOf({ node: birch, ...of }) });
const minutes = 60_000;

describe('state in, decision out', () => {
  test.each<[string, Partial<AssessInput>, string]>([
    ['not enrolled', { lease: undefined }, 'LeaseMissing'],
    ['paused', { paused: { by: robin, reason: 'Upgrade.' } }, 'Paused'],
    [
      'policy watch',
      {
        config: configOf((one) => {
          one['policy'] = { mode: 'watch' };
        }),
      },
      'Watching',
    ],
    ['another execution runs', { lease: fencing(), claimRunning: true }, 'ClaimRunning'],
    ['the chain halted', { verdict: 'halted' }, 'ChainHalted'],
    ['it signs again', { verdict: 'healthy' }, 'Recovered'],
    ['it may be signing again', { verdict: 'suspect' }, 'Recovered'],
    ['nobody can tell', { verdict: 'unobservable' }, 'Unobservable'],
    ['a failover five minutes ago', { history: [{ execution: 'x', atMs: 10_000_000 - 5 * minutes }] }, 'CoolDown'],
    [
      'three failovers today',
      { history: [20, 40, 60].map((ago) => ({ execution: String(ago), atMs: 10_000_000 - ago * minutes })) },
      'CircuitBreaker',
    ],
    [
      'no standby',
      {
        config: configOf((one) => {
          one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1);
        }),
      },
      'NoCandidate',
    ],
    ['the standby never reported', { reports: { [amber]: reportOf() } }, 'CandidateNotReady'],
    ['the standby is behind', { reports: birchIs({ height: 95 }) }, 'CandidateNotReady'],
    ['the standby is not synced', { reports: birchIs({ synced: false }) }, 'CandidateNotReady'],
    ['the standby is in distress', { reports: birchIs({ distress: 'ValidatorDown' }) }, 'CandidateNotReady'],
    ['the standby has another build', { reports: birchIs({ build: 'b2' }) }, 'CandidateNotReady'],
    ['the standby has no disk', { reports: birchIs({ diskFreeBytes: 10 }) }, 'CandidateNotReady'],
    ['the standby cannot tell its height', { reports: birchIs({ height: null }) }, 'CandidateNotReady'],
    ['to the holder itself', { request: { ...byHand, to: amber } }, 'CandidateIsHolder'],
  ])('%s is refused', (_, of, code) => {
    expect(assessRequest(base(of))).toMatchObject({ decision: 'refused', code });
  });
  test.each<[string, Partial<AssessInput>]>([
    ['a failing validator', {}],
    ['by hand while it cannot be seen', { verdict: 'unobservable', request: byHand }],
    ['by hand during the cool-down', { history: [{ execution: 'x', atMs: 9_999_999 }], request: byHand }],
    ['a planned switchover of a healthy one', { verdict: 'healthy', request: { ...byHand, kind: 'switchover', to: birch } }],
    ['an abandoned claim', { lease: fencing(), verdict: 'suspect' }],
    ['at exactly the largest lag', { reports: birchIs({ height: 96 }) }],
  ])('%s is planned', (_, of) => {
    expect(assessRequest(base(of)).decision).toBe('proceed');
  });
});

test('the plan names the recorded active, the candidate and what was assessed, and hashes to what is approved', () => {
  const found = assessRequest(base());
  if (found.decision !== 'proceed') throw new Error(found.code);
  expect(found.plan).toMatchObject({
    holder: amber,
    candidate: birch,
    term: 1,
    phase: 'HELD',
    execution: 'one',
    accepts: ['relinquished', 'stopped', 'powered-off'],
  });
  expect(found.planHash).toBe(hashOf(found.plan));
  expect(hashOf({ ...found.plan, candidate: amber })).not.toBe(found.planHash);
  expect(found).toMatchObject({ approvalRequired: true, approvalSeconds: 900 });
});

test('the holder of the lease is fenced, not the configured one', () => {
  const found = assessRequest(base({ lease: leaseOf({ holder: birch }), reports: { [amber]: reportOf(), [birch]: reportOf({ node: birch }) } }));
  expect(found).toMatchObject({ decision: 'proceed', plan: { holder: birch, candidate: amber } });
});

test('mode auto needs no approval', () => {
  const config = configOf((one) => {
    one['policy'] = { mode: 'auto' };
  });
  expect(assessRequest(base({ config }))).toMatchObject({ decision: 'proceed', approvalRequired: false });
});
