import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { attempt, birch, configOf, fencing, leaseOf, robin, run, t } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';
import { hashOf, type Plan } from '../core/plan.ts';
import { durationMs } from '../core/time.ts';
import { assess } from './assess.ts';
import { takeTerm as contract } from './contract.ts';
import { takeTerm } from './take-term.ts';

/** A switchover waits for a time in which nothing is due of the validator, before anything is taken. */

const openMs = 1_700_000_000_000;
const iso = (ms: number): string => `${new Date(openMs + ms).toISOString().slice(0, 19)}Z`;
const systemd = { kind: 'systemd', progressPath: '/', progressPointer: '/p', headPath: '/', headPointer: '/h' };
const at = async (change: (world: World) => void = () => undefined, kind: 'switchover' | 'failover' = 'switchover') => {
  const world = new World();
  world.config = configOf((one) => {
    one['policy'] = { mode: 'auto' };
    one['timing'] = { quietWaitMs: 60_000 };
  });
  change(world);
  const found = await world.clock.run(
    assess(
      { validator: world.config.id, execution: run('one'), kind, to: birch, cause: { kind: 'operator', by: robin, reason: 'Move.' } },
      world.deps(),
      never,
      () => 100_000,
    ),
  );
  if (found.decision !== 'proceed') throw new Error(found.code);
  const { plan, planHash } = found as unknown as { plan: Plan; planHash: string };
  const asked = { plan, planHash, approvalId: null };
  const take = async (quiet?: { waitedMs?: number; notAfter?: string | null }) => {
    const input: z.output<typeof contract.input> = contract.input.parse({
      ...asked,
      ...(quiet ? { quiet: { waitedMs: 0, notAfter: null, ...quiet } } : {}),
    });
    return contract.output.parse(await world.clock.run(takeTerm(input, world.deps(), never, () => 100_000)));
  };
  return { world, asked, take };
};

