import { describe, expect, test } from 'vitest';
import { validatorId } from '../../core/ids.ts';
import { configOf } from '../../test/support/core.ts';
import { minutesPerMonth, readPrices } from '../../local/cost/model.ts';
import { tellWatchers, watcherUsd } from './watchers.ts';

/** So many validators, so many of them on each chain, and what `baton doctor` says of so many watchers. */
const told = (validators: number, perChain: number, watchers: number): string => {
  const configs = Array.from({ length: validators }, (_, index) => ({
    ...configOf(),
    id: validatorId.parse(`v-${index}`),
    vantages: ['one', 'two'].map((name) => ({ name, url: `http://${name}.example.com:${1_000 + Math.floor(index / perChain)}` })),
  }));
  const schedules = Array.from({ length: watchers }, (_, at) => ({ name: `baton-WatchSchedule${at === 0 ? '' : at}-ABC${at}`, state: 'ENABLED' }));
  const others = ['baton-SurveySchedule-X', 'baton-WatchScheduleOfMine'].map((name) => ({ name, state: 'ENABLED' }));
  const { state, sentence, next } = tellWatchers({ stack: 'baton', schedules: { value: [...schedules, ...others] } }, configs);
  return `${state}: ${sentence}${next === null ? '' : ` ${next.split('   ')[0]}`}`;
};
const fleet = (validators: number, sets: number, watchers: number): string =>
  `${validators} validators with ${sets} different sets of chain and vantages; ${watchers} watchers share them`;
const more = 'too few for a round each five seconds in 256 MB. sam deploy --parameter-overrides';

describe('how many watchers a fleet needs', () => {
  test.each([
    [1, 1, 1, `ok: ${fleet(1, 1, 1)}.`],
    [1_000, 100, 1, `ok: ${fleet(1000, 10, 1)}.`],
    [1_001, 100, 1, `warn: ${fleet(1001, 11, 1)}: ${more} WatchShards=2`],
    [57, 1, 1, `ok: ${fleet(57, 57, 1)}.`],
    [58, 1, 1, `warn: ${fleet(58, 58, 1)}: ${more} WatchShards=2`],
    [2_001, 100, 2, `warn: ${fleet(2001, 21, 2)}: ${more} WatchShards=5`],
    [10_000, 100, 5, `warn: ${fleet(10000, 100, 5)}: ${more} WatchShards=10`],
    [10_000, 100, 10, `ok: ${fleet(10000, 100, 10)}.`],
    [600, 1, 10, `warn: ${fleet(600, 600, 10)}: more than ten have time for in 256 MB. sam deploy --parameter-overrides WatchMemoryMb=1769`],
  ])('%i validators, %i of each chain, %i watchers', (validators, perChain, watchers, expected) => {
    expect(told(validators, perChain, watchers)).toBe(expected);
  });
  test('far more than needed is said, with what each costs; somewhat more is not', () => {
    expect(told(500, 100, 2)).toBe(
      `warn: ${fleet(500, 5, 2)}: 1 would do, and each costs $8.76 a month or more. sam deploy --parameter-overrides WatchShards=1`,
    );
    expect(told(900, 100, 2)).toMatch(/^ok: /);
    expect(told(1_000, 100, 10)).toMatch(/^warn: .* 1 would do/);
    expect(told(4_000, 100, 10)).toMatch(/^ok: /);
  });
  test('a month of a watcher is what the prices say', () => {
    expect(watcherUsd).toBe(Number((60 * 0.25 * minutesPerMonth * readPrices().prices.lambdaGbSecond.usd).toFixed(2)));
  });
  test('what nobody may read is unknown', () => {
    expect(tellWatchers({ stack: 'baton', schedules: { unknown: 'Not known: no.' } }, [configOf()])).toEqual({
      state: 'unknown',
      sentence: 'Not known: no.',
      next: 'baton doctor',
    });
  });
});
