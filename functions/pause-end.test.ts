import { describe, expect, test } from 'vitest';
import { alex, configOf, recordOf, robin } from '../test/support/core.ts';
import { never, verdictRequest as request, World } from '../test/support/deps.ts';
import type { Plan } from '../core/plan.ts';
import { look, wellWorld } from '../test/support/survey.ts';
import { assess } from './assess.ts';
import { takeTerm } from './take-term.ts';
import { watch } from './watch.ts';

/** A pause with an end, as each of those who ask for it sees it. */

const remaining = (): number => 100_000;

/** Ends so long after now, by the clock of whoever asks. */
const pausedFor = (world: World, lengthMs: number): void => {
  world.paused = { by: robin, reason: 'Upgrade.', atMs: 1, untilMs: world.clock.epochMs() + lengthMs };
};
const failing = (): World => {
  const world = new World();
  world.observe = () => 'failing';
  return world;
};

describe('a pause that has not ended', () => {
  test('starts nothing', async () => {
    const world = failing();
    pausedFor(world, 60_000);
    await world.clock.run(watch({}, world.deps(), never, () => 30_000 - world.clock.steadyMs()));
    expect(world.started).toEqual([]);
    expect(await world.clock.run(assess(request, world.deps(), never, remaining))).toMatchObject({ decision: 'refused', code: 'Paused' });
  });
  test('is counted', async () => {
    const world = wellWorld();
    pausedFor(world, 60_000);
    expect((await look(world)).sentence).toBe('Looked at 1 of 1 validators, 1 paused.');
  });
  test('that began after the plan was approved takes no term; over, it does', async () => {
    const world = failing();
    world.config = configOf((one) => (one['policy'] = { approvers: ['role/approver'] }));
    const found = await world.clock.run(assess(request, world.deps(), never, remaining));
    if (found.decision !== 'proceed') throw new Error(found.code);
    const { planHash } = found;
    const plan = found.plan as Plan;
    const decisions = [{ by: alex, answer: 'approve' as const, atMs: 1 }];
    world.approvals.set('a'.repeat(32), recordOf({ state: 'approved', planHash, requester: 'watch', decisions }));
    const take = () => takeTerm({ plan, planHash, approvalId: 'a'.repeat(32) }, world.deps(), never, remaining);
    pausedFor(world, 1);
    await expect(take()).rejects.toMatchObject({ code: 'Paused' });
    pausedFor(world, 0);
    expect(await take()).toMatchObject({ term: 2 });
  });
});

describe('a pause that has ended', () => {
  test('starts what it kept back', async () => {
    const world = failing();
    pausedFor(world, 40_000);
    await world.clock.run(watch({}, world.deps(), never, () => 60_000 - world.clock.steadyMs()));
    expect(world.started.length).toBe(1);
    expect(world.clock.steadyMs()).toBeGreaterThan(40_000);
    expect(await world.clock.run(assess(request, world.deps(), never, remaining))).toMatchObject({ decision: 'proceed' });
  });
  test('is not counted', async () => {
    const world = wellWorld();
    pausedFor(world, 0);
    expect((await look(world)).sentence).toBe('Looked at 1 of 1 validators.');
  });
});
