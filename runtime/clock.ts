import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { epochMs, steadyMs, type Clock, type SteadyMs } from '../core/time.ts';

// Linux's first field of /proc/uptime counts through a suspend (CLOCK_BOOTTIME); process.hrtime does not.
const bootMs = (): number | undefined => {
  try {
    const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'latin1'));
    return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  } catch {
    return undefined;
  }
};

const fineMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

const fineAtStart = fineMs();
const bootAtStart = bootMs();

// The larger of two steady clocks: the fine one, and the coarse one that also counts a suspended machine.
// Reading late closes a gate early, which is the safe side. The coarse one ticks in 10 ms and is trusted only when a suspend shows.
const suspendShowsMs = 50;
let lastMs = 0;
const systemSteadyMs = (): SteadyMs => {
  const fine = fineMs() - fineAtStart;
  const boot = bootMs();
  const coarse = boot === undefined || bootAtStart === undefined ? fine : boot - bootAtStart;
  lastMs = Math.max(lastMs, coarse - fine > suspendShowsMs ? coarse : fine);
  return steadyMs(lastMs);
};

/** The machine's clock. The only place that asks the system for the time. */
export const systemClock: Clock = {
  epochMs: () => epochMs(Date.now()),
  steadyMs: systemSteadyMs,
  sleep: async (length, signal) => {
    await delay(length, undefined, signal ? { signal } : undefined);
  },
  // A fraction of a millisecond is refused by the platform.
  timeout: (length) => AbortSignal.timeout(Math.ceil(length)),
};

/** `bytes` of randomness from the operating system, in lower-case hex. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');
