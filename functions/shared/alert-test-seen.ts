import { BatonError } from '../../core/errors.ts';
import { daysSince, neverDays } from '../../core/survey.ts';
import type { Deps } from './deps.ts';

const hourMs = 3_600_000;
const mostHours = 9_999;

/** How old the last acknowledged alert test is. An item that a hand has broken acknowledges nothing. */
export const alertTestOf = async ({ alertTests, clock }: Pick<Deps, 'alertTests' | 'clock'>, signal: AbortSignal) => {
  const found = await alertTests.read(signal).catch((error: unknown) => {
    if (error instanceof BatonError && error.code === 'LeaseInvalid') return undefined;
    throw error;
  });
  const nowMs = clock.epochMs();
  const ageDays = found?.acknowledged ? Math.min(neverDays, daysSince(found.acknowledged.atMs, nowMs)) : neverDays;
  const sinceMs = found?.unansweredSinceMs;
  return { ageDays, unansweredHours: sinceMs === undefined ? 0 : Math.min(mostHours, Math.max(0, Math.floor((nowMs - sinceMs) / hourMs))) };
};
