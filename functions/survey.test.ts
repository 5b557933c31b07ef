import { describe, expect, test } from 'vitest';
import { amber, birch, fencing, leaseOf, recordOf, reportOf, robin, run, t } from '../test/support/core.ts';
import { makersOf, never, type World } from '../test/support/deps.ts';
import { figureOf, look, remaining, wellWorld } from '../test/support/survey.ts';
import { durationMs } from '../core/time.ts';
import * as contract from './contract.ts';
import { fenceTest } from './fence-test.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf } from './shared/handler.ts';
import { survey } from './survey.ts';

const dayMs = 86_400_000;

test('a fleet that is well is measured in full', async () => {
  const world = wellWorld();
  expect(await look(world)).toEqual({ validators: 1, sentence: 'Looked at 1 of 1 validators.' });
  expect(world.measured.figures).toEqual([
    'SurveyDone 1',
    'Validators 1',
    'ValidatorsPaused 0',
    'FleetPaused 0',
    'GuardsSilent 0',
    'GuardsUnarmed 0',
    'StandbysNotReady 0',
    'TwoSigners 0',
    'NeedsPerson 0',
    'ApprovalWaitingSeconds 0',
    'DrillAgeDays 0',
    'AlertTestAgeDays 0',
    'TableUnsafe 0',
    'AlertTestUnansweredHours 0',
    'FencesFailed 0',
    'FenceTestAgeHours 9999',
    'LeaseTerm/hub-1 1',
    'LeasePhase/hub-1 0',
    'Verdict/hub-1 0',
  ]);
  // Every guard was seen to rise at the second look.
  expect(world.clock.steadyMs()).toBe(12_000);
});

describe('the second survey of a process', () => {
  const twice = async (world: World, restMs: number, between: () => void = () => undefined): Promise<number> => {
    const deps = world.deps();
    await look(world, deps);
    between();
    await world.clock.run(world.clock.sleep(durationMs(restMs)));
    world.measured.figures.length = 0;
    const startedMs = world.clock.steadyMs();
    await look(world, deps);
    return world.clock.steadyMs() - startedMs;
  };
  test('waits for nobody: who has reported since the first one lives', async () => {
    const world = wellWorld();
    expect(await twice(world, 48_000)).toBe(0);
    expect(['SurveyDone', 'GuardsSilent', 'StandbysNotReady'].map((name) => figureOf(world, name))).toEqual([1, 0, 0]);
  });
  test('waits for nobody who has not, either', async () => {
    const world = wellWorld();
    expect(await twice(world, 48_000, () => world.silent.add(birch))).toBe(0);
    expect(figureOf(world, 'GuardsSilent')).toBe(1);
  });
  test('looks as the first one when it comes late', async () => {
    const world = wellWorld();
    expect(await twice(world, 200_000, () => world.silent.add(birch))).toBe(36_000);
    expect(figureOf(world, 'GuardsSilent')).toBe(1);
  });
  test('looks four times when two nodes sign', async () => {
    const world = wellWorld();
    expect(await twice(world, 48_000, () => world.reports.set(birch, reportOf({ node: birch })))).toBe(36_000);
    expect(figureOf(world, 'TwoSigners')).toBe(1);
  });
});

test('an empty fleet is looked at, too', async () => {
  const world = wellWorld();
  const deps = world.deps();
  deps.records.readFleet = async () => [];
  expect(await look(world, deps)).toEqual({ validators: 0, sentence: 'Looked at 0 of 0 validators.' });
  expect(figureOf(world, 'SurveyDone')).toBe(1);
  expect(world.clock.steadyMs()).toBe(0);
});

