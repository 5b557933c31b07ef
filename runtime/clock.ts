import { randomBytes } from 'node:crypto';
import { openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { epochMs, steadyMs, type Clock, type SteadyMs } from '../core/time.ts';

const uptimeFile = (): number | undefined => {
  try {
    return openSync('/proc/uptime', 'r');
  } catch {
    return undefined;
  }
};

// Linux's first field of /proc/uptime counts through a suspend (CLOCK_BOOTTIME); process.hrtime does not. Open from the start:
// a process that has no file descriptors left must not lose this clock.
const uptime = uptimeFile();
const bootMs = (): number | undefined => {
  if (uptime === undefined) return undefined;
  const buffer = Buffer.alloc(64);
  return Number.parseFloat(buffer.toString('latin1', 0, readSync(uptime, buffer, 0, buffer.length, 0))) * 1_000;
};

const fineMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

// The coarse clock ticks in 10 ms and is trusted only when a suspend shows.
const suspendShowsMs = 50;

/**
 * The larger of two steady clocks: the fine one, and the coarse one that also counts a suspended machine; undefined where there is none.
 * Reading late closes a gate early, which is the safe side.
 * @throws Error when the coarse one was there at the start and gives no number now: without it a suspend would make a lease longer.
 */
export const steadyOf = (clocks: { fineMs: () => number; bootMs: () => number | undefined }): (() => SteadyMs) => {
  const [fineAtStart, bootAtStart] = [clocks.fineMs(), clocks.bootMs()];
  let lastMs = 0;
  return () => {
    const fine = clocks.fineMs() - fineAtStart;
    const coarse = bootAtStart === undefined ? fine : (clocks.bootMs() ?? Number.NaN) - bootAtStart;
    if (!Number.isFinite(coarse)) throw new Error('ClockLost: the clock that counts a suspended machine (/proc/uptime) gives no time any more');
    lastMs = Math.max(lastMs, coarse - fine > suspendShowsMs ? coarse : fine);
    return steadyMs(lastMs);
  };
};

/** The machine's clock. The only place that asks the system for the time. */
export const systemClock: Clock = {
  epochMs: () => epochMs(Date.now()),
  steadyMs: steadyOf({ fineMs, bootMs }),
  sleep: async (length, signal) => {
    await delay(length, undefined, signal ? { signal } : undefined);
  },
  // A fraction of a millisecond is refused by the platform.
  timeout: (length) => AbortSignal.timeout(Math.ceil(length)),
};

/** `bytes` of randomness from the operating system, in lower-case hex. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');
