import { describe, expect, test } from 'vitest';
import { epochMs } from './time.ts';
import { dayWindow, openedAt, windowMs } from './window.ts';

const at = (text: string) => epochMs(Date.parse(`2026-03-04T${text}Z`));
const night = { from: '22:30', to: '02:00' };
const morning = { from: '03:00', to: '05:15' };

describe('a window', () => {
  test.each([
    [morning, 8_100_000],
    [night, 12_600_000],
    [{ from: '00:00', to: '23:59' }, 86_340_000],
    [{ from: '04:00', to: '04:00' }, 0],
    [{ from: '04:00', to: '03:59' }, 86_340_000],
  ])('%j is open for %i ms', (window, length) => {
    expect(windowMs(window)).toBe(length);
  });
  test.each<[string, { from: string; to: string }, string, string | null, number]>([
    ['opens at its first moment', morning, '03:00:00', '2026-03-04T03:00:00.000Z', 8_100_000],
    ['is closed before', morning, '02:59:59.999', null, 0],
    ['is open to its last moment', morning, '05:14:59.999', '2026-03-04T03:00:00.000Z', 1],
    ['is closed at its end', morning, '05:15:00', null, 0],
    ['is open before midnight', night, '23:00:00', '2026-03-04T22:30:00.000Z', 10_800_000],
    ['is open after midnight since the day before', night, '01:00:00', '2026-03-03T22:30:00.000Z', 3_600_000],
    ['is closed by day', night, '12:00:00', null, 0],
    ['is never open when it ends as it begins', { from: '04:00', to: '04:00' }, '04:00:00', null, 0],
  ])('%s', (_, window, now, since, leftMs) => {
    expect(openedAt(window, at(now))).toEqual(since === null ? null : { sinceMs: Date.parse(since), leftMs });
  });
});

test.each(['', '3:00', '24:00', '03:60', '03:00:00', ' 03:00', '03:000', '0300', 'x03:00'])('%j is no time', (text) => {
  const found = dayWindow.safeParse({ from: text, to: '05:00' });
  expect(found.error?.issues[0]).toMatchObject({ path: ['from'], message: 'expected a time like 03:30' });
});
test.each(['00:00', '09:59', '10:00', '19:30', '20:00', '23:59'])('%j is a time', (text) => {
  expect(dayWindow.parse({ from: text, to: '05:00' })).toEqual({ from: text, to: '05:00' });
});
test('it knows no other field', () => {
  expect(dayWindow.safeParse({ from: '03:00', to: '05:00', zone: 'UTC' }).success).toBe(false);
});
