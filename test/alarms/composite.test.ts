import { describe, expect, test } from 'vitest';
import type { State } from './metric-state.ts';
import { childrenOf, holds, parseRule } from './rule.ts';
import { UnknownToEvaluator } from './statistics.ts';
import { suppress, unsuppressed, type Suppression } from './suppression.ts';

const unknown = (text: string) => expect.objectContaining({ name: 'UnknownToEvaluator', message: expect.stringContaining(text) as string }) as Error;
const letters: Record<string, State> = { A: 'ALARM', O: 'OK', I: 'INSUFFICIENT_DATA' };

describe('rules of composite alarms', () => {
  const states: Record<string, State> = { up: 'OK', down: 'ALARM', new: 'INSUFFICIENT_DATA', 'a b': 'ALARM' };
  const stateOf = (name: string): State => {
    const state = states[name];
    if (!state) throw new UnknownToEvaluator(name);
    return state;
  };
  test.each([
    ['ALARM("down")', true],
    ['ALARM(up)', false],
    ['ALARM("a b")', true],
    ['OK(up) AND INSUFFICIENT_DATA(new)', true],
    ['NOT ALARM(up) AND ALARM(down)', true],
    ['NOT (ALARM(up) OR ALARM(down))', false],
    ['ALARM(up) AND ALARM(new) OR ALARM(down)', true],
    ['ALARM(up) AND (ALARM(new) OR ALARM(down))', false],
    ['ALARM(down) AND NOT ALARM(up)', true],
    ['TRUE', true],
    ['FALSE OR\n  false', false],
  ])('%s', (text, expected) => {
    expect(holds(parseRule(text), stateOf)).toBe(expected);
  });
  test('what a rule looks at', () => {
    expect(childrenOf(parseRule('ALARM("a") OR (OK(b) AND NOT ALARM(c)) OR TRUE'))).toEqual(['a', 'b', 'c']);
  });
  test.each([
    '',
    'ALARM',
    'ALARM()',
    'ALARM(a',
    'ALARM(a) XOR ALARM(b)',
    'ALARM(a) ALARM(b)',
    'alarm(a)',
    'RED(a)',
    'AND ALARM(a)',
    '(ALARM(a)',
    'ALARM(a) ; TRUE',
  ])('no rule: %j', (text) => {
    expect(() => parseRule(text)).toThrow(UnknownToEvaluator);
  });
  test('a hundred children, not more', () => {
    const rule = (count: number): string => Array.from({ length: count }, (_, at) => `ALARM(a${at})`).join(' OR ');
    expect(childrenOf(parseRule(rule(100)))).toHaveLength(100);
    expect(() => parseRule(rule(101))).toThrow(unknown('size'));
  });
});

/** Letters of composite and suppressor at t0, t1, …; the times at which actions are taken, with the state. Wait 2, extension 3. */
const actionsTaken = (composite: string, suppressor: string): string[] => {
  let state: Suppression = { ...unsuppressed, last: { seconds: -1, composite: letters[composite[0] as string] as State, suppressor: 'OK' } };
  return [...composite].flatMap((letter, seconds) => {
    const look = { seconds, composite: letters[letter] as State, suppressor: letters[suppressor[seconds] as string] as State };
    const { after, act } = suppress(state, look, { waitSeconds: 2, extensionSeconds: 3 });
    state = after;
    return act ? [`t${seconds} ${look.composite}`] : [];
  });
};

describe('suppression, as the six examples of AWS have it', () => {
  test.each([
    ['1: not suppressed after the wait', 'OOAAAAA', 'OOOOOOO', ['t4 ALARM']],
    ['2: suppressed before the wait ends', 'OOAAAAAA', 'OOOAAAAA', []],
    ['3: back to OK within the wait', 'OOAOOOOO', 'OOOOOOOO', ['t5 OK']],
    ['4: the suppressor is in ALARM already', 'OOAAAAAA', 'OAAAAAAA', []],
    ['5: not suppressed after the extension', 'OOAAAAAAAAA', 'OOOAAAOOOOO', ['t9 ALARM']],
    ['6: back to OK within the extension', 'OOAAAAAOOOO', 'OOOAAAOOOOO', ['t9 OK']],
  ])('%s', (_about, composite, suppressor, expected) => {
    expect(actionsTaken(composite, suppressor)).toEqual(expected);
  });
  test('a state that was told before the suppression is not told anew after it', () => {
    expect(actionsTaken('OAAAAAAAAAAA', 'OOOOOAAOOOOO')).toEqual(['t3 ALARM']);
  });
});
