import { describe, expect, test } from 'vitest';
import { addMs, durationMs, elapsedMs, epochMs, steadyMs, utcOf } from './time.ts';

describe('a duration', () => {
  test.each([0, 0.5, 1, Number.MAX_VALUE])('of %d ms is one', (value) => {
    expect(durationMs(value)).toBe(value);
  });
  test.each([-1, -0.001, Number.NaN, Infinity, -Infinity])('of %d ms is none', (value) => {
    expect(() => durationMs(value)).toThrow(new RangeError(`a duration must be a finite number of milliseconds ≥ 0, got ${value}`));
  });
});

test('time between two instants is never negative', () => {
  expect(elapsedMs(steadyMs(3), steadyMs(5))).toBe(2);
  expect(elapsedMs(steadyMs(5), steadyMs(3))).toBe(0);
});

test('an instant moves by a duration', () => {
  expect(addMs(steadyMs(5), durationMs(3))).toBe(8);
});

test('branding an instant changes nothing of it', () => {
  expect([epochMs(7), steadyMs(7)]).toEqual([7, 7]);
});

test('a moment is told to the second', () => {
  expect(utcOf(1_764_064_805_999)).toBe('2025-11-25 10:00:05 UTC');
});
