import { describe, expect, test } from 'vitest';
import { birch, fencing, leaseOf, reportOf } from '../test/support/core.ts';
import { figureOf, fleetOf, look, wellWorld } from '../test/support/survey.ts';
import { BatonError } from '../core/errors.ts';
import { durationMs } from '../core/time.ts';
import type { Deps } from './shared/deps.ts';

describe('trouble', () => {
  test.each(['config', 'pause', 'history', 'watch', 'approvals', 'reports'])('an item (%s) that cannot be used needs a person', async (service) => {
    const world = wellWorld();
    world.broken.add(service);
    expect((await look(world)).sentence).toContain(`Needs a person: hub-1 (${service} cannot be read)`);
    expect([figureOf(world, 'NeedsPerson'), figureOf(world, 'SurveyDone')]).toEqual([1, 1]);
  });
  test.each(['config', 'pause', 'lease', 'history', 'watch', 'approvals', 'reports'])(
    'no answer (%s) is no finding, and the survey is not done',
    async (service) => {
      const world = wellWorld();
      world.down.add(service);
      expect((await look(world)).sentence).toBe('Looked at 0 of 1 validators. Could not be looked at: hub-1.');
      expect(['NeedsPerson', 'SurveyDone', 'Validators'].map((name) => figureOf(world, name))).toEqual([0, 0, 1]);
    },
  );
  test('no answer of the workflow leaves open whether an execution has ended', async () => {
    const world = wellWorld();
    world.down.add('workflow');
    world.lease = fencing();
    await look(world);
    expect(['NeedsPerson', 'SurveyDone'].map((name) => figureOf(world, name))).toEqual([0, 0]);
    world.lease = leaseOf();
    await look(world);
    expect(world.measured.figures).toContain('SurveyDone 1');
  });
  test.each<[string, (deps: Deps) => Deps, string]>([
    ['lease', (deps) => ({ ...deps, lease: { ...deps.lease, read: async () => undefined } }), 'it has no lease'],
    [
      'configuration',
      (deps) => {
        deps.records.readConfig = async () => undefined;
        return deps;
      },
      'it has no configuration',
    ],
    [
      'lease that can be read',
      (deps) => ({
        ...deps,
        lease: { ...deps.lease, read: () => Promise.reject(new BatonError('LeaseInvalid', 'lease#hub-1: term is 0', { fix: 'x' })) },
      }),
      'lease#hub-1: term is 0',
    ],
  ])('a validator without a %s needs a person', async (_, change, why) => {
    const world = wellWorld();
    expect((await look(world, change(world.deps()))).sentence).toContain(`Needs a person: hub-1 (${why}).`);
    expect(figureOf(world, 'NeedsPerson')).toBe(1);
  });
  test('a lease that cannot be read does not hide two signers', async () => {
    const world = wellWorld();
    world.reports.set(birch, reportOf({ node: birch }));
    const deps = world.deps();
    const read = () => Promise.reject(new BatonError('LeaseInvalid', 'x', { fix: 'x' }));
    await look(world, { ...deps, lease: { ...deps.lease, read } });
    expect(['TwoSigners', 'NeedsPerson'].map((name) => figureOf(world, name))).toEqual([1, 1]);
  });
  test('reports that come to nothing while they are watched are no finding', async () => {
    const world = wellWorld();
    const work = look(world);
    await world.clock.sleep(durationMs(1_000)).then(() => world.down.add('reports'));
    expect((await work).sentence).toContain('Could not be looked at: hub-1.');
  });
  test.each(['down', 'broken'] as const)('with the verdict (%s) is no verdict', async (how) => {
    const world = wellWorld();
    world[how].add('watch');
    await look(world);
    expect(world.measured.figures.filter((one) => one.includes('/'))).toEqual(['LeaseTerm/hub-1 1', 'LeasePhase/hub-1 0']);
  });
  test('with the lease leaves out what is in it', async () => {
    const world = wellWorld();
    world.down.add('lease');
    await look(world);
    expect(world.measured.figures.filter((one) => one.includes('/'))).toEqual([]);
  });
  test('of one validator leaves the others as they are', async () => {
    const world = wellWorld();
    const deps = fleetOf(world, 30);
    const readPause = deps.records.readPause.bind(deps.records);
    deps.records.readPause = async (id) => {
      if (id === 'hub-3') throw new BatonError('LeaseInvalid', 'pause#hub-3: by is 5', { fix: 'x' });
      if (id === 'hub-4') throw new Error('socket hang up');
      return readPause(id);
    };
    expect(await look(world, deps)).toEqual({
      validators: 30,
      sentence: 'Looked at 29 of 30 validators. Needs a person: hub-3 (pause#hub-3: by is 5). Could not be looked at: hub-4.',
    });
  });
  test('with the alert test: a broken item tests nothing, no answer is an error', async () => {
    const world = wellWorld();
    world.broken.add('alert-test');
    await look(world);
    expect(figureOf(world, 'AlertTestAgeDays')).toBe(9_999);
    const down = wellWorld();
    down.down.add('alert-test');
    await expect(look(down)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    expect(down.measured.figures).toEqual([]);
  });
  test('with the fleet itself is an error: the silence of the survey rings', async () => {
    const world = wellWorld();
    world.down.add('fleet');
    await expect(look(world)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    expect(world.measured.figures).toEqual([]);
  });
});

describe('a large fleet', () => {
  test('is read by twenty at a time, and only the first fifty have figures of their own', async () => {
    const world = wellWorld();
    const deps = fleetOf(world, 75);
    let [now, most] = [0, 0];
    deps.records.readPause = async () => {
      now += 1;
      most = Math.max(most, now);
      await world.clock.sleep(durationMs(10));
      now -= 1;
      return undefined;
    };
    expect(await look(world, deps)).toEqual({ validators: 75, sentence: 'Looked at 75 of 75 validators.' });
    expect(most).toBe(20);
    const terms = world.measured.figures.filter((one) => one.startsWith('LeaseTerm/'));
    expect([terms.length, terms[0], terms[49]]).toEqual([50, 'LeaseTerm/hub-0 1', 'LeaseTerm/hub-49 1']);
  });
  test('for which there is no time is said not to have been seen', async () => {
    const world = wellWorld();
    expect((await look(world, world.deps(), () => 9_999)).sentence).toBe('Looked at 0 of 1 validators. Could not be looked at: hub-1.');
    expect(world.clock.steadyMs()).toBe(0);
  });
  test('is watched no longer than there is time; of whom too little was seen, nothing is told', async () => {
    const world = wellWorld();
    world.silent = new Set([birch]);
    await look(world, world.deps(), () => 40_000 - world.clock.steadyMs());
    expect(world.clock.steadyMs()).toBe(24_000);
    expect([figureOf(world, 'GuardsSilent'), figureOf(world, 'SurveyDone')]).toEqual([0, 0]);
    const longer = wellWorld();
    longer.silent = new Set([birch]);
    await look(longer, longer.deps(), () => 60_000 - longer.clock.steadyMs());
    expect(longer.clock.steadyMs()).toBe(36_000);
    expect([figureOf(longer, 'GuardsSilent'), figureOf(longer, 'SurveyDone')]).toEqual([1, 1]);
  });
});
