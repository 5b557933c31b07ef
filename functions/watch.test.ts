import { describe, expect, test, vi } from 'vitest';
import { birch, configOf, fencing, robin, run, t, v } from '../test/support/core.ts';
import { makersOf, never, World } from '../test/support/deps.ts';
import { executionName } from '../core/ids.ts';

import { measuring, type Measured } from '../test/support/measure.ts';
import { handlerOf, type Act } from './shared/handler.ts';

import { settle } from './settle.ts';

import { watch } from './watch.ts';
import * as contract from './contract.ts';

const driven = { validator: v, term: t(2), claim: run('one') };

describe('watch', () => {
  const look = (world: World, remainingMs: () => number) => watch({}, world.deps(), never, remainingMs);
  test('three bad rounds of four start one execution, and only one, for the episode', async () => {
    const world = new World();
    world.observe = () => 'failing';
    const startMs = world.clock.steadyMs();
    const left = (): number => 60_000 - (world.clock.steadyMs() - startMs);
    const result = await world.clock.run(look(world, left));
    expect(result.started.length).toBe(1);
    expect(world.started[0]).toMatch(/^hub-1\.t1\.[a-f0-9]{8}$/);
    expect(result.rounds).toBe(10);
    const again = await world.clock.run(look(world, () => 60_000 - (world.clock.steadyMs() - 50_000)));
    expect(again.started).toEqual([]);
    expect(world.started.length).toBe(1);
  });
  test('hands over without a gap or an overlap', async () => {
    const world = new World();
    const owners: string[] = [];
    const deps = world.deps();
    const keep = deps.records.keepWatcher.bind(deps.records);
    deps.records.keepWatcher = async (vantage, owner) => {
      const kept = await keep(vantage, owner);
      if (kept) owners.push(`${world.clock.steadyMs()}/${owner}`);
      return kept;
    };
    const both = async (): Promise<void> => {
      const first = watch({}, deps, never, () => 120_000 - world.clock.steadyMs());
      await world.clock.sleep(configOf().timing.leaseMs);
      await world.clock.sleep(configOf().timing.leaseMs);
      const second = watch({}, deps, never, () => 60_000 - world.clock.steadyMs());
      expect(await first).toMatchObject({ sentence: expect.stringContaining('the next watcher took over') as string });
      await second;
    };
    await world.clock.run(both());
    const times = owners.map((one) => Number(one.split('/')[0]));
    for (let index = 1; index < times.length; index += 1) expect((times[index] ?? 0) - (times[index - 1] ?? 0)).toBeLessThanOrEqual(5_000);
    const names = owners.map((one) => one.split('/')[1]);
    expect(new Set(names).size).toBe(2);
    expect(names.toSorted((a, b) => names.indexOf(a) - names.indexOf(b))).toEqual(names);
  });
  test.each<[string, (world: World) => void, number]>([
    [
      'a pause starts nothing',
      (world) => {
        world.observe = () => 'failing';
        world.paused = { by: robin, reason: 'x', atMs: 1 };
      },
      0,
    ],
    [
      'policy watch starts nothing and pages',
      (world) => {
        world.observe = () => 'failing';
        world.config = configOf((one) => {
          one['policy'] = { mode: 'watch' };
        });
      },
      1,
    ],
    [
      'a halt of the chain starts nothing and pages',
      (world) => {
        world.observe = () => 'halted';
      },
      1,
    ],
    [
      'what nobody can see starts nothing and pages once',
      (world) => {
        world.observe = () => 'unobservable';
      },
      1,
    ],
    [
      'one blind and one failing vantage start nothing',
      (world) => {
        world.observe = (vantage) => (vantage === 'east' ? 'failing' : 'unobservable');
      },
      0,
    ],
    [
      'a term in motion is left to its driver',
      (world) => {
        world.observe = () => 'failing';
        world.lease = fencing();
      },
      0,
    ],
    ['health is not stored', () => undefined, 0],
  ])('%s', async (_, change, pages) => {
    const world = new World();
    change(world);
    const result = await world.clock.run(look(world, () => 60_000 - world.clock.steadyMs()));
    expect(result.started).toEqual([]);
    expect(world.notices.length).toBe(pages);
  });
  test('the guards are called at the first bad round, at the verdict, and again each quarter of a minute, and health calls nobody', async () => {
    const world = new World();
    await world.clock.run(look(world, () => 22_000 - world.clock.steadyMs()));
    expect(world.calls).toEqual([]);
    world.observe = () => 'failing';
    await world.clock.run(look(world, () => 80_000 - world.clock.steadyMs()));
    expect(world.calls).toEqual(['hub-1', 'hub-1', 'hub-1', 'hub-1']);
  });
  test.each<[string, 'signing' | 'failing', number]>([
    ['while all is well, the configuration is read once by a watcher, and again when it has looked by it for most of a minute', 'signing', 3],
    ['what is not well is judged by what is configured now', 'failing', 18],
  ])('%s', async (_, observed, reads) => {
    const world = new World();
    world.observe = () => observed;
    const deps = world.deps();
    const read = vi.spyOn(deps.records, 'readConfig');
    const { rounds } = await world.clock.run(watch({}, deps, never, () => 92_000 - world.clock.steadyMs()));
    expect(rounds).toBe(17);
    // The first is asked how often to look.
    expect(read).toHaveBeenCalledTimes(reads);
  });
  test('a change to mode watch is followed before the verdict falls', async () => {
    const world = new World();
    world.observe = () => (world.clock.steadyMs() < 20_000 ? 'signing' : 'failing');
    const deps = world.deps();
    const read = deps.records.readConfig.bind(deps.records);
    deps.records.readConfig = (validator, signal) => {
      if (world.clock.steadyMs() >= 20_000) world.config = configOf((one) => (one['policy'] = { mode: 'watch' }));
      return read(validator, signal);
    };
    const { started } = await world.clock.run(watch({}, deps, never, () => 60_000 - world.clock.steadyMs()));
    expect(started).toEqual([]);
    expect(world.notices).toHaveLength(1);
  });
  test('a streak that is not healthy is handed to the next watcher, and forgotten when it ends', async () => {
    const world = new World();
    world.observe = () => 'failing';
    await world.clock.run(look(world, () => 22_000 - world.clock.steadyMs()));
    const episode = world.watched.get('hub-1')?.episode;
    expect(episode).toMatch(/^[a-f0-9]{8}$/);
    world.observe = () => 'signing';
    await world.clock.run(look(world, () => 90_000 - world.clock.steadyMs()));
    expect(world.watched.size).toBe(0);
  });
});

