import { expect, test } from 'vitest';
import { steadyMs } from '../../core/time.ts';
import { Pulse } from './pulse.ts';

const at = steadyMs;
const pulseOf = (...notes: readonly (readonly [atMs: number, sequence: number])[]): Pulse<{ sequence: number }> => {
  const pulse = new Pulse<{ sequence: number }>(4_500);
  for (const [atMs, sequence] of notes) pulse.note('amber', { sequence }, at(atMs));
  return pulse;
};

test('one look shows no life, and no death', () => {
  expect(pulseOf().of('amber', at(0))).toBe('unknown');
  expect(pulseOf([0, 7]).of('amber', at(4_499))).toBe('unknown');
});
test('who rises lives, until it is long ago', () => {
  const pulse = pulseOf([0, 7], [2_000, 8]);
  expect(pulse.of('amber', at(6_499))).toBe('alive');
  expect(pulse.of('amber', at(6_500))).toBe('silent');
});
test('who stands still, or falls back, is silent', () => {
  expect(pulseOf([0, 7], [2_000, 7], [4_500, 7]).of('amber', at(4_500))).toBe('silent');
  expect(pulseOf([0, 7], [2_000, 5]).of('amber', at(4_500))).toBe('silent');
});
test('what stood there before it rose is lower for the living, and the same for the silent', () => {
  const pulse = pulseOf([0, 7], [2_000, 8], [2_500, 8]);
  expect(pulse.before('amber', at(3_000))).toEqual({ sequence: 7 });
  expect(pulse.before('amber', at(9_000))).toEqual({ sequence: 8 });
  expect(pulse.before('birch', at(0))).toBeUndefined();
});
