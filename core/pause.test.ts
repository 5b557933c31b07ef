import { describe, expect, test } from 'vitest';
import { holding, longestPauseMs, parseLength, pauseRecord, type Pause } from './pause.ts';
import { epochMs } from './time.ts';

const pause: Pause = { by: 'robin', reason: 'Upgrade.', atMs: 1 };

describe('a pause', () => {
  test('without an end holds, and so it was written before there were ends', () => {
    expect(holding(pause, epochMs(1e15))).toBe(pause);
    expect(pauseRecord.parse(pause)).toStrictEqual(pause);
  });
  test.each([
    [999, true],
    [1_000, false],
    [1_001, false],
  ])('until 1000 holds at %i: %s', (now, holds) => {
    const ending = { ...pause, untilMs: 1_000 };
    expect(holding(ending, epochMs(now))).toBe(holds ? ending : undefined);
  });
  test('that is none holds nothing', () => {
    expect(holding(undefined, epochMs(1))).toBe(undefined);
  });
  test.each([{ untilMs: -1 }, { untilMs: 1.5 }, { untilMs: '1' }, { forMs: 1 }])('with %j is none', (of) => {
    expect(pauseRecord.safeParse({ ...pause, ...of }).success).toBe(false);
  });
  test('may end at the beginning of time', () => {
    expect(pauseRecord.safeParse({ ...pause, untilMs: 0 }).success).toBe(true);
  });
});

describe('a length of time', () => {
  test.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['3d', 259_200_000],
    ['30d', longestPauseMs],
    ['2592000s', longestPauseMs],
  ])('%s', (text, ms) => {
    expect(parseLength(text, '--for')).toBe(ms);
  });
  test.each(['', '2', 'h', '0h', '02h', '-2h', '1.5h', '2 h', ' 2h', '2h ', '2H', '2w', '2h30m', '12345678s', '2h\n'])('%j is none', (text) => {
    expect(() => parseLength(text, '--for')).toThrow(
      expect.objectContaining({
        code: 'InputInvalid',
        field: '--for',
        message: expect.stringContaining('expected a number and s, m, h or d, for example 30s, 15m, 2h or 3d') as string,
        fix: 'Give a length of time to --for, for example 2h.',
      }) as Error,
    );
  });
  test.each(['31d', '2592001s', '9999999d'])('%s is too long', (text) => {
    expect(() => parseLength(text, '--for')).toThrow('--for: is "' + text + '": expected at most 30d');
  });
});
