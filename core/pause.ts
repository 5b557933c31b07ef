import * as z from 'zod';
import { parseWith } from './parse.ts';
import { durationMs, type DurationMs, type EpochMs } from './time.ts';

/** A pause only keeps failovers from starting; no right to sign ever follows from it, nor from its end. */

export const pauseRecord = z.strictObject({
  by: z.string(),
  reason: z.string(),
  atMs: z.number(),
  /** When it ends by itself, by the clock of who paused. Absent: at `resume`, and in records of older versions. */
  untilMs: z.number().int().min(0).optional(),
});
export type Pause = z.infer<typeof pauseRecord>;

/**
 * The pause if it still holds, by the clock of whoever asks.
 *
 * Here alone one machine's clock is compared with another's, and it may be: a pause that seems over too early lets a failover start that is
 * assessed, approved and fenced as ever; one that seems over too late costs downtime.
 */
export const holding = <P extends Pick<Pause, 'untilMs'>>(pause: P | undefined, nowMs: EpochMs): P | undefined =>
  pause?.untilMs !== undefined && nowMs >= pause.untilMs ? undefined : pause;

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const longestPauseMs = durationMs(30 * unitMs.d);

const length = z
  .string()
  .regex(/^[1-9]\d{0,6}[smhd]$/, 'expected a number and s, m, h or d, for example 30s, 15m, 2h or 3d')
  .transform((text) => durationMs(Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs]))
  .refine((ms) => ms <= longestPauseMs, 'expected at most 30d');

/** @throws BatonError InputInvalid. */
export const parseLength = (text: string, option: string): DurationMs =>
  parseWith(length, text, { what: option, code: 'InputInvalid', fix: `Give a length of time to ${option}, for example 2h.` });
