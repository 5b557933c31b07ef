import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDrill } from '../../local/drill/run.ts';
import { systemClock } from '../../runtime/clock.ts';
import { launch, shoot, troubleOf } from './chromium.ts';
import { barriers } from './console-pages.ts';

/** A drill on this machine, watched on its page from the first signature to the end. */

let browser: Browser;
let close = async (): Promise<void> => undefined;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await close();
  await browser.close();
});

const limit = { timeout: 120_000 };

/** A moment that one side waits for and the other lets come. */
const moment = (): { readonly come: () => void; readonly hasCome: Promise<void> } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { come: resolve, hasCome: promise };
};

test('a crash is followed from healthy to SUCCEEDED', async () => {
  const page = await browser.newPage();
  const trouble = troubleOf(page);
  const [healthy, approved, left] = [moment(), moment(), moment()];
  const { promise: opened, resolve: open, reject } = Promise.withResolvers<string>();
  const { promise: found, resolve: find } = Promise.withResolvers<string>();
  const stay = (sentence: string): Promise<void> => {
    find(sentence);
    return left.hasCome;
  };
  const ask = async (): Promise<boolean> => {
    await approved.hasCome;
    return true;
  };
  const options = { chain: 'ticker', scenario: 'crash', guarded: true, keep: false, built: null, clock: systemClock, tell: () => undefined } as const;
  const drill = runDrill({ ...options, ask, web: { open, healthy: () => healthy.hasCome, stay } }, (how) => {
    close = how;
  });
  drill.catch(reject);
  await page.goto(await opened);
  const headline = (words: RegExp) => page.locator('#bt-headline', { hasText: words }).waitFor(limit);
  await headline(/^drill signs\. It could fail over now\. Nothing waits for you\.$/);
  await shoot(page, 'console-drill-healthy');
  await page.getByRole('region', { name: 'Validators' }).getByRole('link', { name: 'drill', exact: true }).click();
  await headline(/^drill is healthy\. amber signs, gate open\./);
  healthy.come();
  await headline(/^drill is failing\./);
  await headline(/It waits for you\.$/);
  await shoot(page, 'console-drill-waiting');
  await page.getByRole('link', { name: 'the failover' }).click(limit);
  await headline(/^It waits for people in RequestApproval/);
  await page.getByRole('img', { name: /^Timeline of drill\.t1\./ }).waitFor(limit);
  const before = await page.locator('.steps tbody tr').count();
  approved.come();
  await headline(/^It succeeded in/);
  expect(await page.locator('.steps tbody tr').count()).toBeGreaterThan(before);
  for (const name of ['evidence', 'release', 'first signature']) expect(await page.locator('.sum dt', { hasText: name }).count()).toBe(1);
  // Whoever does not see it is told.
  await expect.poll(() => page.locator('#bt-news').innerText(), { timeout: 20_000 }).toMatch(/^It succeeded in [\d.]+ (s|min \d+ s)\.$/);
  expect(await found).toMatch(/^Nobody signed twice/);
  expect(await barriers(page)).toEqual([]);
  await shoot(page, 'console-drill-succeeded');
  left.come();
  await page.locator('.stale', { hasText: 'The drill is over: this page stays as it was at its end.' }).waitFor(limit);
  expect((await drill).ok).toBe(true);
  // Whoever goes on to another page leaves the news of this one.
  expect(trouble.filter((one) => !/\/events\?.*ERR_ABORTED/.test(one))).toEqual([]);
}, 600_000);