describe('the figures of a round', () => {
  const figuresOf = async (change: (world: World) => void): Promise<string[]> => {
    const world = new World();
    change(world);
    await world.clock.run(watch({}, world.deps(), never, () => 12_000 - world.clock.steadyMs()));
    return [...new Set(world.measured.figures.filter((one) => /^Fleet.* 1$/.test(one)))];
  };
  test('a validator is counted by its verdict', async () => {
    expect(await figuresOf(() => undefined)).toEqual(['FleetHealthy 1']);
    expect(await figuresOf((world) => (world.observe = () => 'halted'))).toEqual(['FleetHalted 1']);
  });
  test('one that cannot be read is not counted as healthy', async () => {
    const world = new World();
    const deps = world.deps();
    deps.records.readConfig = () => Promise.reject(new Error('broken'));
    await world.clock.run(watch({}, deps, never, () => 12_000 - world.clock.steadyMs()));
    expect(world.measured.figures).toEqual(expect.arrayContaining(['FleetHealthy 0', 'FleetUnobservable 1']));
    expect(world.measured.figures).not.toContain('FleetHealthy 1');
  });
  test('one that is paused is not counted', async () => {
    const figures = await figuresOf((world) => {
      world.observe = () => 'halted';
      world.paused = { by: robin, reason: 'upgrade', atMs: 1 };
    });
    expect(figures).toEqual([]);
  });
  test('each look takes its time', async () => {
    const world = new World();
    await world.clock.run(watch({}, world.deps(), never, () => 12_000 - world.clock.steadyMs()));
    expect(world.measured.figures.slice(0, 2)).toEqual(['ProbeMs 0', 'WatchRounds 1']);
  });
});

