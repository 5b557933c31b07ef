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
  test.each<[string, VerdictState, string]>([
    ['', 'healthy', 'No probe yet.'],
    ['hh', 'healthy', 'The whole chain stands still; this is not a failure of the validator.'],
    ['ff ff ff ff', 'suspect', 'Failing: 4 of the last 4 probes saw no signature (3 of 4 needed).'],
    ['ss ss ff ff ff', 'suspect', 'Failing: 3 of the last 4 probes saw no signature (3 of 4 needed).'],
    ['ff ff ff', 'suspect', 'Failing: 3 of the last 3 probes saw no signature (3 of 4 needed).'],
    ['ff uu', 'suspect', 'Fewer vantages than needed can tell; this counts as alive.'],
    ['ss', 'healthy', 'Its signatures land on the chain.'],
    ['ss ff ff ss ss', 'suspect', 'Suspect: 2 of the last 4 probes saw no signature; 2 good ones in a row, 3 needed.'],
    ['ff ss ss', 'healthy', 'Suspect: 1 of the last 3 probes saw no signature; 2 good ones in a row, 3 needed.'],
  ])('%s after %s says: %s', (text, before, expected) => {
    expect(verdict(rounds(text), rule, before).sentence).toBe(expected);
  });
});
