import { describe, expect, test } from 'vitest';
import { cometbft } from '../chains/cometbft/index.ts';
import { configOf } from '../test/support/core.ts';
import type { ChainRules } from './chain-rules.ts';
import { checkValidator } from './check.ts';

describe('what a chain itself refuses', () => {
  const strict = (found: ReturnType<NonNullable<ChainRules['check']>>) => ({ cometbft: { ...cometbft, check: () => found } });
  test('is told with its field', () => {
    const chains = strict({ field: 'chain.mode', message: 'mode is not for this policy', fix: 'Take another.' });
    expect(() => checkValidator(configOf(), chains)).toThrow(
      expect.objectContaining({
        code: 'ConfigInvalid',
        field: 'hub-1.chain.mode',
        message: 'hub-1: mode is not for this policy',
        fix: 'Take another.',
      }),
    );
  });
  test('or it refuses nothing', () => {
    const config = configOf();
    expect(checkValidator(config, strict(null))).toBe(config);
  });
});
