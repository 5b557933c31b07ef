import { expect, test } from 'vitest';
import { withSignal } from './signal.ts';

test('a signal is passed on itself, and without one there is no such option', () => {
  const { signal } = new AbortController();
  expect(withSignal(signal).abortSignal).toBe(signal);
  expect(withSignal(undefined)).toStrictEqual({});
});
