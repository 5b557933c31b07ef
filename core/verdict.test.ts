import { describe, expect, test } from 'vitest';
import { judgeSample, verdict, type Observation, type Sample, type VerdictState } from './verdict.ts';

const rule = { failing: 3, window: 4, healthy: 3, vantages: 2 };
const letters: Record<string, Observation> = { s: 'signing', f: 'failing', h: 'halted', u: 'unobservable' };
/** `ff` is one round seen as failing from both vantages. */
const rounds = (text: string): Sample[] =>
  text
    .split(' ')
    .filter((one) => one !== '')
    .map((one) => ({ observations: Object.fromEntries([...one].map((letter, index) => [`v${index}`, letters[letter] ?? 'unobservable'])) }));

describe('one round', () => {
  test.each([
    ['ss', 'signing'],
    ['sf', 'signing'],
    ['su', 'signing'],
    ['ff', 'failing'],
    ['fu', 'unobservable'],
    ['uu', 'unobservable'],
    ['hh', 'halted'],
    ['hu', 'halted'],
    ['hf', 'unobservable'],
    ['f', 'unobservable'],
    ['ffu', 'failing'],
  ] as const)('%s is %s', (text, expected) => {
    expect(judgeSample(rounds(text)[0] as Sample, rule)).toBe(expected);
  });
});

describe('state in, verdict out', () => {
  test.each<[string, VerdictState, VerdictState]>([
    ['', 'healthy', 'unobservable'],
    ['ss ss ss', 'suspect', 'healthy'],
    ['ss', 'healthy', 'healthy'],
    ['ss', 'suspect', 'suspect'],
    ['ss ss ff', 'healthy', 'suspect'],
    ['ss ff ff', 'healthy', 'suspect'],
    ['ss ff ff ff', 'healthy', 'failing'],
    ['ff ss ff ff', 'suspect', 'failing'],
    ['ff ff ff ss', 'failing', 'suspect'],
    ['ff ff ss ss', 'failing', 'suspect'],
    ['ff ss ss ss', 'failing', 'healthy'],
    ['ff ff ff uu', 'failing', 'unobservable'],
    ['uu uu uu uu', 'healthy', 'unobservable'],
    ['fu fu fu fu', 'healthy', 'unobservable'],
    ['ff ff hh hh', 'suspect', 'halted'],
    ['hh hh hh hh', 'healthy', 'halted'],
    ['ff uu ff ff', 'suspect', 'failing'],
  ])('%s after %s is %s', (text, before, expected) => {
    expect(verdict(rounds(text), rule, before).state).toBe(expected);
  });
  test('silence alone never becomes failing, however long', () => {
    expect(verdict(rounds('uu '.repeat(50)), rule, 'suspect').state).toBe('unobservable');
  });
  test('it says the numbers', () => {
    expect(verdict(rounds('ff ff ff ff'), rule, 'suspect').sentence).toBe('Failing: 4 of the last 4 probes saw no signature (3 of 4 needed).');
  });
});
