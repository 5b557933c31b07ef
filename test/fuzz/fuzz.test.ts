import './quiet.ts';
import { describe, expect, test } from 'vitest';
import { BatonError } from '../../core/errors.ts';
import { fuzz, type FailureKind } from './engine.ts';
import { Random } from './random.ts';
import { canary, Wrong, type Target } from './target.ts';
import { targets } from './targets/index.ts';

/** A little of every target in each test run; the whole is `npm run fuzz`. And the harness itself must be able to fail. */

describe('every parser stands', () => {
  test.each(targets.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const report = await fuzz(one, { inputs: 150, seed: 7 });
    expect(report.failures).toEqual([]);
    expect(report.accepted + report.refused).toBe(150);
    expect(report.accepted, `${name} must take its valid inputs`).toBeGreaterThanOrEqual(15);
  });
  test('their names are all different', () => {
    expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length);
  });
});

/** A parser of whole numbers below a hundred, and what breaks it. */
const parserOf = (parse: (text: string) => unknown): Target =>
  ({
    name: 'planted',
    about: 'a parser made to fail',
    budgetMs: () => 50,
    make: (random: Random, valid: boolean) => ({ text: valid ? String(random.below(100)) : random.text(3, 'ab19 ') }),
    run: async ({ text }: { text: string }) => {
      const found = await parse(text);
      if (!Number.isInteger(found)) throw new Wrong('not a whole number');
      return 'accepted';
    },
  }) as unknown as Target;

const refuse = (message = 'not a number'): never => {
  throw new BatonError('InputInvalid', message, { fix: 'Give a number.' });
};
const good = (text: string): unknown => (/^\d{1,2}$/.test(text) ? Number(text) : refuse());
/** Work of this process, however busy the machine is with others. */
const busy = (ms: number): void => {
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < ms * 1_000);
};

describe('the harness', () => {
  test('finds nothing in a good parser', async () => {
    const report = await fuzz(parserOf(good), { inputs: 300, seed: 1 });
    expect(report.failures).toEqual([]);
    expect(report.refused).toBeGreaterThan(100);
  });
  test.each<[string, FailureKind, RegExp, (text: string) => unknown]>([
    [
      'an error of another kind',
      'crash',
      /TypeError/,
      (text) => (text.startsWith('a') ? (undefined as unknown as string[]).map(String) : good(text)),
    ],
    ['acceptance of what is not valid', 'wrong', /not a whole number/, (text) => (text.startsWith('a') ? NaN : good(text))],
    ['refusal of what is valid', 'wrong', /a valid input was refused: InputInvalid|a valid input was refused: not/, () => refuse()],
    ['a message without end', 'wrong', /3001 characters/, (text) => (text.startsWith('a') ? refuse('x'.repeat(3_001)) : good(text))],
    ['a secret in a message', 'wrong', /holds a secret/, (text) => (text.startsWith('a') ? refuse(`the key ${canary}`) : good(text))],
    ['a promise that never settles', 'hang', /has not settled/, (text) => (text.startsWith('a1') ? new Promise(() => undefined) : good(text))],
    [
      'work without end',
      'hang',
      /more than 50 ms, twice/,
      (text) => {
        if (text.startsWith('a1')) busy(60);
        return good(text);
      },
    ],
  ])('finds %s', async (_, kind, detail, parse) => {
    const report = await fuzz(parserOf(parse), { inputs: 150, seed: 3, stallMs: 40 });
    const found = report.failures.find((one) => one.kind === kind);
    expect(found?.detail).toMatch(detail);
    // The number of the input replays it, and nothing else.
    const again = await fuzz(parserOf(parse), { inputs: 0, seed: 3, stallMs: 40, only: found?.input ?? 0 });
    expect(again).toMatchObject({ inputs: 1, failures: [{ kind, input: found?.input }] });
  });
  test('finds a rejection that nobody handles', async () => {
    const report = await fuzz(
      parserOf((text) => {
        if (text.startsWith('a')) void Promise.reject(new Error('lost'));
        return good(text);
      }),
      { inputs: 60, seed: 1 },
    );
    expect(report.failures[0]?.detail).toMatch(/unhandled rejection: Error: lost/);
  });
  test('shows a smaller input that fails in the same way', async () => {
    const long: Target = {
      ...parserOf((text) => (text.includes('b') ? NaN : refuse())),
      make: () => ({ text: `${'a'.repeat(500)}b${'a'.repeat(500)}` }),
    };
    const [first] = (await fuzz(long, { inputs: 2, seed: 1 })).failures.slice(1);
    expect(first?.shown.length).toBeLessThan(40);
  });
  test('one seed gives one stream', () => {
    const stream = (seed: number, name: string, input: number): number[] => {
      const random = new Random(seed, name, input);
      return Array.from({ length: 5 }, () => random.bits());
    };
    expect(stream(1, 'a', 1)).toEqual(stream(1, 'a', 1));
    expect(new Set([stream(1, 'a', 1), stream(2, 'a', 1), stream(1, 'b', 1), stream(1, 'a', 2)].map(String)).size).toBe(4);
  });
});