describe('a switchover', () => {
  test('wakes the guards before anything is judged: a pause that comes meanwhile counts', async () => {
    const { world, take } = await at();
    world.heads = [100, 101];
    const before = [world.calls.length, world.clock.steadyMs()];
    await take();
    expect([world.calls.length - (before[0] ?? 0), world.clock.steadyMs() - (before[1] ?? 0)]).toEqual([1, 3_225]);
    const late = await at();
    const paused = late.world.clock.sleep(durationMs(3_000)).then(() => {
      late.world.paused = { by: robin, reason: 'x', atMs: 1 };
    });
    await expect(late.take()).rejects.toMatchObject({ code: 'Paused' });
    await paused;
    expect(late.world.lease).toMatchObject({ term: 1, phase: 'HELD' });
  });
  test.each<[string, number, (world: World) => void]>([
    ['right after the next block', 75, (world) => (world.heads = [100, 100, 100, 101])],
    ['though no block comes for eight seconds', 8_000, () => undefined],
    ['at once where the chain is not seen', 0, (world) => (world.heads = [null])],
    ['at once where nothing is to be waited', 0, ({ config }) => Object.assign(config.timing, { quietWaitMs: 0 })],
    ['no later than it may', 2_000, ({ config }) => Object.assign(config.timing, { quietWaitMs: 2_000 })],
    ['at once on a chain that does not sign for each block', 0, (world) => (world.config = { ...world.config, chain: systemd })],
  ])('begins %s, when the guards are awake', async (_, waitedMs, change) => {
    const { world, take } = await at(change);
    const beforeMs = world.clock.steadyMs();
    expect(await take()).toMatchObject({ state: 'taken', term: 2 });
    expect(world.clock.steadyMs() - beforeMs).toBe(3_200 + waitedMs);
  });
  test('waits for no block in a failover', async () => {
    const { world, asked } = await at(undefined, 'failover');
    const beforeMs = world.clock.steadyMs();
    expect(await world.clock.run(takeTerm(contract.input.parse(asked), world.deps(), never, () => 100_000))).toMatchObject({ state: 'taken' });
    expect(world.clock.steadyMs() - beforeMs).toBe(0);
  });
  test('waits while something is due, and leaves the lease as it is', async () => {
    const { world, take } = await at();
    world.quietIn = [20_400];
    expect(await take({})).toEqual({
      state: 'later',
      seconds: 20,
      waitedMs: 20_000,
      sentence: 'Waits 20 s: nothing is due of hub-1 in about 20 s. Then the term is taken.',
    });
    expect(world.lease).toEqual(leaseOf());
    world.quietIn = [0];
    expect(await take({ waitedMs: 20_000 })).toMatchObject({
      state: 'taken',
      term: 2,
      sentence: expect.stringContaining(' Nothing else is due of it now.') as string,
    });
  });
  test.each<[string, number, number, number, number]>([
    ['not for less than five seconds', 400, 0, 5, 5_000],
    ['not for more than a minute at a time', 3_000_000, 0, 60, 60_000],
    ['no longer than the configuration allows in all', 40_000, 30_000, 30, 60_000],
  ])('waits %s', async (_, inMs, waited, seconds, waitedMs) => {
    const { world, take } = await at();
    world.quietIn = [inMs];
    expect(await take({ waitedMs: waited })).toMatchObject({ state: 'later', seconds, waitedMs });
  });
  test('waits no longer than its window is open', async () => {
    const { world, take } = await at();
    world.quietIn = [40_000];
    world.heads = [100, 101];
    const told = await take({ notAfter: iso(world.clock.epochMs() - openMs + 12_000) });
    // The guards took 3.2 s of it to wake, and a block came at once.
    expect(told).toMatchObject({ state: 'later', seconds: 8 });
  });
  test.each<[string, { waitedMs?: number; notAfter?: string | null }]>([
    ['it has waited as long as it may', { waitedMs: 56_000 }],
    ['its window is over', { notAfter: iso(-1_000) }],
  ])('is begun when %s', async (_, quiet) => {
    const { world, take } = await at();
    world.quietIn = [40_000];
    expect(await take(quiet)).toMatchObject({
      state: 'taken',
      sentence: expect.stringContaining(' It has waited as long as it may for a time in which nothing is due.') as string,
    });
  });
  test('is begun at once where nobody tells, where nothing is to be waited, and by a workflow that knows of no wait', async () => {
    expect(await (await at()).take({})).toMatchObject({ state: 'taken' });
    const off = await at(({ config }) => {
      Object.assign(config.timing, { quietWaitMs: 0 });
    });
    off.world.quietIn = [40_000];
    expect(await off.take({})).toMatchObject({ state: 'taken' });
    const old = await at();
    old.world.quietIn = [40_000];
    expect(await old.take()).toMatchObject({ state: 'taken' });
  });
  test('whose plan, pause or term is not what it was is refused while it waits', async () => {
    const { world, take } = await at();
    world.quietIn = [40_000, 40_000, 40_000];
    world.paused = { by: robin, reason: 'Holidays.', atMs: 1 };
    await expect(take({})).rejects.toMatchObject({ name: 'Paused' });
    world.paused = undefined;
    world.lease = fencing({ term: t(2), claim: run('two'), attempt: attempt('two/TakeTerm/1') });
    await expect(take({})).rejects.toMatchObject({ name: 'StaleTerm' });
    expect(world.quietIn).toHaveLength(3);
  });
  test('that was taken and lost the reply is told again, and does not wait', async () => {
    const { world, take } = await at();
    world.loseReply = true;
    await expect(take({})).rejects.toMatchObject({ name: 'LeaseUnreachable' });
    world.quietIn = [40_000];
    expect(await take({})).toMatchObject({ state: 'taken', term: 2 });
  });
});

test('a failover never waits', async () => {
  const { world, asked } = await at();
  world.quietIn = [40_000];
  const plan: Plan = { ...asked.plan, kind: 'failover' };
  const input = { ...asked, plan, planHash: hashOf(plan), quiet: { waitedMs: 0, notAfter: null } };
  expect(await world.clock.run(takeTerm(input, world.deps(), never, () => 100_000))).toMatchObject({ state: 'taken', term: 2 });
});
