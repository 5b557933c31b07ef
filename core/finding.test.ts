import { describe, expect, test } from 'vitest';
import { countsOf, fail, healthStates, not, ok, seenAs, worstOf, type Finding, type HealthState } from './finding.ts';

const findings = (...states: HealthState[]): Finding[] =>
  states.map((state) => ({ check: 'table', validator: null, node: null, state, sentence: 'It is so.', next: null }));

test('what was told is told with what to do next', () => {
  expect(ok('Well.')).toStrictEqual({ state: 'ok', sentence: 'Well.', next: null });
  expect(not('warn', 'Soon.', 'baton status')).toStrictEqual({ state: 'warn', sentence: 'Soon.', next: 'baton status' });
  expect(fail('Bad.', 'baton apply')).toStrictEqual({ state: 'fail', sentence: 'Bad.', next: 'baton apply' });
});

test('only a value is judged: what was not read is unknown, what is broken fails', () => {
  const judge = (value: number) => ok(`It is ${value}.`);
  expect(seenAs({ value: 1 }, 'next', judge)).toStrictEqual(ok('It is 1.'));
  expect(seenAs({ unknown: 'No answer.' }, 'next', judge)).toStrictEqual(not('unknown', 'No answer.', 'next'));
  expect(seenAs({ broken: 'No number.' }, 'next', judge)).toStrictEqual(fail('No number.', 'next'));
});

describe('all together', () => {
  test('are counted', () => {
    expect(countsOf(findings(...healthStates, 'warn', 'fail', 'fail', 'unknown', 'unknown', 'unknown', 'unchecked'))).toStrictEqual({
      ok: 1,
      warn: 2,
      fail: 3,
      unknown: 4,
      unchecked: 2,
    });
    expect(healthStates.length).toBe(5);
  });
  test.each<[HealthState[], string]>([
    [[], 'ok'],
    [['ok', 'warn', 'unchecked'], 'ok'],
    [['ok', 'unknown', 'warn'], 'unknown'],
    [['unknown', 'fail', 'ok'], 'fail'],
  ])('%j are %s', (states, worst) => {
    expect(worstOf(findings(...states))).toBe(worst);
  });
});
