import { describe, expect, test } from 'vitest';
import { countOf, proofFaults, scoreOf, type Mutant } from './score.ts';
import { targetNamed } from './targets.ts';

const mutant = (status: string, line = 1): Mutant => ({ file: 'core/a.ts', line, status, mutatorName: 'Regex', replacement: 'x' });

test('a mutant that no test covers has survived; one that loads nowhere and one with a proof count neither way', () => {
  const statuses = ['Killed', 'Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored', 'RuntimeError', 'CompileError'];
  const count = countOf(statuses.map((status) => mutant(status)));
  expect(count).toStrictEqual({ mutants: 8, killed: 2, timeout: 1, survived: 2, equivalent: 1, broken: 2 });
  expect(scoreOf(count)).toBe(60);
  expect(scoreOf(countOf([]))).toBe(100);
});

describe('an exception', () => {
  const proven = '  // Stryker disable next-line Regex: equivalent because the text is one character long already.';
  const faults = (line: string, of = [mutant('Ignored', 2)]): string[] => proofFaults('core/a.ts', `${line}\nconst a = /x/;`, of);
  test('with a proof passes', () => {
    expect(faults(proven)).toEqual([]);
    expect(faults('')).toEqual([]);
  });
  test.each([
    '// Stryker disable next-line Regex',
    '// Stryker disable next-line Regex: equivalent',
    '// Stryker disable next-line all: equivalent because nothing of it is ever seen by anyone',
    '// Stryker disable Regex: equivalent because nothing of it is ever seen by anyone',
    '// Stryker disable all',
  ])('%s is no proof', (line) => {
    expect(faults(line)).toEqual(['core/a.ts:1 is no proof: expected "// Stryker disable next-line Mutator: equivalent because …"']);
  });
  test('that takes nothing out any more must go', () => {
    expect(faults(proven, [mutant('Killed', 2), mutant('Ignored', 1)])).toEqual(['core/a.ts:1 takes no mutant out: remove it']);
  });
});

test('a target is known by its name', () => {
  expect(targetNamed('core').least).toBe(100);
  expect(() => targetNamed('cores')).toThrow('--only cores: expected one of core');
});
