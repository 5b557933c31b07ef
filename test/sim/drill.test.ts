import { expect, test } from 'vitest';
import { keyOf, toItem } from '../../aws/items.ts';
import { hashOf } from '../../core/plan.ts';
import { amber, birch } from '../support/core.ts';
import { scenarioNamed } from './scenarios.ts';
import { World } from './world.ts';

/** The real function `Drill` beside the real workflow, on virtual time: asked every ten seconds, it goes there, and back, and then is quiet. */

const everyMs = 10_000;
const untilMs = 600_000;

const worldWith = (seed: number): World => {
  const world = new World({ seed, scenario: { ...scenarioNamed('switchover'), begin: () => undefined } });
  const drill = { everyDays: 1, window: { from: '00:00', to: '23:59' } };
  const config = { ...world.config, policy: { ...world.config.policy, drill } };
  const pk = keyOf.config(config.id);
  world.table.items.set(pk, toItem({ config: JSON.parse(JSON.stringify(config)) as object, hash: hashOf(config), pk }));
  return world;
};

/** @returns what it said each time, failures left out, and who held the lease after each. */
const run = async (world: World): Promise<{ said: string[]; holders: string[] }> => {
  const { scheduler, judge } = world;
  const said: string[] = [];
  const holders: string[] = [];
  const ask = (): void => {
    void world.lambda.invoke('Drill', {}, undefined).then((reply) => {
      if (reply.ok) said.push((reply.result as { Payload: { sentence: string } }).Payload.sentence);
      const { holder } = world.lease();
      if (holders.at(-1) !== holder) holders.push(holder);
    });
    scheduler.after(everyMs, 'schedule', ask);
  };
  for (const machine of world.machines.values()) machine.boot();
  world.chain.start();
  scheduler.after(5_000, 'schedule', ask);
  await scheduler.run(
    untilMs,
    () => false,
    () => {
      judge.afterEvent();
    },
  );
  scheduler.end();
  return { said, holders };
};

test.each([1, 2, 4])('there and back, once, with seed %i', async (seed) => {
  const world = worldWith(seed);
  const { said, holders } = await run(world);
  expect(world.judge.violations).toEqual([]);
  expect([...world.states.executions.values()].map(({ name, status }) => `${name.replace(/\d{8}$/, 'DAY')} ${status}`)).toEqual([
    'hub-1.t1.drill-there-DAY SUCCEEDED',
    'hub-1.t2.drill-back-DAY SUCCEEDED',
  ]);
  expect(holders).toEqual([amber, birch, amber]);
  expect(said.filter((sentence) => sentence.startsWith('Started ')).length).toBe(2);
  expect(said.at(-1)).toBe('No drill is due now.');
});
