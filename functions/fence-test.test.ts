import { describe, expect, test } from 'vitest';
import { amber, birch, configOf, leaseOf, v } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';
import { inspectOutputOf } from '../test/support/remote-power.ts';
import { fenceTest } from './fence-test.ts';

const call = (world: World, input: Parameters<typeof fenceTest>[0] = {}) => world.clock.run(fenceTest(input, world.deps(), never, () => 500_000));
const worldOf = (): World => {
  const world = new World();
  world.lease = leaseOf();
  return world;
};
const codes = (world: World): string[] => (world.fences.record?.results ?? []).map(({ node, kind, code }) => `${node} ${kind} ${code}`);

describe('fence-test', () => {
  test('tries every fence of every node, stops nothing, and notes what it found', async () => {
    const world = worldOf();
    expect(await call(world)).toEqual({ validators: 1, failed: 0, sentence: 'Tried the fences of 1 validators: 4 of 4 work.' });
    expect(codes(world)).toEqual([`${amber} stopped works`, `${amber} powered-off works`, `${birch} stopped works`, `${birch} powered-off works`]);
    expect(world.fences.record).toMatchObject({ validator: v, by: 'the schedule' });
    expect([world.powerOffs, world.sent, world.lease]).toEqual([0, [], leaseOf()]);
    expect(world.fences.sent.map((one) => one.split('/')[0])).toEqual([amber, birch]);
    expect(new Set(world.fences.sent).size).toBe(2);
  });
  test.each([
    ['CommandNotRun', { outcome: 'unknown', reason: 'SSM says Undeliverable' }],
    ['CommandNotRun', { outcome: 'unknown', reason: 'SSM says TimedOut' }],
    ['CommandNotRun', { outcome: 'pending' }],
    ['CommandUnusable', { outcome: 'failed', reason: 'no facts about this validator on this node' }],
    ['CommandUnusable', { outcome: 'done', output: inspectOutputOf({ nonce: 'f'.repeat(32) }) }],
    ['UnitMissing', undefined],
  ] as const)('%s of the command is no success', async (code, result) => {
    const world = worldOf();
    world.fences.inspect = (nonce) => result ?? { outcome: 'done', output: inspectOutputOf({ nonce, unitLoad: 'notfound' }) };
    const { failed, sentence } = await call(world);
    expect(failed).toBe(2);
    expect(sentence).toContain(`hub-1 ${amber} stopped (${code})`);
    expect(world.clock.steadyMs()).toBeLessThanOrEqual(76_000);
  });
  test('a power that could not be cut is no success', async () => {
    const world = worldOf();
    world.fences.powerTest = { works: false, code: 'PowerNotAllowed', how: 'EC2 would not let it stop amber.' };
    expect((await call(world)).failed).toBe(2);
    // Whoever says that it does not work is believed, whatever else it says.
    world.fences.powerTest = { works: false, code: 'works', how: 'So.' };
    expect((await call(world)).failed).toBe(2);
  });
  test('a service that is away is no success of its fences, and none of the others’ trouble', async () => {
    const world = worldOf();
    world.down.add('ssm');
    expect((await call(world)).failed).toBe(2);
    expect(codes(world)).toEqual([
      `${amber} stopped CommandNotRun`,
      `${amber} powered-off works`,
      `${birch} stopped CommandNotRun`,
      `${birch} powered-off works`,
    ]);
  });
  test('a machine behind a controller is asked through it', async () => {
    const world = worldOf();
    world.config = configOf((one) => {
      const power = { kind: 'webhook', url: 'https://hooks.example/power', parameter: 'amber' };
      (one['nodes'] as Record<string, unknown>[])[0] = { ...(one['nodes'] as Record<string, unknown>[])[0], power };
    });
    await call(world);
    expect(codes(world)[1]).toBe(`${amber} powered-off PowerUnreachable`);
  });
  test('of one node leaves what is known of the others', async () => {
    const world = worldOf();
    await call(world);
    const before = world.fences.record?.results;
    world.fences.powerTest = { works: false, code: 'PowerUnreachable', how: 'No.' };
    expect(await call(world, { validator: v, node: 'birch', by: 'robin' })).toMatchObject({ failed: 1 });
    expect(world.fences.record?.results.slice(0, 2)).toEqual(before?.slice(0, 2));
    expect(world.fences.record?.by).toBe('robin');
  });
  test.each([
    ['a node that is not there', { validator: v, node: 'cedar' }, 'InputInvalid: hub-1 has no node cedar'],
    ['a validator that is not enrolled', { validator: v }, 'ValidatorUnknown: hub-1 is not enrolled'],
  ])('%s is told, and nothing is noted', async (_, input, words) => {
    const world = worldOf();
    if (!('node' in input)) world.lease = undefined;
    await expect(call(world, input)).rejects.toThrow(words);
    expect(world.fences.record).toBeUndefined();
  });
  test('a record that cannot be read is not written over', async () => {
    const world = worldOf();
    world.down.add('fence-tests');
    await expect(call(world)).rejects.toThrow('no fence could be tried');
    expect(world.fences.record).toBeUndefined();
  });
});
