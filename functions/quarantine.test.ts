import { describe, expect, test } from 'vitest';
import { amber, birch, fencing, leaseOf, proof, reportOf, robin, run, t, v } from '../test/support/core.ts';
import { never, verdictRequest, World } from '../test/support/deps.ts';
import { assess } from './assess.ts';
import { rejoin } from './rejoin.ts';
import { releaseKey } from './release-key.ts';
import type { Act } from './shared/handler.ts';

/** A fenced node is no candidate until rejoin or a person has brought it back. */

const call = <In, Out>(world: World, act: Act<In, Out>, input: In): Promise<Out> => world.clock.run(act(input, world.deps(), never, () => 100_000));
const driven = { validator: v, term: t(2), claim: run('one') };
const fenced = (): World => {
  const world = new World();
  world.lease = fencing({ phase: 'FENCED', evidence: proof() });
  return world;
};
const release = (world: World) => call(world, releaseKey, { ...driven, candidate: birch });
const record = { term: t(1), kind: 'relinquished' as const, atMs: 1 };

describe('a node that was fenced', () => {
  test('is in quarantine before its successor is released', async () => {
    const world = fenced();
    await release(world);
    expect(world.quarantines.get(amber)).toEqual({ term: 2, kind: proof().kind, atMs: world.clock.epochMs() });
    const down = fenced();
    const deps = down.deps();
    deps.records.writeQuarantine = async () => {
      throw new Error('no answer');
    };
    await expect(down.clock.run(releaseKey({ ...driven, candidate: birch }, deps, never, () => 1))).rejects.toThrow('no answer');
    expect(down.lease?.phase).toBe('FENCED');
  });
  test('is no candidate, however well its guard is', async () => {
    const world = new World();
    world.observe = () => 'failing';
    world.lease = leaseOf({ holder: birch, candidate: birch });
    world.silent = new Set([birch]);
    world.reports.set(amber, reportOf({ signing: false }));
    expect(await call(world, assess, verdictRequest)).toMatchObject({ decision: 'proceed' });
    world.quarantines.set(amber, record);
    expect(await call(world, assess, verdictRequest)).toMatchObject({
      decision: 'refused',
      code: 'CandidateNotReady',
      sentence: `No standby is ready: ${amber}: it was fenced, and neither rejoin nor a person has brought it back (baton readmit).`,
    });
    world.quarantines.set(amber, { ...record, ended: { by: robin, reason: 'Mended.', atMs: 2 } });
    expect(await call(world, assess, verdictRequest)).toMatchObject({ decision: 'proceed' });
    world.broken.add('quarantine');
    expect(await call(world, assess, verdictRequest)).toMatchObject({ code: 'CandidateNotReady' });
    world.broken.clear();
    world.down.add('quarantine');
    await expect(call(world, assess, verdictRequest)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
  });
  test('is not released, when it came into quarantine after the plan', async () => {
    const world = fenced();
    world.quarantines.set(birch, record);
    await expect(release(world)).rejects.toMatchObject({ code: 'CandidateNotReady' });
    expect(world.released).toEqual([]);
  });
});

describe('a node that rejoins', () => {
  const rejoining = async (before: Parameters<World['quarantines']['set']>[1] | undefined, done = true): Promise<World> => {
    const world = new World();
    world.lease = fencing({ phase: 'HELD', holder: birch });
    if (before) world.quarantines.set(amber, before);
    world.rejoinResult = done ? { outcome: 'done', output: { ok: true } } : { outcome: 'failed', reason: 'OldTerm' };
    await call(world, rejoin, { ...driven, node: amber });
    return world;
  };
  test('is back, and it is known by whom', async () => {
    expect((await rejoining(record)).quarantines.get(amber)).toMatchObject({ term: 1, ended: { by: 'rejoin' } });
    expect((await rejoining(undefined)).quarantines.size).toBe(0);
  });
  test('is not, when the command did not verify it, or when a newer term has fenced it', async () => {
    expect((await rejoining(record, false)).quarantines.get(amber)).toEqual(record);
    const newer = { ...record, term: t(3) };
    expect((await rejoining(newer)).quarantines.get(amber)).toEqual(newer);
  });
});
