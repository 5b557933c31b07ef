import { describe, expect, test } from 'vitest';
import { amber, birch, fencing, leaseOf, proof, reportOf, robin, run, t, v } from '../test/support/core.ts';
import { never, verdictRequest, World } from '../test/support/deps.ts';
import { look, wellWorld } from '../test/support/survey.ts';
import type { ValidatorId } from '../core/ids.ts';
import { hashOf, type Plan } from '../core/plan.ts';
import { assess } from './assess.ts';
import { reinstate } from './reinstate.ts';
import { releaseKey } from './release-key.ts';
import type { Act } from './shared/handler.ts';
import { takeTerm } from './take-term.ts';
import { watch } from './watch.ts';

/** The breaker of the fleet, at every place that could let somebody sign. */

const remaining = (): number => 100_000;
const call = <In, Out>(world: World, act: Act<In, Out>, input: In): Promise<Out> => world.clock.run(act(input, world.deps(), never, remaining));
const day = 86_400_000;
const suspect = (world: World, of: { kind?: 'two-signers' | 'slashed'; validator?: string } = {}): void => {
  const { kind = 'slashed', validator = 'hub-9' } = of;
  const found = [{ number: 1, kind, validator: validator as ValidatorId, what: 'Seen.', by: 'survey', atMs: 0 }];
  world.breaker = { suspicions: { last: 1, found }, clearance: undefined };
};
const clear = (world: World): void => {
  world.breaker = { ...world.breaker, clearance: { through: 1, history: [{ through: 1, by: robin, reason: 'Looked.', atMs: 1 }] } };
};
const byHand = { ...verdictRequest, cause: { kind: 'operator' as const, by: robin, reason: 'Two sign.' } };
const failing = (): World => {
  const world = new World();
  world.observe = () => 'failing';
  return world;
};
const driven = { validator: v, term: t(2), claim: run('one') };
const fenced = (): World => {
  const world = new World();
  world.lease = fencing({ phase: 'FENCED', evidence: proof() });
  return world;
};
const release = (world: World) => call(world, releaseKey, { ...driven, candidate: birch });

