import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { costTable, readPrices } from '../../bench/cost.ts';
import { countMinute } from '../../bench/minute.ts';

/** The costs in docs/deploy.md are those that the code, the template and the prices give today. */

test('a quiet minute of four validators with two nodes each, counted', async () => {
  expect(await countMinute()).toEqual({
    stackReads: 5,
    stackWrites: 13,
    validatorReads: 27,
    guardReads: 31,
    guardWrites: 18,
    stackMetrics: 27,
    validatorMetrics: 3,
    surveySeconds: expect.closeTo(12, 0) as number,
    pageReads: 12,
    pageOwnReads: 10,
    pageSeconds: expect.closeTo(3, 0) as number,
  });
});

test('docs/deploy.md holds the table of `npm run cost -- --write`', async () => {
  const [, table] =
    /<!-- cost -->\n([\s\S]*?)\n<!-- \/cost -->/.exec(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'deploy.md'), 'utf8')) ?? [];
  expect(table).toBe(await costTable());
});

test('each price names where it comes from', () => {
  const { date, prices } = readPrices();
  expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  for (const { usd, source } of Object.values(prices)) {
    expect(usd).toBeGreaterThan(0);
    expect(source).toMatch(/^https:\/\/aws\.amazon\.com\//);
  }
});
