import { expect, test } from 'vitest';
import { durationMs } from '../core/time.ts';
import { randomHex, systemClock } from './clock.ts';

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
