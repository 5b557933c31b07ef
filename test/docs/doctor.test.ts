import { registry } from '../../chains/registry.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeDeployed, judgeMachines, silentAlarmMs, skewMs } from '../../cli/doctor/judge.ts';
import { judgeWatchers } from '../../cli/doctor/watchers.ts';
import type { StackFacts, ValidatorFacts } from '../../cli/doctor/look.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { judgeStack, judgeValidator, overdueDays, type ValidatorSeen } from '../../core/doctor.ts';
import { healthStates } from '../../core/finding.ts';
import { epochMs } from '../../core/time.ts';
import { amber, birch, configOf, leaseOf, reportOf, robin, v } from '../support/core.ts';

/** docs/doctor.md explains every check that there is, and no other. */

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'doctor.md'), 'utf8');
const rows = text.split('\n').flatMap((line) => /^\| `([a-z-]+)` \|/.exec(line)?.[1] ?? []);

const look = (sequence: number) => ({ [amber]: reportOf({ sequence }), [birch]: reportOf({ sequence, node: birch }) });
const seen: ValidatorSeen = {
  validator: v,
  caller: { value: robin },
  config: { value: configOf() },
  lease: { value: leaseOf() },
  claimRunning: { value: true },
  pause: { value: undefined },
  history: { value: [] },
  fenceTest: { value: undefined },
  vault: null,
  quarantined: { value: [] },
  looks: { value: { before: look(1), after: look(2) } },
};
const stack = judgeStack(
  {
    table: { state: 'safe', sentence: 'x' },
    caller: { value: robin },
    fleet: { value: [v] },
    frozen: { value: null },
    acknowledgedMs: { value: null },
  },
  epochMs(1),
);

const unknown = { unknown: 'x' };
const deployed: StackFacts = {
  stack: 'baton',
  documents: unknown,
  keyState: unknown,
  alarms: unknown,
  runbooks: [],
  subscriptions: unknown,
  schedules: unknown,
  clockAheadMs: unknown,
};
const machines: ValidatorFacts = {
  stack: 'baton',
  agents: unknown,
  machines: unknown,
  watched: unknown,
  head: unknown,
  kmsKey: { key: unknown, policy: unknown, publicKey: '' },
};

test('names every check, in their order', () => {
  const config = configOf((one) => (one['policy'] = { approvers: ['slack/T01/U01/robin'] }));
  const checks = [
    ...stack,
    ...judgeDeployed(deployed, epochMs(1)),
    judgeWatchers(deployed, [config]),
    ...judgeValidator(seen, { nowMs: epochMs(1), chains: registry }),
    ...judgeValidator({ ...seen, looks: { unknown: 'x' } }, { nowMs: epochMs(1), chains: registry }),
    ...judgeMachines(machines, config),
  ];
  const names = [...new Set(checks.map(({ check }) => check))];
  expect(rows.filter((name) => !healthStates.some((state) => state === name))).toEqual(names);
});
test('names every state, the exit codes and the days', () => {
  for (const state of healthStates) expect(text).toContain(`\`${state}\``);
  expect(text).toContain(`would not go well, or not start | ${exitCodes.notFit} |`);
  expect(text).toContain(`| ${exitCodes.unreachable}, when nothing failed |`);
  expect(text).toContain(`alert test within ${overdueDays.alertTest} days`);
  expect(text).toContain(`moved within ${overdueDays.drill} days`);
  expect(text).toContain(`within ${skewMs.warn / 1_000} s of AWS’s`);
  expect(text).toContain(`without data for ${silentAlarmMs / 60_000} minutes`);
});
