import { expect, test } from 'vitest';
import { amber, birch, fencing, proof, reportOf, run, t, v } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';
import { reinstate } from './reinstate.ts';
import { releaseKey } from './release-key.ts';
import type { Act } from './shared/handler.ts';

/** The way of what a fenced holder hands over, to whoever is released after it. */

const call = <In, Out>(world: World, act: Act<In, Out>, input: In): Promise<Out> => world.clock.run(act(input, world.deps(), never, () => 100_000));
const driven = { validator: v, term: t(2), claim: run('one') };
const tower = (signedIn: number, term = 2) =>
  reportOf({ relinquished: { term: t(term), watermark: null, handover: { term: t(signedIn), bytes: 'dG93ZXI=' } } });
test('what the fenced holder handed over goes with the key, when the proof is its own word of this term', async () => {
  const sealedAfter = async (of: Parameters<typeof proof>[0], report = tower(1)): Promise<unknown> => {
    const world = new World();
    world.lease = fencing({ phase: 'FENCED', evidence: proof(of) });
    world.reports.set(amber, report);
    await call(world, releaseKey, { ...driven, candidate: birch });
    return world.lease.sealed?.handover;
  };
  expect(await sealedAfter({})).toBe('dG93ZXI=');
  expect(await sealedAfter({ kind: 'stopped' })).toBe(undefined);
  expect(await sealedAfter({}, tower(2))).toBe(undefined);
  expect(await sealedAfter({}, tower(1, 1))).toBe(undefined);
  expect(await sealedAfter({}, reportOf())).toBe(undefined);
});
test('and goes back to the holder that is reinstated', async () => {
  const world = new World();
  world.lease = fencing();
  world.reports.set(amber, tower(1));
  await call(world, reinstate, { ...driven, holder: amber });
  expect(world.lease.sealed).toMatchObject({ node: amber, term: 3, handover: 'dG93ZXI=' });
});
