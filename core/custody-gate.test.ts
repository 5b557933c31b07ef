import { describe, expect, test } from 'vitest';
import { registry } from '../chains/registry.ts';
import { amber, birch, configOf, leaseOf, reportOf, robin, run, v } from '../test/support/core.ts';
import { assessRequest } from './assess.ts';
import { checkValidator } from './check.ts';
import { judgeValidator } from './doctor.ts';
import { BatonError } from './errors.ts';
import { epochMs } from './time.ts';

/** What the rules make of a validator of custody gate. */

type One = Record<string, unknown>;
const gated = (of: One = {}) => configOf((one) => void Object.assign(one, { custody: 'gate', ...of }));
const policy = (of: One) => ({ policy: { approvers: ['role/approver'], ...of } });
const systemd = { kind: 'systemd', progressPath: '/', progressPointer: '/p', headPath: '/', headPointer: '/h' };
const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab';
const alone = { nodes: [{ name: 'amber', id: amber, principal: `arn:aws:sts::123456789012:assumed-role/node/${amber}` }] };

const answer = (of: One): unknown => {
  try {
    return checkValidator(gated(of), registry).custody;
  } catch (error) {
    return error instanceof BatonError ? error.toJSON() : error;
  }
};
const refusal = (field: string, message: string, fix: string) => ({
  code: 'ConfigInvalid',
  field: `hub-1.${field}`,
  message: `hub-1: ${message}`,
  fix,
});

describe('the configuration', () => {
  test('of two nodes is valid, and of custody release too', () => {
    expect(answer({})).toBe('gate');
    expect(answer({ custody: 'release', ...alone })).toBe('release');
    expect(answer({ kmsKey })).toBe('gate');
  });
  test.each<[string, One, unknown]>([
    [
      'a key in KMS and custody release',
      { custody: 'release', kmsKey },
      refusal('kmsKey', 'a key in KMS needs custody gate, where the arbiter decides each signature', 'Take kmsKey out, or set custody to gate.'),
    ],
    [
      'a key in KMS on a chain whose keys are of another kind',
      { chain: systemd, kmsKey },
      refusal('kmsKey', 'the keys of systemd cannot sign in KMS: Ed25519 alone can', 'Take kmsKey out.'),
    ],
    [
      'a chain without a signer that asks',
      { chain: systemd },
      refusal('custody', 'custody is gate: systemd has no signer that asks the arbiter', 'Set custody to release.'),
    ],
    ['one node', alone, refusal('nodes', 'custody gate with 1 node: expected at least 2, better 3', 'Add nodes, or set custody to release.')],
    [
      'hold',
      policy({ onControlPlaneLoss: 'hold' }),
      refusal(
        'policy.onControlPlaneLoss',
        'policy.onControlPlaneLoss is hold: with custody gate nothing is signed without the arbiter',
        'Set it to stop.',
      ),
    ],
    [
      'drills',
      policy({ drill: { everyDays: 30, window: { from: '02:00', to: '04:00' } } }),
      refusal('policy.drill', 'drills are asked for, and custody gate has nothing to move', 'Take policy.drill out.'),
    ],
  ])('with %s is refused', (_, of, told) => {
    expect(answer(of)).toEqual(told);
  });
});

test('there is nothing to move, whatever stands in the table', () => {
  for (const lease of [undefined, leaseOf()])
    expect(
      assessRequest({
        config: gated(),
        configHash: 'c'.repeat(64),
        lease,
        reports: {},
        silent: [],
        quarantined: [],
        verdict: 'failing',
        head: 101,
        paused: null,
        frozen: null,
        history: [],
        nowMs: epochMs(1),
        request: { execution: run('one'), kind: 'failover', cause: { kind: 'operator', by: robin, reason: 'Asked.' } },
        window: null,
        claimRunning: false,
        dryRun: false,
        approvalAlways: false,
      }),
    ).toEqual({
      decision: 'refused',
      code: 'NothingToMove',
      sentence: 'hub-1 has custody gate: every member signs, so there is nothing to move.',
      next: 'baton gate show hub-1',
      gates: [{ gate: 'custody', node: null, seen: 'gate', required: 'release', verdict: 'closed' }],
    });
});

test('doctor misses no lease, no drill and no fence, and sees each guard', () => {
  const look = (sequence: number) => ({ [amber]: reportOf({ sequence }), [birch]: reportOf({ node: birch, sequence }) });
  const findings = judgeValidator(
    {
      validator: v,
      caller: { value: robin },
      config: { value: gated() },
      lease: { value: undefined },
      claimRunning: { value: false },
      pause: { value: undefined },
      history: { value: [] },
      fenceTest: { value: undefined },
      vault: { value: true },
      quarantined: { value: [] },
      looks: { value: { before: look(1), after: look(2) } },
    },
    { nowMs: epochMs(1), chains: registry },
  );
  const told = (check: string) => findings.filter((one) => one.check === check).map(({ state, sentence }) => [state, sentence]);
  expect(told('lease')).toEqual([['ok', 'Custody gate: every member signs, and the arbiter decides each signature.']]);
  expect(told('drill')).toEqual([['ok', 'Custody gate: there is nothing to move.']]);
  expect(told('fences')).toEqual([['ok', 'Custody gate: nobody is fenced; closing the arbiter ends all signing.']]);
  expect(findings.filter(({ state }) => state === 'fail')).toEqual([]);
});
