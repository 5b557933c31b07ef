import { expect, test } from 'vitest';
import { swarmOptions } from './swarm.ts';
import { World } from './world.ts';

/** The real survey beside failovers under drawn faults: nobody signs twice there, so it must never say so. */

const everyMs = 1_700;
const untilMs = 90_000;

/** What each survey said in one run, those that failed left out; nothing when a node is made to lie. */
const saidIn = async (seed: number): Promise<string[]> => {
  const world = new World(swarmOptions(seed));
  const { scheduler, judge, scenario } = world;
  if (scenario.liar || world.switches.activeLies) return [];
  const said: string[] = [];
  const survey = (): void => {
    void world.lambda.invoke('Survey', {}, undefined).then((reply) => {
      if (reply.ok) said.push((reply.result as { Payload: { sentence: string } }).Payload.sentence);
    });
    scheduler.after(everyMs, 'schedule', survey);
  };
  for (const machine of world.machines.values()) machine.boot();
  world.chain.start();
  scenario.begin(world);
  survey();
  await scheduler.run(
    untilMs,
    () => false,
    () => {
      judge.afterEvent();
    },
  );
  scheduler.end();
  expect(judge.violations).toEqual([]);
  return said;
};

test('survey suspects two signers in no failover', async () => {
  const said: string[] = [];
  for (let seed = 1; seed <= 25; seed += 1) said.push(...(await saidIn(seed)));
  expect(said.filter((sentence) => sentence.startsWith('Looked at 1 of 1')).length).toBeGreaterThan(300);
  expect(said.filter((sentence) => sentence.includes('Two signers'))).toEqual([]);
});
