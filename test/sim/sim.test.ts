import { describe, expect, test } from 'vitest';
import type { Act } from '../../functions/shared/handler.ts';
import { live } from './life.ts';
import { replayFlags } from './life.ts';
import { readPlanned, writePlanned } from './faults.ts';
import { Prng } from './prng.ts';
import { scenarioNamed, scenarios } from './scenarios.ts';
import { swarmOptions } from './swarm.ts';
import type { Switches } from './world.ts';

/** The simulator itself: it repeats a run exactly, finds nothing where nothing is, and finds what is planted. */

describe('determinism', () => {
  test.each([3, 36, 207])('seed %i gives the same events twice', async (seed) => {
    const [first, second] = [await live(swarmOptions(seed)), await live(swarmOptions(seed))];
    expect([second.hash, second.events, second.lines]).toEqual([first.hash, first.events, first.lines]);
  });
  test('two seeds give two runs', async () => {
    expect((await live(swarmOptions(1))).hash).not.toBe((await live(swarmOptions(2))).hash);
  });
  test('the source of chance is spread evenly and repeats', () => {
    const [a, b] = [new Prng(7), new Prng(7)];
    const drawn = Array.from({ length: 2_000 }, () => a.next());
    expect(drawn).toEqual(Array.from({ length: 2_000 }, () => b.next()));
    expect(Math.abs(drawn.reduce((sum, one) => sum + one, 0) / 2_000 - 0.5)).toBeLessThan(0.03);
  });
  test('a fault is written and read back', () => {
    const one = { site: 'Fence UpdateItem lease', nth: 2, kind: 'lose' };
    expect(readPlanned(writePlanned(one))).toEqual(one);
    expect(replayFlags({ seed: 4, scenario: scenarioNamed('crash'), planned: [one] })).toBe(
      "--seed 4 --scenario crash --fault 'Fence UpdateItem lease#2=lose'",
    );
  });
});

describe('nothing is found where nothing is', () => {
  test.each(scenarios.map(({ name }) => name))('%s without faults', async (name) => {
    expect((await live({ seed: 1, scenario: scenarioNamed(name) })).violations).toEqual([]);
  });
  test.each([10, 11, 12, 13, 14, 15])('seed %i', async (seed) => {
    expect((await live(swarmOptions(seed))).violations).toEqual([]);
  });
  test.each([
    ['switchover', 'ReleaseKey UpdateItem lease#1=lose'],
    ['switchover', 'task Fence#1=zombie'],
    ['freeze', 'Fence SendCommand#1=echo'],
    ['cutoff', 'enter Fence#1=birch_crash'],
  ])('%s with %s', async (name, fault) => {
    expect((await live({ seed: 1, scenario: scenarioNamed(name), planned: [readPlanned(fault)] })).violations).toEqual([]);
  });
});

describe('what the simulator found stays mended', () => {
  test.each([
    ['a signature of the former holder is not proof that the new one signs', 3, 'switchover', ['enter ReleaseKey#1=birch_killNode']],
    ['a full disk does not stop the signer for good, unseen', 1, 'crash', ['enter Rejoin#1=birch_diskFull']],
    ['two clocks that are wrong at once are waited out', 1, 'drifting', []],
  ])('%s', async (_, seed, name, faults) => {
    expect((await live({ seed, scenario: scenarioNamed(name), planned: faults.map(readPlanned) })).violations).toEqual([]);
  });
  test('a standby whose guard is dead is not taken for ready: nothing is moved', async () => {
    const planned = [readPlanned('enter Assess#1=birch_crash')];
    expect(await live({ seed: 1, scenario: scenarioNamed('switchover'), planned })).toMatchObject({ violations: [], ends: ['Refused'] });
  });
});

/** Seeds that a negative control may need. */
const tries = 12;
/** A lie counts only in the half second before a guard that was called has closed by itself. */
const manyTries = 120;

const findWith = async (name: string, of: Partial<Parameters<typeof live>[0]>, seeds = tries): Promise<string> => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violations } = await live({ seed, scenario: scenarioNamed(name), ...of });
    if (violations[0] !== undefined) return violations[0];
  }
  return 'nothing';
};

const skipProof =
  (change: (output: Record<string, unknown>) => Record<string, unknown>) =>
  (act: Act<unknown, unknown>): Act<unknown, unknown> =>
  async (...args) =>
    change((await act(...args)) as Record<string, unknown>);

describe('a broken assumption is found', () => {
  test.each<[string, string, Partial<Switches>, RegExp]>([
    ['clocks worse than their bound', 'cutoff', { drift: 0.9 }, /can sign|same instant/],
    ['a false attestation', 'unreachable', { falseAttestation: true }, /can sign|same instant/],
    ['an active that lies about itself', 'switchover', { activeLies: true }, /can sign|same instant/],
  ])('%s', async (_, name, switches, found) => {
    expect(await findWith(name, { switches }, manyTries)).toMatch(found);
  });
});

describe('the circuit breaker', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'no key is released while the fleet is frozen, and all is well once a person has cleared it: seed %i',
    async (seed) => {
      const { violations, lines } = await live({ seed, scenario: scenarioNamed('frozen') });
      expect(violations).toEqual([]);
      expect(lines.some((line) => line.includes('FleetFrozen') || line.includes('Refused'))).toBe(true);
    },
  );
});

describe('a planted bug is found', () => {
  test('nobody looks at the breaker', async () => {
    const plant = (name: string, act: Act<unknown, unknown>): Act<unknown, unknown> =>
      name === 'Survey'
        ? act
        : async (input, deps, ...rest) => {
            const records = new Proxy(deps.records, {
              get: (target, name) => {
                const found = Reflect.get(target, name) as unknown;
                if (name === 'readBreaker') return async () => ({ suspicions: undefined, clearance: undefined });
                return typeof found === 'function' ? (found.bind(target) as unknown) : found;
              },
            });
            return act(input, { ...deps, records }, ...rest);
          };
    expect(await findWith('frozen', { plant })).toMatch(/the fleet is frozen for/);
  });
  test('Fence takes the first pass for proof', async () => {
    const plant = (name: string, act: Act<unknown, unknown>): Act<unknown, unknown> =>
      name === 'Fence' ? skipProof((output) => ({ ...output, state: 'fenced', kind: 'stopped' }))(act) : act;
    // ReleaseKey still refuses: proof is read from the lease, not from a task's output.
    expect(await findWith('freeze', { plant }, 2)).toBe('nothing');
  });
  test('Fence records a proof that nobody gave', async () => {
    const plant = (name: string, act: Act<unknown, unknown>): Act<unknown, unknown> =>
      name !== 'Fence'
        ? act
        : async (input, deps, ...rest) =>
            act(input, { ...deps, power: { ...deps.power, off: async () => undefined, state: async () => 'stopped' } }, ...rest);
    expect(await findWith('unreachable', { plant, scenario: { ...scenarioNamed('unreachable'), power: true } })).toMatch(/can sign|same instant/);
  });
  test('Verify sees a signature that is not there', async () => {
    const plant = (name: string, act: Act<unknown, unknown>): Act<unknown, unknown> =>
      name === 'Verify' ? skipProof((output) => ({ ...output, state: 'signing' }))(act) : act;
    expect(await findWith('switchover', { plant, planned: [readPlanned('enter ReleaseKey#1=birch_killNode')] })).toMatch(/has signed nothing/);
  });
});
