import type { ValidatorConfig } from '../../core/config.ts';
import { durationMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';

const longestMs = 5_000;
const answerMs = 200;

/**
 * Calls the guards and waits until each has read the call: people may have taken minutes since the last one. A call that is lost costs time and
 * nothing else.
 */
export const wake = async (
  { lease, clock, randomHex }: Pick<Deps, 'lease' | 'clock' | 'randomHex'>,
  { id, timing }: Pick<ValidatorConfig, 'id' | 'timing'>,
  signal: AbortSignal,
): Promise<void> => {
  if (await lease.call(id, randomHex(8), signal)) await clock.sleep(durationMs(Math.min(timing.pollMs, longestMs) + answerMs), signal);
};
