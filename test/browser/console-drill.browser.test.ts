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

const limit = { timeout: 240_000 };

test('a crash is followed from healthy to SUCCEEDED', async () => {
  const page = await browser.newPage();
  const trouble = troubleOf(page);
  let leave = (): void => undefined;
  const seen = new Promise<void>((done) => {
    leave = done;
  });
  const { promise: opened, resolve: open } = Promise.withResolvers<string>();
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const stay = (sentence: string): Promise<void> => {
    end(sentence);
    return seen;
  };
  const options = {
    chain: 'ticker',
    scenario: 'crash',
    guarded: true,
    keep: false,
    built: null,
    clock: systemClock,
    ask: null,
    tell: () => undefined,
  } as const;
  const drill = runDrill({ ...options, web: { open, stay } }, (how) => {
    close = how;
  });
  drill.catch(end);
  await page.goto(await opened);
  await page.getByRole('heading', { name: /^✓?drill signs\. It could fail over now\. Nothing waits for you\.$/ }).waitFor(limit);
  await shoot(page, 'console-drill-healthy');
  await page.getByRole('region', { name: 'Validators' }).getByRole('link', { name: 'drill', exact: true }).click();
  await page.getByRole('heading', { name: /drill is (suspect|failing)/ }).waitFor(limit);
  await page.getByRole('link', { name: 'the failover' }).click(limit);
  await page.getByRole('img', { name: /^Timeline of drill\.t1\./ }).waitFor(limit);
  await page.getByText('RUNNING', { exact: true }).waitFor(limit);
  const before = await page.locator('.steps tbody tr').count();
  await page.getByText('SUCCEEDED', { exact: true }).waitFor(limit);
  expect(await page.locator('.steps tbody tr').count()).toBeGreaterThan(before);
  for (const moment of ['evidence', 'release', 'first signature']) expect(await page.locator('.sum dt', { hasText: moment }).count()).toBe(1);
  await expect.poll(() => page.getByRole('status').innerText()).toMatch(/^It succeeded in [\d.]+ s\.$/);
  expect(await ended).toMatch(/^Nobody signed twice/);
  expect(await barriers(page)).toEqual([]);
  await shoot(page, 'console-drill-succeeded');
  leave();
  await page.getByText('The drill is over: this page stays as it was at its end.').waitFor(limit);
  expect((await drill).ok).toBe(true);
  expect(trouble).toEqual([]);
}, 600_000);
