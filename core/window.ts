import * as z from 'zod';
import { dayMs, durationMs, type DurationMs, type EpochMs } from './time.ts';

/** A time of each day in which something may be done, in UTC. It may go over midnight. */

export const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time like 03:30');

export const dayWindow = z.strictObject({ from: clockTime, to: clockTime });
export type DayWindow = z.infer<typeof dayWindow>;

const minuteMs = 60_000;
const msOf = (text: string): number => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * minuteMs;

/** How long it is open each day; 0 when it ends as it begins. */
export const windowMs = ({ from, to }: DayWindow): DurationMs => durationMs((msOf(to) - msOf(from) + dayMs) % dayMs);

/** The opening that holds `nowMs`: when it began, and how long it is still open. Null when it is closed. */
export const openedAt = (window: DayWindow, nowMs: EpochMs): { readonly sinceMs: number; readonly leftMs: DurationMs } | null => {
  const today = nowMs - (nowMs % dayMs) + msOf(window.from);
  const sinceMs = nowMs < today ? today - dayMs : today;
  const leftMs = sinceMs + windowMs(window) - nowMs;
  return leftMs > 0 ? { sinceMs, leftMs: durationMs(leftMs) } : null;
};
