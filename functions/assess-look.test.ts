import { describe, expect, test } from 'vitest';
import { robin, run } from '../test/support/core.ts';
import { never, World } from '../test/support/deps.ts';
import { durationMs } from '../core/time.ts';
import { assess } from './assess.ts';

/** What Assess believes of the chain: a signature that landed before the failure is no sign of life. */

const operator = { kind: 'operator', by: robin, reason: 'It is dead.' } as const;
const verdict = { kind: 'verdict', by: 'watch', reason: 'It is dead.' } as const;
const asked = async (change: (world: World) => void, of: { kind?: 'failover' | 'switchover'; cause?: typeof operator | typeof verdict } = {}) => {
  const world = new World();
  change(world);
  const input = { validator: world.config.id, execution: run('one'), kind: 'failover', cause: verdict, ...of } as const;
  const { decision } = await world.clock.run(assess(input, world.deps(), never, () => 100_000));
  return { decision, afterMs: world.clock.steadyMs() };
};

/** The last commits hold its signature until a block comes, after `blockMs`. */
const signedUntil = (blockMs: number, then: 'signing' | 'failing') => (world: World) => {
  world.observe = () => (world.head === 100 ? 'signing' : then);
  void world.clock.sleep(durationMs(blockMs)).then(() => {
    world.head = 101;
  });
};

describe('a failover that begins before the next block', () => {
  test('is not refused for what was signed before', async () => {
    expect(await asked(signedUntil(5_900, 'failing'))).toEqual({ decision: 'proceed', afterMs: 6_000 });
  });
  test('is refused once the validator has signed anew', async () => {
    expect(await asked(signedUntil(5_900, 'signing'))).toEqual({ decision: 'refused', afterMs: 6_000 });
  });
  test('is refused when no block comes', async () => {
    expect(await asked(signedUntil(600_000, 'failing'))).toEqual({ decision: 'refused', afterMs: 20_000 });
  });
});

test.each(['failover', 'switchover'] as const)('a %s that a person asks for waits for no block', async (kind) => {
  expect(await asked(signedUntil(5_900, 'signing'), { kind, cause: operator })).toEqual({ decision: 'proceed', afterMs: 1_000 });
});
