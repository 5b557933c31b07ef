import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coolDownAfter } from './assess-gates.ts';

test('the time to cool down doubles with each failover of a day, up to a day', () => {
  expect([0, 1, 2, 3, 4, 20, 100].map((count) => coolDownAfter(600_000, count))).toEqual([
    600_000, 600_000, 1_200_000, 2_400_000, 4_800_000, 86_400_000, 86_400_000,
  ]);
});
test('it never falls, and is never below what is configured', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400_000 }), fc.integer({ min: 0, max: 100 }), (base, count) => {
      const after = coolDownAfter(base, count);
      expect(after).toBeGreaterThanOrEqual(base);
      expect(after).toBeLessThanOrEqual(coolDownAfter(base, count + 1));
      expect(after).toBeLessThanOrEqual(86_400_000);
    }),
  );
});
