import { registry } from '../chains/registry.ts';
import { expect, test } from 'vitest';
import { configOf } from '../test/support/core.ts';
import { checkValidator } from './check.ts';

test('a validator whose guards ask needs promises that last until the next round', () => {
  const config = configOf((one) => {
    one['policy'] = { approvers: ['role/approver'], onControlPlaneLoss: 'ask' };
    one['timing'] = { promiseMs: 8_000 };
  });
  expect(() => checkValidator(config, registry)).toThrow(
    'unsafe timing for onControlPlaneLoss ask: poll 3000 + 2 × read timeout 2000 = 7000 ms; lease − stop − margin = 10000 ms; ' +
      'a promise of 8000 ms is good for 2238 ms: both must be longer',
  );
});
