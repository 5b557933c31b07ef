import { describe, expect, test } from 'vitest';
import { v } from '../../test/support/core.ts';
import { lookAt } from '../../test/support/looks.ts';
import { steadyMs } from '../../core/time.ts';
import { validatorId } from '../../core/ids.ts';
import { LastLooks } from './last-looks.ts';
import { uncalledMs } from './reports.ts';

describe('the look before', () => {
  test.each([
    ['tells nothing before every guard that lives has reported since', uncalledMs - 1, false],
    ['counts from then on', uncalledMs, true],
    ['counts while its reports tell of now', 150_000, true],
    ['is forgotten after that', 150_001, false],
  ])('%s', (_, agoMs, counts) => {
    const looks = new LastLooks();
    looks.keep(v, lookAt(1), steadyMs(7_000));
    expect(looks.before(v, steadyMs(7_000 + agoMs))).toEqual(counts ? lookAt(1) : undefined);
  });
  test('is that of this validator, and the last that was kept', () => {
    const looks = new LastLooks();
    looks.keep(v, lookAt(1), steadyMs(0));
    looks.keep(v, lookAt(2), steadyMs(0));
    expect(looks.before(v, steadyMs(60_000))).toEqual(lookAt(2));
    expect(looks.before(validatorId.parse('other-1'), steadyMs(60_000))).toBe(undefined);
  });
});
