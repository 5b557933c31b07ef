import { describe, expect, test } from 'vitest';
import { durationMs } from '../core/time.ts';
import { randomHex, steadyOf, systemClock } from './clock.ts';

test('the steady clock never goes back', () => {
  let last = systemClock.steadyMs();
  for (let i = 0; i < 2_000; i += 1) {
    const now = systemClock.steadyMs();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});

test('sleep lasts at least as long as asked', async () => {
  const start = systemClock.steadyMs();
  await systemClock.sleep(durationMs(30));
  expect(systemClock.steadyMs() - start).toBeGreaterThanOrEqual(28);
});

test('sleep ends early with the reason of its signal', async () => {
  const controller = new AbortController();
  const asleep = systemClock.sleep(durationMs(10_000), controller.signal);
  controller.abort(new Error('superseded'));
  await expect(asleep).rejects.toThrow('aborted');
});

test('a timeout aborts after its time', async () => {
  const start = systemClock.steadyMs();
  const signal = systemClock.timeout(durationMs(20.5));
  expect(signal.aborted).toBe(false);
  // The signal alone keeps nothing alive.
  await systemClock.sleep(durationMs(5_000), signal).catch(() => undefined);
  expect(signal.aborted).toBe(true);
  expect(systemClock.steadyMs() - start).toBeGreaterThanOrEqual(18);
});

test('randomness has the asked length', () => {
  expect(randomHex(16)).toMatch(/^[a-f0-9]{32}$/);
  expect(randomHex(16)).not.toBe(randomHex(16));
});

describe('of two steady clocks', () => {
  const at = { fine: 1_000, boot: 5_000 as number | undefined };
  const fresh = (): (() => number) => {
    Object.assign(at, { fine: 1_000, boot: 5_000 });
    return steadyOf({ fineMs: () => at.fine, bootMs: () => at.boot });
  };
  test.each<[string, number, number, number]>([
    ['the fine one counts while they agree', 100, 110, 100],
    ['the coarse one counts after a suspend, which the fine one did not see', 100, 60_100, 60_100],
    ['the fine one is believed when the coarse one lags', 100, 40, 100],
  ])('%s', (_, fine, boot, told) => {
    const now = fresh();
    Object.assign(at, { fine: 1_000 + fine, boot: 5_000 + boot });
    expect(now()).toBe(told);
    Object.assign(at, { fine: 1_000, boot: 5_000 });
    expect(now()).toBe(told);
  });
  test.each([undefined, Number.NaN])('one that counted suspends and is gone (%s) stops everything: no time is told', (gone) => {
    const now = fresh();
    at.boot = gone;
    expect(now).toThrow('ClockLost');
  });
  test('a machine that never had it goes by the fine one', () => {
    at.boot = undefined;
    at.fine = 1_000;
    const now = steadyOf({ fineMs: () => at.fine, bootMs: () => at.boot });
    at.fine = 1_200;
    expect(now()).toBe(200);
  });
});
