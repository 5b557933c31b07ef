import * as z from 'zod';
import { BatonError } from './errors.ts';
import { durationMs, type DurationMs } from './time.ts';

const ms = (max: number) => z.number().int().min(1).max(max).transform(durationMs);

/** No guard promises for longer. One that has just started may have promised so much in its last life. */
export const longestPromiseMs = durationMs(60_000);

/** Every duration of one validator, in milliseconds; all are checked together by `checkTiming`. */
export const timing = z.strictObject({
  /** Time between two probes of `watch`. */
  probeMs: ms(60_000).prefault(5_000),
  /** How often the guard reads the lease while nothing happens. */
  pollMs: ms(60_000).prefault(3_000),
  /** How often the guard reads it while a phase is moving, and after a call (core/pace.ts). */
  movingPollMs: ms(60_000).prefault(200),
  readTimeoutMs: ms(60_000).prefault(2_000),
  /** Longest time the guard may need to close the gate and stop the validator. */
  stopMs: ms(120_000).prefault(3_000),
  marginMs: ms(60_000).prefault(2_000),
  leaseMs: ms(600_000).prefault(15_000),
  /** How long a promise of another guard counts, under policy `ask`. */
  promiseMs: ms(longestPromiseMs).prefault(15_000),
  /** Largest relative error of a machine's clock rate. */
  drift: z.number().min(0).max(0.2).prefault(0.05),
  /** Time between two looks of `fence` at the evidence. */
  fencePollMs: ms(10_000).prefault(250),
  /** How long `fence` waits for a relinquish before it sends the SSM command. */
  softFenceMs: ms(60_000).prefault(2_000),
  /** How long `fence` waits before it powers the instance off. */
  powerOffAfterMs: ms(600_000).prefault(10_000),
  /** When `fence` gives up and asks a person or reinstates. */
  fenceDeadlineMs: ms(3_600_000).prefault(120_000),
  verifyDeadlineMs: ms(3_600_000).prefault(120_000),
  /** How long a switchover waits at most for a time in which nothing is due of the validator, on chains that tell it ahead; 0: not at all. */
  quietWaitMs: z.number().int().min(0).max(3_600_000).transform(durationMs).prefault(600_000),
  /** How long the fenced node stays in quarantine before `rejoin`. */
  quarantineMs: ms(86_400_000).prefault(1_000),
  /** Shortest time between two failovers of one validator. */
  coolDownMs: ms(86_400_000).prefault(600_000),
});
export type Timing = z.infer<typeof timing>;

/**
 * How long after an acknowledged TakeTerm an armed guard with this lease length has surely stopped: lease × (1 + drift) ÷ (1 − drift) + margin.
 * Two clocks may be wrong at once: the guard's may run slow, so that it holds longer, and the one that measures the wait may run fast.
 */
export const lapseMs = (leaseMs: DurationMs, of: Pick<Timing, 'drift' | 'marginMs'>): DurationMs =>
  durationMs(Math.ceil((leaseMs * (1 + of.drift)) / (1 - of.drift)) + of.marginMs);

/**
 * How long after its question a holder may sign by a promise: promise × (1 − drift) ÷ (1 + drift) − stop − margin. The clock of the guard that
 * promised may run fast, so that its promise is over early, and the holder's may run slow.
 */
export const usablePromiseMs = (promiseMs: DurationMs, of: Pick<Timing, 'drift' | 'stopMs' | 'marginMs'>): DurationMs =>
  durationMs(Math.max(0, Math.floor((promiseMs * (1 - of.drift)) / (1 + of.drift)) - of.stopMs - of.marginMs));

/** Policy `ask` in words and numbers: a read must fail and a round be answered before the deadline, and the next round before the promises end. */
export const askArithmetic = (of: Timing): { safe: boolean; sentence: string } => {
  const neededMs = of.pollMs + 2 * of.readTimeoutMs;
  const byReadMs = of.leaseMs - of.stopMs - of.marginMs;
  const byPromiseMs = usablePromiseMs(of.promiseMs, of);
  const safe = neededMs < byReadMs && neededMs < byPromiseMs;
  const good = `lease − stop − margin = ${byReadMs} ms; a promise of ${of.promiseMs} ms is good for ${byPromiseMs} ms`;
  const sum = `poll ${of.pollMs} + 2 × read timeout ${of.readTimeoutMs} = ${neededMs} ms`;
  return {
    safe,
    sentence: `${sum}; ${good}: ${safe ? 'both are longer' : 'both must be longer'}`,
  };
};

/** @throws BatonError TimingUnsafe, with the sum. */
export const checkAsk = (of: Timing): Timing => {
  const { safe, sentence } = askArithmetic(of);
  if (safe) return of;
  throw new BatonError('TimingUnsafe', `unsafe timing for onControlPlaneLoss ask: ${sentence}`, {
    field: 'timing.promiseMs',
    fix: 'Raise timing.promiseMs or leaseMs, or lower pollMs, readTimeoutMs, stopMs or marginMs, until there is time to ask.',
  });
};

/** The guard's duty in words and numbers: `poll + read timeout + stop + margin < lease`. */
export const timingArithmetic = (of: Timing): { usedMs: DurationMs; safe: boolean; sentence: string } => {
  const usedMs = durationMs(of.pollMs + of.readTimeoutMs + of.stopMs + of.marginMs);
  const safe = usedMs < of.leaseMs;
  const sum = `poll ${of.pollMs} + read timeout ${of.readTimeoutMs} + stop ${of.stopMs} + margin ${of.marginMs} = ${usedMs} ms`;
  return {
    usedMs,
    safe,
    sentence: `${sum} ${safe ? '<' : '≥'} lease ${of.leaseMs} ms; a silent guard has stopped after ${lapseMs(of.leaseMs, of)} ms`,
  };
};

/** @throws BatonError TimingUnsafe, with the sum. */
export const checkTiming = (of: Timing): Timing => {
  const { safe, sentence } = timingArithmetic(of);
  if (!safe) {
    throw new BatonError('TimingUnsafe', `unsafe timing: ${sentence}`, {
      field: 'timing.leaseMs',
      fix: 'Raise timing.leaseMs, or lower pollMs, readTimeoutMs, stopMs or marginMs, until the sum is below the lease.',
    });
  }
  if (of.movingPollMs > of.pollMs) {
    throw new BatonError('TimingUnsafe', `timing.movingPollMs ${of.movingPollMs} is above timing.pollMs ${of.pollMs}`, {
      field: 'timing.movingPollMs',
      fix: 'Set movingPollMs to at most pollMs.',
    });
  }
  return of;
};