describe('what a person should know', () => {
  test('guards that are silent, unarmed, and a standby that is not ready', async () => {
    const world = wellWorld();
    world.silent = new Set([birch]);
    world.reports.set(amber, reportOf({ armedTerm: t(3) }));
    expect((await look(world)).sentence).toBe(
      `Looked at 1 of 1 validators. Guards silent: hub-1 (${birch}). Guard not armed: hub-1. No standby ready: hub-1.`,
    );
    expect(['GuardsSilent', 'GuardsUnarmed', 'StandbysNotReady'].map((name) => figureOf(world, name))).toEqual([1, 1, 1]);
    // It was looked for as long as it takes.
    expect(world.clock.steadyMs()).toBe(36_000);
  });
  test('two nodes that sign', async () => {
    const world = wellWorld();
    world.reports.set(birch, reportOf({ node: birch }));
    expect((await look(world)).sentence).toContain(`Two signers suspected: hub-1 (${amber}, ${birch}).`);
    expect(figureOf(world, 'TwoSigners')).toBe(1);
  });
  test('a hand-over while it looks is none', async () => {
    const world = wellWorld();
    world.reports.set(birch, reportOf({ node: birch }));
    const work = look(world);
    await world.clock.sleep(durationMs(7_000)).then(() => world.reports.set(amber, reportOf({ signing: false })));
    await work;
    expect(figureOf(world, 'TwoSigners')).toBe(0);
  });
  test.each([
    ['has ended', false, 1],
    ['runs', true, 0],
  ])('a term whose execution %s', async (_, running, persons) => {
    const world = wellWorld();
    world.lease = fencing();
    world.running = running;
    await look(world);
    expect(figureOf(world, 'NeedsPerson')).toBe(persons);
    expect(world.measured.figures).toContain('LeasePhase/hub-1 1');
  });
  test('a term that was settled after it was read needs nobody', async () => {
    const world = wellWorld();
    const deps = world.deps();
    const reads = [fencing({ phase: 'RELEASED', version: 4 }), leaseOf({ term: t(2), version: 5 })];
    await look(world, { ...deps, lease: { ...deps.lease, read: async () => reads.shift() } });
    expect(figureOf(world, 'NeedsPerson')).toBe(0);
    expect(reads).toEqual([]);
  });
  test('an approval that waits, from when it was asked for', async () => {
    const world = wellWorld();
    const nowMs = world.clock.epochMs();
    world.approvals.set('a', recordOf({ createdAtMs: nowMs - 55_000, expiresAtMs: nowMs + 600_000 }));
    expect((await look(world)).sentence).toContain('Waiting for a person: hub-1 (67 s).');
    expect(figureOf(world, 'ApprovalWaitingSeconds')).toBe(67);
  });
  test('drills and alert tests that were long ago, or never', async () => {
    const world = wellWorld();
    const agoMs = world.clock.epochMs() - 12 * dayMs;
    world.history = [{ execution: 'one', atMs: agoMs }];
    world.alertTest = { code: 'ffffffff', sentAtMs: agoMs, by: robin, acknowledged: { code: '0123abcd', atMs: agoMs - dayMs, by: robin } };
    await look(world);
    expect([figureOf(world, 'DrillAgeDays'), figureOf(world, 'AlertTestAgeDays')]).toEqual([12, 13]);
    const none = wellWorld();
    none.history = [];
    none.alertTest = { code: 'ffffffff', sentAtMs: agoMs, by: robin };
    await look(none);
    expect([figureOf(none, 'DrillAgeDays'), figureOf(none, 'AlertTestAgeDays')]).toEqual([9_999, 9_999]);
    const ancient = wellWorld();
    ancient.alertTest = { code: 'ffffffff', sentAtMs: 0, by: robin, acknowledged: { code: 'ffffffff', atMs: 0, by: robin } };
    await look(ancient);
    expect(figureOf(ancient, 'AlertTestAgeDays')).toBe(9_999);
  });
  test.each([
    [71, 71],
    [71.99, 71],
    [0, 0],
    [-5, 0],
    [2_000_000, 9_999],
  ])('an alert test that nobody has answered for %d hours', async (hours, figure) => {
    const world = wellWorld();
    const nowMs = world.clock.epochMs();
    expect(world.alertTest).toBeDefined();
    if (world.alertTest) world.alertTest = { ...world.alertTest, code: 'ffffffff', sentAtMs: nowMs, unansweredSinceMs: nowMs - hours * 3_600_000 };
    await look(world);
    expect([figureOf(world, 'AlertTestUnansweredHours'), figureOf(world, 'AlertTestAgeDays')]).toEqual([figure, 0]);
  });
  test('an alert test that was answered waits for nobody', async () => {
    const world = wellWorld();
    await look(world);
    expect(figureOf(world, 'AlertTestUnansweredHours')).toBe(0);
  });
  test('a table that is no lock', async () => {
    const world = wellWorld();
    world.table = { state: 'unsafe', sentence: 'The table is no lock.' };
    expect((await look(world)).sentence).toBe('Looked at 1 of 1 validators. The table is no lock.');
    expect(figureOf(world, 'TableUnsafe')).toBe(1);
  });
  test('the verdict that the watcher of the named vantage stored', async () => {
    const world = wellWorld();
    const deps = world.deps();
    const asked: string[] = [];
    deps.records.readWatch = async (_, vantage) => {
      asked.push(vantage);
      return { samples: [], state: 'failing', episode: 'e', paged: false };
    };
    await world.clock.run(survey({ vantage: 'south' }, deps, never, remaining));
    await world.clock.run(survey({}, deps, never, remaining));
    expect(asked).toEqual(['south', 'home']);
    expect(world.measured.figures).toContain('Verdict/hub-1 2');
  });
});

