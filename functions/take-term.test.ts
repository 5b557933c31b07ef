import { describe, expect, test } from 'vitest';
import { alex, amber, attempt, birch, cedar, configOf, fencing, leaseOf, recordOf, robin, run, t } from '../test/support/core.ts';
import { never, verdictRequest as request, World } from '../test/support/deps.ts';

import { hashOf, type Plan } from '../core/plan.ts';
import { durationMs } from '../core/time.ts';

import type { Act } from './shared/handler.ts';

import { assess } from './assess.ts';

import { requestApproval } from './request-approval.ts';

import { takeTerm } from './take-term.ts';

const remaining = (): number => 100_000;
const call = <In, Out>(world: World, act: Act<In, Out>, input: In): Promise<Out> => world.clock.run(act(input, world.deps(), never, remaining));

const planned = async (world: World): Promise<{ plan: Plan; planHash: string }> => {
  world.observe = () => 'failing';
  const found = await call(world, assess, request);
  if (found.decision !== 'proceed') throw new Error(found.code);
  return { plan: found.plan as Plan, planHash: found.planHash };
};
const approvedFor = (planHash: string, plan: Plan) =>
  recordOf({ state: 'approved', planHash, execution: plan.execution, requester: 'watch', decisions: [{ by: alex, answer: 'approve', atMs: 1 }] });

describe('assess', () => {
  test('in a stack that moves nothing, tells what it would do', async () => {
    const world = new World();
    world.observe = () => 'failing';
    world.settings = { dryRun: true, approvalRequired: true };
    expect(await call(world, assess, request)).toMatchObject({ decision: 'refused', code: 'DryRun' });
  });
  test('in a stack that asks people for everything, asks for a policy that asks nobody', async () => {
    const world = new World();
    world.observe = () => 'failing';
    world.config = configOf((one) => {
      one['policy'] = { mode: 'auto' };
    });
    expect(await call(world, assess, request)).toMatchObject({ approvalRequired: false });
    world.settings = { dryRun: false, approvalRequired: true };
    expect(await call(world, assess, request)).toMatchObject({ approvalRequired: true, plan: { approval: { required: true } } });
  });
  test('looks until a signature is missing, and plans', async () => {
    const world = new World();
    let looks = 0;
    world.observe = () => ((looks += 1) > 6 ? 'failing' : 'unobservable');
    expect(await call(world, assess, request)).toMatchObject({ decision: 'proceed', plan: { holder: amber, candidate: birch } });
  });
  test('refuses as data when it signs again, and when nobody can tell', async () => {
    const world = new World();
    expect(await call(world, assess, request)).toMatchObject({ decision: 'refused', code: 'Recovered' });
    world.observe = () => 'unobservable';
    expect(await call(world, assess, request)).toMatchObject({ decision: 'refused', code: 'Unobservable' });
  });
  test('a standby whose report stands still is not ready, however good the report', async () => {
    const world = new World();
    world.observe = () => 'failing';
    world.silent.add(birch);
    expect(await call(world, assess, request)).toMatchObject({
      decision: 'refused',
      code: 'CandidateNotReady',
      sentence: 'No standby is ready: i-0b0b000000000002: its guard is silent.',
    });
    expect(
      await call(world, assess, { ...request, kind: 'switchover', to: birch, cause: { kind: 'operator', by: 'robin', reason: 'Move.' } }),
    ).toMatchObject({
      decision: 'refused',
      sentence: 'i-0b0b000000000002 is not ready: its guard is silent.',
    });
  });
  test('calls the guards before it waits for their reports', async () => {
    const world = new World();
    world.observe = () => 'failing';
    await call(world, assess, request);
    expect(world.calls).toEqual(['hub-1']);
  });
  test('waits no longer than a called guard may need', async () => {
    const world = new World();
    world.observe = () => 'failing';
    world.silent.add(birch);
    await call(world, assess, request);
    expect(world.clock.steadyMs()).toBe(6_000);
  });
  test('a standby whose guard reports while it is watched is ready', async () => {
    const world = new World();
    world.observe = () => 'failing';
    world.silent.add(birch);
    const report = world.reports.get(birch);
    const found = world.clock.run(
      Promise.all([
        assess(request, world.deps(), never, remaining),
        world.clock.sleep(durationMs(3_000)).then(() => report && world.reports.set(birch, { ...report, sequence: report.sequence + 1 })),
      ]),
    );
    expect((await found)[0]).toMatchObject({ decision: 'proceed' });
  });
  test('asks whether the claim is still driven', async () => {
    const world = new World();
    world.lease = fencing({ claim: run('other') });
    world.running = true;
    world.observe = () => 'failing';
    expect(await call(world, assess, request)).toMatchObject({ decision: 'refused', code: 'ClaimRunning' });
    world.running = false;
    expect(await call(world, assess, request)).toMatchObject({ decision: 'proceed' });
  });
});

