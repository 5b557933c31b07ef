import { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { parseWith } from '../core/parse.ts';
import { dayMs, epochMs, type EpochMs } from '../core/time.ts';
import { clockTime } from '../core/window.ts';

/** When a planned move may begin, as people type it. All times are UTC unless they say otherwise. */

export interface Window {
  readonly notBeforeMs: EpochMs;
  /** From then on it is refused. */
  readonly notAfterMs: EpochMs;
}

const minuteMs = 60_000;
/** How late a move with `--at` may begin. */
export const lateMs = 15 * minuteMs;

const fix = 'Give for example --at 02:00, --at 2026-11-28T02:00:00Z or --window 02:00-04:00 (UTC, at most 24 hours ahead).';
const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/, 'expected HH:MM, or a moment like 2026-11-28T02:00:00Z')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'expected a moment that there is');

const wrong = (field: string, message: string): BatonError => new BatonError('InputInvalid', `${field}: ${message}`, { field, fix });

/** The next time that a clock in UTC shows it. */
const next = (text: string, nowMs: number): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  const today = nowMs - (nowMs % dayMs) + (hours * 60 + minutes) * minuteMs;
  return today > nowMs ? today : today + dayMs;
};

/** To the second, as the workflow service waits. */
const wholeSecond = (ms: number): EpochMs => epochMs(ms - (ms % 1_000));

/** `--at`: HH:MM or RFC 3339. @throws BatonError InputInvalid when it is past, or more than 24 hours ahead. */
export const parseAt = (text: string, nowMs: EpochMs): Window => {
  const of = { what: '--at', code: 'InputInvalid', fix } as const;
  const at = clockTime.safeParse(text).success ? next(text, nowMs) : Date.parse(parseWith(moment, text, of));
  if (at <= nowMs) throw wrong('--at', `${text} is past`);
  if (at - nowMs > dayMs) throw wrong('--at', `${text} is more than 24 hours ahead`);
  return { notBeforeMs: wholeSecond(at), notAfterMs: wholeSecond(at + lateMs) };
};

/** `--window HH:MM-HH:MM`: the next one that has not ended; the one that is open now begins at once. @throws BatonError InputInvalid. */
export const parseWindow = (text: string, nowMs: EpochMs): Window => {
  const [from = '', to = '', ...rest] = text.split('-');
  const given = z.tuple([clockTime, clockTime]).safeParse([from, to]);
  if (!given.success || rest.length > 0) throw wrong('--window', `${text.slice(0, 80)} is not HH:MM-HH:MM`);
  if (from === to) throw wrong('--window', 'it has no length');
  const end = next(to, nowMs);
  const begin = next(from, nowMs);
  return { notBeforeMs: wholeSecond(begin < end ? begin : begin - dayMs), notAfterMs: wholeSecond(end) };
};

/** As the workflow service reads it. */
export const instantOf = (atMs: EpochMs): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;
