import { describe, expect, test } from 'vitest';
import { amber, birch, configOf, leaseOf, proof, run, t } from '../test/support/core.ts';
import { makersOf, never, type World } from '../test/support/deps.ts';
import { remaining, wellWorld } from '../test/support/survey.ts';
import { epochMs } from '../core/time.ts';
import * as contract from './contract.ts';
import { drill } from './drill.ts';
import { handlerOf } from './shared/handler.ts';

const dayMs = 86_400_000;
/** Open all day but for its last minute, so that the window itself is never what a test is about. */
const allDay = { everyDays: 30, window: { from: '00:00', to: '23:59' } };

const dueWorld = (policy: Record<string, unknown> = {}): World => {
  const world = wellWorld();
  world.config = configOf((one) => {
    one['policy'] = { approvers: ['role/approver'], drill: allDay, ...policy };
  });
  world.history = [{ execution: 'one', atMs: world.clock.epochMs() - 30 * dayMs }];
  return world;
};
const look = (world: World, remainingMs: () => number = remaining) => world.clock.run(drill({}, world.deps(), never, remainingMs));
const markOf = (world: World): string => new Date(world.clock.epochMs()).toISOString().slice(0, 10).replaceAll('-', '');

describe('a drill', () => {
  test('that is due is started as a plan like all others', async () => {
    const world = dueWorld();
    const name = `hub-1.t1.drill-there-${markOf(world)}`;
    expect(await look(world)).toEqual({ execution: name, sentence: `Started ${name}. Drill: not moved for 30 days.` });
    expect(world.started).toEqual([name]);
    const input = { validator: 'hub-1', kind: 'switchover', cause: { kind: 'drill', by: 'schedule', reason: 'Drill: not moved for 30 days.' } };
    expect(world.inputs).toEqual([input]);
    expect(contract.executionInput.parse(input)).toEqual(input);
  });
  test('goes back to the node that was fenced', async () => {
    const world = dueWorld();
    world.lease = leaseOf({
      term: t(2),
      holder: birch,
      releasedTerm: t(2),
      claim: run('hub-1.t1.drill-there-20260101'),
      evidence: proof({ node: amber }),
    });
    world.reports.set(birch, { ...world.reports.get(birch)!, signing: true, armedTerm: t(2) });
    world.reports.set(amber, { ...world.reports.get(amber)!, signing: false });
    const name = `hub-1.t2.drill-back-${markOf(world)}`;
    expect(await look(world)).toEqual({ execution: name, sentence: `Started ${name}. Drill: the way back to ${amber}.` });
    expect(world.inputs).toEqual([
      { validator: 'hub-1', kind: 'switchover', to: amber, cause: { kind: 'drill', by: 'schedule', reason: `Drill: the way back to ${amber}.` } },
    ]);
  });
  test('is tried once for each way and day, whatever became of it', async () => {
    const world = dueWorld();
    await look(world);
    expect(await look(world)).toEqual({ execution: null, sentence: 'Due: hub-1. Each was tried in this window already.' });
    expect(world.started.length).toBe(1);
  });
});

describe('nothing is started', () => {
  test('where no validator asks for it, and nothing more is read', async () => {
    const world = dueWorld({ drill: undefined });
    expect(await look(world)).toEqual({ execution: null, sentence: 'No validator asks for drills.' });
    expect(world.clock.steadyMs()).toBe(0);
  });
  test.each<[string, (world: World) => void, string]>([
    ['while anything runs', (world) => void world.listed.push({ name: 'hub-9.t1.a', status: 'RUNNING', startedMs: 1 }), 'No drill: hub-9.t1.a runs.'],
    ['before it is due', (world) => void world.history.push({ execution: 'two', atMs: world.clock.epochMs() }), 'No drill is due now.'],
    ['while paused', (world) => void (world.paused = { by: 'kim', reason: 'Upgrade.', atMs: 1 }), 'No drill: hub-1 is paused.'],
    ['with a silent guard', (world) => void world.silent.add(birch), `No drill: hub-1 has silent guards: ${birch}.`],
    ['when something gives no answer', (world) => void world.down.add('history'), 'No drill: hub-1 could not be looked at.'],
    ['when an item is broken', (world) => void world.broken.add('approvals'), 'No drill: hub-1 needs a person: approvals cannot be read.'],
    [
      'on suspicion',
      (world) => void world.watched.set('hub-1', { samples: [], state: 'suspect', episode: 'ab', paged: false }),
      'No drill: hub-1 is suspect.',
    ],
  ])('%s', async (_, change, sentence) => {
    const world = dueWorld();
    change(world);
    expect(await look(world)).toEqual({ execution: null, sentence });
    expect(world.started).toEqual([]);
  });
  test('when there was no time to watch the guards', async () => {
    const world = dueWorld();
    expect(await look(world, () => 14_999)).toEqual({ execution: null, sentence: 'No drill: hub-1 could not be looked at.' });
  });
  test('when nobody says what runs', async () => {
    const world = dueWorld();
    const deps = world.deps();
    deps.workflow.list = () => Promise.reject(new Error('no answer'));
    await expect(world.clock.run(drill({}, deps, never, remaining))).rejects.toThrow('no answer');
    expect(world.started).toEqual([]);
  });
});

test('the handler takes the event of the schedule', async () => {
  const world = dueWorld();
  const handler = handlerOf({ name: 'Drill', ...contract.drill }, drill, makersOf(world.deps()));
  const context = { getRemainingTimeInMillis: () => 60_000 } as never;
  expect(await world.clock.run(handler({}, context))).toMatchObject({ execution: `hub-1.t1.drill-there-${markOf(world)}` });
  expect(epochMs(world.clock.epochMs())).toBeGreaterThan(0);
});