describe('a frozen fleet: no failover starts', () => {
  test('of any validator, whoever asks', async () => {
    for (const request of [verdictRequest, byHand]) {
      const world = failing();
      suspect(world);
      expect(await call(world, assess, request)).toMatchObject({
        decision: 'refused',
        code: 'FleetFrozen',
        sentence: 'The fleet is frozen: 1. hub-9: Seen. (survey, 1970-01-01 00:00:00 UTC)',
        next: 'baton breaker',
      });
    }
  });
  test('nor when nobody can tell whether it is frozen', async () => {
    const broken = failing();
    broken.broken.add('breaker');
    expect(await call(broken, assess, byHand)).toMatchObject({ decision: 'refused', code: 'FleetFrozen' });
    const down = failing();
    down.down.add('breaker');
    await expect(call(down, assess, byHand)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
  });
  test('until a person clears it, and for no time that passes', async () => {
    const world = failing();
    suspect(world);
    // It was suspected at the beginning of the epoch.
    expect(world.clock.epochMs()).toBeGreaterThan(365 * day);
    expect(await call(world, assess, verdictRequest)).toMatchObject({ code: 'FleetFrozen' });
    clear(world);
    expect(await call(world, assess, verdictRequest)).toMatchObject({ decision: 'proceed' });
  });
  test('but a person may have one fenced where two sign', async () => {
    const world = failing();
    suspect(world, { kind: 'two-signers', validator: v });
    expect(await call(world, assess, verdictRequest)).toMatchObject({ code: 'FleetFrozen' });
    expect(await call(world, assess, byHand)).toMatchObject({ decision: 'proceed' });
  });
});

describe('a frozen fleet: no term is taken', () => {
  const planned = async (world: World, request: typeof byHand | typeof verdictRequest) => {
    world.config = { ...world.config, policy: { ...world.config.policy, mode: 'auto' } };
    const found = await call(world, assess, request);
    if (found.decision !== 'proceed') throw new Error(found.code);
    return { plan: found.plan as Plan, planHash: found.planHash, approvalId: null };
  };
  test.each(['operator', 'verdict'])('that was planned before, %s', async (who) => {
    const world = failing();
    const input = await planned(world, who === 'operator' ? byHand : verdictRequest);
    suspect(world);
    await expect(call(world, takeTerm, input)).rejects.toMatchObject({ code: 'FleetFrozen', fix: 'baton breaker' });
    expect(world.lease).toEqual(leaseOf());
    clear(world);
    await call(world, takeTerm, input);
    expect(world.lease?.phase).toBe('FENCING');
  });
  test.each([
    ['broken', 'FleetFrozen'],
    ['down', 'LeaseUnreachable'],
  ] as const)('while the record is %s', async (how, code) => {
    const world = failing();
    const input = await planned(world, byHand);
    world[how].add('breaker');
    await expect(call(world, takeTerm, input)).rejects.toMatchObject({ code });
    expect(world.lease).toEqual(leaseOf());
  });
  test('but for a fence where two sign; the release waits all the same', async () => {
    const world = failing();
    suspect(world, { kind: 'two-signers', validator: v });
    const input = await planned(world, byHand);
    expect(hashOf(input.plan)).toBe(input.planHash);
    expect(await call(world, takeTerm, input)).toMatchObject({ term: 2, holder: amber });
    const after = fenced();
    suspect(after, { kind: 'two-signers', validator: v });
    await expect(release(after)).rejects.toMatchObject({ code: 'FleetFrozen' });
  });
});

describe('a frozen fleet: nobody is released', () => {
  test.each([
    ['frozen', (world: World) => suspect(world), 'FleetFrozen'],
    ['not to be read', (world: World) => void world.broken.add('breaker'), 'FleetFrozen'],
    ['out of reach', (world: World) => void world.down.add('breaker'), 'LeaseUnreachable'],
  ])('when it is %s', async (_, make, code) => {
    const world = fenced();
    const before = world.lease;
    make(world);
    await expect(release(world)).rejects.toMatchObject({ code });
    expect(world.lease).toBe(before);
    const alive = new World();
    alive.lease = fencing();
    make(alive);
    await expect(call(alive, reinstate, { ...driven, holder: amber })).rejects.toMatchObject({ code });
    expect(alive.lease).toEqual(fencing());
  });
  test('also when it freezes while the key is sealed', async () => {
    const world = fenced();
    const deps = world.deps();
    const releaseTo = deps.keys.releaseTo.bind(deps.keys);
    deps.keys.releaseTo = async (of, signal) => {
      suspect(world);
      return releaseTo(of, signal);
    };
    await expect(world.clock.run(releaseKey({ ...driven, candidate: birch }, deps, never, remaining))).rejects.toMatchObject({ code: 'FleetFrozen' });
    expect(world.lease?.phase).toBe('FENCED');
  });
  test('after it was cleared, the same execution releases', async () => {
    const world = fenced();
    suspect(world);
    await expect(release(world)).rejects.toMatchObject({ code: 'FleetFrozen' });
    clear(world);
    expect(await release(world)).toMatchObject({ holder: birch });
  });
});

describe('what freezes it', () => {
  test('two signers, by the survey, once; a person is needed until it is cleared', async () => {
    const world = wellWorld();
    world.reports.set(birch, reportOf({ node: birch }));
    await look(world);
    expect(world.breaker.suspicions).toMatchObject({
      last: 1,
      found: [{ kind: 'two-signers', validator: v, by: 'survey', what: `${amber}, ${birch} said in 4 looks that they sign.` }],
    });
    expect((await look(world)).sentence).toContain('The fleet is frozen: 1. hub-1');
    expect(world.breaker.suspicions?.last).toBe(1);
    expect(world.measured.figures).toContain('NeedsPerson 1');
  });
  test('a survey that cannot write it fails, so that its alarm rings', async () => {
    const world = wellWorld();
    world.reports.set(birch, reportOf({ node: birch }));
    const deps = world.deps();
    deps.records.suspect = async () => {
      throw new Error('no answer');
    };
    await expect(look(world, deps)).rejects.toThrow('no answer');
    expect(world.measured.figures).toContain('TwoSigners 1');
  });
  test('evidence on the chain, by the watch; people are told once, signing or not', async () => {
    for (const observed of ['signing', 'failing'] as const) {
      const world = new World();
      world.observe = () => observed;
      world.slashed = 'Block 9 holds evidence.';
      await world.clock.run(watch({}, world.deps(), never, () => 30_000 - world.clock.steadyMs()));
      expect(world.breaker.suspicions?.found).toMatchObject([
        { kind: 'slashed', validator: v, by: 'watch home', what: 'east: Block 9 holds evidence.' },
      ]);
      expect(world.notices.filter((one) => one.includes('frozen'))).toEqual(['Baton: the fleet is frozen, hub-1 may be slashed']);
    }
  });
});