test('of a paused validator only two signers count', async () => {
  const world = wellWorld();
  world.paused = { by: robin, reason: 'Upgrade.', atMs: 1 };
  world.silent = new Set([birch]);
  world.lease = fencing();
  world.history = [];
  expect((await look(world)).sentence).toBe('Looked at 1 of 1 validators, 1 paused.');
  expect(world.measured.figures.filter((one) => !/ 0$/.test(one))).toEqual([
    'SurveyDone 1',
    'Validators 1',
    'ValidatorsPaused 1',
    'FleetPaused 1',
    'FenceTestAgeHours 9999',
    'LeaseTerm/hub-1 2',
    'LeasePhase/hub-1 1',
  ]);
  const both = wellWorld();
  both.paused = world.paused;
  both.reports.set(birch, reportOf({ node: birch }));
  await look(both);
  expect([figureOf(both, 'TwoSigners'), figureOf(both, 'FleetPaused')]).toEqual([1, 1]);
});

test('it reads no task token', async () => {
  const world = wellWorld();
  const deps = world.deps();
  const { waiting } = deps.approvals as unknown as { waiting: () => Promise<undefined> };
  expect(await look(world, { ...deps, approvals: { waiting } as unknown as Deps['approvals'] })).toMatchObject({ validators: 1 });
  expect(figureOf(world, 'SurveyDone')).toBe(1);
});

test('it changes nothing', async () => {
  const world = wellWorld();
  world.lease = fencing({ claim: run('one') });
  const before = JSON.stringify([world.lease, [...world.reports], world.history, world.started, world.notices, world.sent]);
  await look(world);
  expect(JSON.stringify([world.lease, [...world.reports], world.history, world.started, world.notices, world.sent])).toBe(before);
});

test('the schedule’s event is taken, and a vantage without end is not', async () => {
  const world = wellWorld();
  const handler = handlerOf({ name: 'Survey', ...contract.survey }, survey, makersOf(world.deps()));
  const context = { getRemainingTimeInMillis: remaining } as never;
  const invoked = Promise.resolve(handler({}, context, undefined as never)) as Promise<unknown>;
  expect(await world.clock.run(invoked)).toEqual({ validators: 1, sentence: 'Looked at 1 of 1 validators.' });
  expect(world.measured.figures.filter((one) => /^(Done|StepMs)/.test(one))).toEqual([]);
  await expect(handler({ vantage: 'x'.repeat(41) }, context, undefined as never)).rejects.toMatchObject({ code: 'InputInvalid' });
});

describe('the fences', () => {
  const tested = async (world: World): Promise<void> => {
    const deps = world.deps();
    await world.clock.run(fenceTest({}, deps, never, () => 500_000));
  };
  const figures = (world: World) => [figureOf(world, 'FencesFailed'), figureOf(world, 'FenceTestAgeHours')];
  test('of which no test is known are old for ever', async () => {
    const world = wellWorld();
    await look(world);
    expect(figures(world)).toEqual([0, 9_999]);
  });
  test('are as old as their last success, and a failed one counts at once', async () => {
    const world = wellWorld();
    await tested(world);
    await look(world);
    expect(figures(world)).toEqual([0, 0]);
    world.fences.powerTest = { works: false, code: 'PowerUnreachable', how: 'No.' };
    await tested(world);
    world.measured.figures.length = 0;
    await world.clock.run(world.clock.sleep(durationMs(27 * 3_600_000)), 200_000_000);
    await world.clock.run(survey({}, world.deps(), never, remaining), 200_000_000);
    expect(figures(world)).toEqual([2, 27]);
  });
  test('whose record gives no answer have no figures', async () => {
    const world = wellWorld();
    world.down.add('fence-tests');
    await look(world);
    expect(figures(world)).toEqual([NaN, NaN]);
    expect(figureOf(world, 'SurveyDone')).toBe(1);
  });
});