describe('take-term', () => {
  const setUp = async (): Promise<{ world: World; input: { plan: Plan; planHash: string; approvalId: string | null } }> => {
    const world = new World();
    const { plan, planHash } = await planned(world);
    world.approvals.set('a'.repeat(32), approvedFor(planHash, plan));
    return { world, input: { plan, planHash, approvalId: 'a'.repeat(32) } };
  };
  test('takes the assessed term', async () => {
    const { world, input } = await setUp();
    expect(await call(world, takeTerm, input)).toMatchObject({ term: 2, holder: amber, candidate: birch });
    expect(world.lease).toMatchObject({ phase: 'FENCING', claim: 'one' });
  });
  test('does not let a failover wait for the guards', async () => {
    const { world, input } = await setUp();
    const beforeMs = world.clock.steadyMs();
    await call(world, takeTerm, input);
    expect(world.clock.steadyMs()).toBe(beforeMs);
  });
  test('after a lost reply, finds that it was done', async () => {
    const { world, input } = await setUp();
    world.loseReply = true;
    await expect(call(world, takeTerm, input)).rejects.toMatchObject({ name: 'LeaseUnreachable' });
    expect(await call(world, takeTerm, input)).toMatchObject({ term: 2 });
    expect(world.lease).toMatchObject({ term: 2, version: 2 });
  });
  test.each<[string, (world: World, input: { plan: Plan; planHash: string; approvalId: string | null }) => void, string]>([
    [
      'a plan that was changed',
      (_, input) => {
        input.plan = { ...input.plan, candidate: cedar };
      },
      'PlanChanged',
    ],
    [
      'a configuration that was changed',
      (world) => {
        world.config = configOf((one) => {
          one['timing'] = { leaseMs: 20_000 };
        });
      },
      'PlanChanged',
    ],
    [
      'no approval',
      (_, input) => {
        input.approvalId = null;
      },
      'ApprovalInvalid',
    ],
    [
      'an approval of another plan',
      (world) => {
        world.approvals.set('a'.repeat(32), recordOf({ state: 'approved', decisions: [{ by: alex, answer: 'approve', atMs: 1 }] }));
      },
      'ApprovalInvalid',
    ],
    [
      'an approval that still waits',
      (world, { planHash, plan }) => {
        world.approvals.set('a'.repeat(32), { ...approvedFor(planHash, plan), state: 'pending' });
      },
      'ApprovalInvalid',
    ],
    [
      'a pause',
      (world) => {
        world.paused = { by: robin, reason: 'x', atMs: 1 };
      },
      'Paused',
    ],
    [
      'a stack that moves nothing',
      (world) => {
        world.settings = { dryRun: true, approvalRequired: false };
      },
      'DryRun',
    ],
    [
      'a term that moved on',
      (world) => {
        world.lease = fencing({ term: t(3), claim: run('other'), attempt: attempt('other/TakeTerm/2') });
      },
      'StaleTerm',
    ],
    [
      'a phase that moved on',
      (world) => {
        world.lease = leaseOf({ phase: 'RELEASED' });
      },
      'StaleTerm',
    ],
  ])('%s is refused and nothing is written', async (_, change, code) => {
    const { world, input } = await setUp();
    change(world, input);
    const before = world.lease;
    await expect(call(world, takeTerm, input)).rejects.toMatchObject({ name: code });
    expect(world.lease).toBe(before);
  });
  test('a plan that says it needs no approval does not help when the policy asks for one', async () => {
    const { world, input } = await setUp();
    const plan = { ...input.plan, approval: { ...input.plan.approval, required: false } };
    await expect(call(world, takeTerm, { plan, planHash: hashOf(plan), approvalId: null })).rejects.toMatchObject({ name: 'ApprovalInvalid' });
  });
  test('a policy that asks nobody does not help in a stack that asks people for everything', async () => {
    const world = new World();
    world.config = configOf((one) => {
      one['policy'] = { mode: 'auto' };
    });
    const { plan, planHash } = await planned(world);
    expect(plan.approval.required).toBe(false);
    world.settings = { dryRun: false, approvalRequired: true };
    await expect(call(world, takeTerm, { plan, planHash, approvalId: null })).rejects.toMatchObject({ name: 'ApprovalInvalid' });
    world.settings = { dryRun: false, approvalRequired: false };
    expect(await call(world, takeTerm, { plan, planHash, approvalId: null })).toMatchObject({ term: 2 });
  });
});

test('request-approval stores one record per token and tells people, without the token', async () => {
  const world = new World();
  const { plan, planHash } = await planned(world);
  const input = { purpose: 'approval' as const, plan, planHash, seconds: 900, token: 'very-secret' };
  const first = await call(world, requestApproval, input);
  expect(await call(world, requestApproval, input)).toEqual(first);
  expect(world.approvals.size).toBe(1);
  expect(world.approvals.get(first.approvalId)).toMatchObject({
    state: 'pending',
    planHash,
    requester: 'watch',
    token: 'very-secret',
    expiresAtMs: expect.any(Number) as number,
  });
  expect(JSON.stringify([first, world.notices])).not.toContain('very-secret');
});
