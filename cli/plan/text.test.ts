import { describe, expect, test } from 'vitest';
import { valueOf } from './text.ts';

const refused = (reason: string) => expect.objectContaining({ code: 'ConfigInvalid', message: expect.stringContaining(reason) as string }) as Error;

describe('the text of validators.yaml', () => {
  test('keys that are no plain text are refused at once: nested, they take the library minutes', () => {
    expect(() => valueOf('{'.repeat(300) + '}'.repeat(300), 'f')).toThrow(refused('a key is not plain text'));
    expect(() => valueOf('? [a]\n: b', 'f')).toThrow(refused('a key is not plain text'));
  });
  test('a map of very many keys is refused: each is compared with all before it', () => {
    const keys = Array.from({ length: 4_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(() => valueOf(keys, 'f')).toThrow(refused('a map has too many keys'));
  });
  test('a key that stands twice and a second document are refused', () => {
    expect(() => valueOf('a: 1\na: 2', 'f')).toThrow(refused('unique'));
    expect(() => valueOf('a: 1\n---\na: 2', 'f')).toThrow(refused('multiple documents'));
  });
  test('aliases are read, but not bombs of them', () => {
    expect(valueOf('a: &x [1]\nb: *x', 'f')).toEqual({ a: [1], b: [1] });
    const bomb = Array.from({ length: 20 }, (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}]`).join('\n');
    expect(() => valueOf(`l0: &l0 [x]\n${bomb}`, 'f')).toThrow(refused('alias'));
  });
  test('what is wrong is told in a few words', () => {
    expect(() => valueOf(`a: ${'!'.repeat(10_000)}`, 'f')).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/) as string }) as Error,
    );
  });
});
