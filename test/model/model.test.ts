import { describe, expect, test } from 'vitest';
import { explore, tell, type Model } from './explorer.ts';
import { roundsToHeal } from './fence/heal.ts';
import { newWorld, type Scope as FenceScope } from './fence/world.ts';
import { controls, healsWithin, quickScopes } from './scopes.ts';

/** The explorer itself, then each scope up to its quick bound; `npm run explore` goes to the end. */

/** Two counters that may each rise to 3; wrong where both are 2. */
const counters = (wrongAt: string): Model<readonly [number, number]> => ({
  name: 'counters',
  initial: [0, 0],
  steps: ([a, b]) => [
    ...(a < 3 ? [{ say: () => `a is ${a + 1}`, to: [a + 1, b] as const }] : []),
    ...(b < 3 ? [{ say: () => `b is ${b + 1}`, to: [a, b + 1] as const }] : []),
  ],
  wrong: (state) => (state.join() === wrongAt ? `It is ${state.join()}.` : null),
  encode: (state) => state.join(),
});

describe('the explorer', () => {
  test('sees every state once', () => {
    const seen: string[] = [];
    const result = explore(counters('none'), { maxStates: 100 }, (state) => seen.push(state.join()));
    expect(result).toEqual({ states: 16, transitions: 24, depth: 6, complete: true, counterexample: null });
    expect(new Set(seen).size).toBe(16);
  });
  test('tells a shortest way to what is wrong', () => {
    const { counterexample, depth } = explore(counters('2,1'), { maxStates: 100 });
    expect(depth).toBe(3);
    if (!counterexample) throw new Error('nothing was found');
    expect(tell(counterexample)).toBe('  1. a is 1\n  2. a is 2\n  3. b is 1\n  ⇒  It is 2,1.');
  });
  test('stops at its bound and says so', () => {
    expect(explore(counters('3,3'), { maxStates: 10 })).toMatchObject({ states: 10, complete: false, counterexample: null });
  });
  test('reports a wrong step even when it leads to a known state', () => {
    const model: Model<number> = {
      name: 'steps',
      initial: 0,
      steps: () => [{ say: () => 'It stays.', to: 0, wrong: 'It should not.' }],
      wrong: () => null,
      encode: String,
    };
    expect(explore(model, { maxStates: 10 }).counterexample).toEqual({ steps: ['It stays.'], wrong: 'It should not.' });
  });
});

const healedEvery = 40;

describe.each(quickScopes)('$name: $about', ({ model, most, heal }) => {
  test('holds, and heals', () => {
    let stuck = 0;
    const result = explore(model(), { maxStates: most }, (state, index) => {
      if (heal && index % healedEvery === 0 && heal(state) === null) stuck += 1;
    });
    expect(result.counterexample && tell(result.counterexample)).toBe(null);
    expect(result.complete || result.states === most).toBe(true);
    expect(stuck).toBe(0);
  });
});

/** Those that are found among few states; `npm run explore` runs all. */
const cheap = [
  'stopped',
  'vantage-lag',
  'no-floor',
  'record-lost',
  'unversioned-approval',
  'blind-approval',
  'publish-first',
  'own-signature',
  'claims-after-close',
  'early-mark',
  'clone-clock',
  'clone-memory-at-once',
  'ask-not-asked',
  'ask-instants',
];

describe.each(controls.filter(({ name }) => cheap.includes(name)))('control $name', ({ model, about }) => {
  test(`a violation is found when ${about}`, () => {
    expect(explore(model(), { maxStates: 200_000 }).counterexample).not.toBe(null);
  });
});

test('a world in which nobody could ever be fenced does not count as healed', () => {
  const scope: FenceScope = {
    nodes: 1,
    executions: 1,
    terms: 2,
    driver: 'signer',
    accepts: ['stopped'],
    armed: true,
    reads: 1,
    calm: false,
    blind: false,
    broken: [],
  };
  const world = newWorld(scope);
  expect(roundsToHeal({ ...world, lease: { ...world.lease, phase: 'FENCING' } }, scope, healsWithin)).toBe(null);
});
