import { expect, test } from 'vitest';
import { birch, leaseOf, run, t, v } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';
import { verify } from './verify.ts';

const input = { validator: v, term: t(2), claim: run('one'), holder: birch, pass: 1, waitedMs: 0, baseline: null };

/** The chain's newest commit with a signature of the validator, whoever made it. */
const verifyWith = (newest: number) => {
  const world = new World();
  world.lease = leaseOf({
    term: t(2),
    phase: 'RELEASED',
    holder: birch,
    claim: run('one'),
    watermark: { kind: 'consensus', height: 101, round: 0, step: 3 },
  });
  const deps = world.deps();
  const chains = { ...deps.chains, landed: async (_: unknown, __: string, above: number) => ({ signed: newest > above, head: newest, whole: true }) };
  return world.clock.run(verify(input, { ...deps, chains }, never, () => 30_000));
};

test('a signature of the holder before, which landed after the release, does not count', async () => {
  expect(await verifyWith(101)).toMatchObject({ state: 'pending', baseline: 100 });
});

test('a signature above the floor does', async () => {
  expect(await verifyWith(102)).toMatchObject({ state: 'signing', baseline: 100 });
});