describe('a vantage', () => {
  const lookFrom = (world: World, vantage: string) => world.clock.run(watch({ vantage }, world.deps(), never, () => 22_000 - world.clock.steadyMs()));
  test('that sees the same streak as home starts the same execution', async () => {
    const world = new World();
    world.observe = () => 'failing';
    world.watched.set('hub-1', { samples: [], state: 'suspect', episode: 'feedbeef', paged: false });
    const { started } = await lookFrom(world, 'north');
    expect(started).toEqual(['hub-1.t1.feedbeef']);
  });
  test('that sees a failure which home does not see starts one of its own', async () => {
    const world = new World();
    world.observe = () => 'failing';
    const { started } = await lookFrom(world, 'north');
    expect(started).toEqual([`hub-1.t1.${world.watched.get('hub-1#north')?.episode}`]);
    world.started = [];
    const other = new World();
    other.observe = () => 'failing';
    other.watched.set('hub-1', { samples: [], state: 'suspect', episode: '', paged: false });
    expect((await lookFrom(other, 'north')).started[0]).toMatch(/^hub-1\.t1\.[a-f0-9]{8}$/);
  });
});

describe('the frame of every function', () => {
  const context = { getRemainingTimeInMillis: (): number => 30_000 };
  const invoke = async (event: unknown): Promise<unknown> => {
    const world = new World();
    world.lease = fencing({ phase: 'RELEASED', holder: birch });
    const handler = handlerOf({ name: 'Settle', ...contract.settle }, settle, makersOf(world.deps()));
    return handler(event, context);
  };
  test.each([
    ['nothing', null, 'input of Settle'],
    ['a term that is text', { ...driven, term: '2' }, 'term is "2"'],
    ['a field too many', { ...driven, force: true }, 'Unrecognized key'],
    ['a bad name', { ...driven, validator: '../x' }, 'validator is "../x"'],
    ['term 0', { ...driven, term: 0 }, 'term is 0'],
  ])('%s is refused by name', async (_, event, message) => {
    await expect(invoke(event)).rejects.toMatchObject({ name: 'InputInvalid', message: expect.stringContaining(message) as string });
  });
  test('a good one answers a sentence', async () => {
    expect(await invoke({ ...driven, claim: executionName.parse('one') })).toEqual({ sentence: `${birch} holds term 2 of hub-1.` });
  });
  test('the figures of a verb leave with those of its frame', async () => {
    const made: Measured[] = [];
    const measure = (): Measured => {
      const one = measuring();
      made.push(one);
      return one;
    };
    const { clock } = new World().deps();
    const act: Act<unknown, { sentence: string }, 'measure'> = async (_, deps) => {
      deps.measure.add('ReleaseToSignatureMs', 7);
      return { sentence: 'Seen.' };
    };
    await handlerOf({ name: 'Settle', ...contract.settle }, act, { clock: () => clock, measure })(driven, context);
    expect(made.map(({ figures }) => figures)).toEqual([['ReleaseToSignatureMs 7', 'Done/Settle 1', 'StepMs/Settle 0']]);
  });
  test('an output that is not of the contract is a defect, not an answer', async () => {
    const handler = handlerOf({ name: 'Settle', ...contract.settle }, async () => ({ sentence: '' }), makersOf(new World().deps()));
    await expect(handler(driven, context as never)).rejects.toMatchObject({
      name: 'InputInvalid',
      message: expect.stringContaining('output of Settle') as string,
    });
  });
});
