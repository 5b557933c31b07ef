import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDrill } from '../../local/drill/run.ts';
import { systemClock } from '../../runtime/clock.ts';
import { barriersIn } from './axe.ts';
import { launch, shoot, troubleOf } from './chromium.ts';

/**
 * A whole incident, answered by people at the page and by nobody else: the active hangs and nothing reaches it. It is approved, then attested,
 * and the standby signs.
 */

let browser: Browser;
let endWorld: () => Promise<void> = async () => undefined;
beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await endWorld();
});

const later = <T>() => {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((give) => {
    resolve = give;
  });
  return { promise, resolve };
};

/** The drill, as far as its page; it ends after `over` is called. */
const startDrill = () => {
  const [page, over] = [later<string>(), later<void>()];
  const told: string[] = [];
  const result = runDrill(
    {
      chain: 'ticker',
      scenario: 'attested',
      guarded: true,
      keep: false,
      built: null,
      clock: systemClock,
      ask: null,
      slack: { page: page.resolve, until: () => over.promise },
      tell: (sentence) => {
        told.push(sentence);
      },
    },
    (close) => {
      endWorld = close;
    },
  );
  // A drill that fails early must not leave the test waiting for its page.
  const url = Promise.race([page.promise, result.then(() => Promise.reject(new Error('the drill has ended without a page')))]);
  return { url, result, told, over: () => over.resolve() };
};

const be = (page: Page, name: string): Promise<unknown> => page.getByLabel('You are').selectOption({ value: `U0${name.toUpperCase()}` });
const dialog = (page: Page): Locator => page.getByRole('dialog');
const messageWith = (page: Page, heading: string | RegExp): Locator =>
  page
    .getByRole('list', { name: 'Messages' })
    .locator('> li')
    .filter({ has: page.getByRole('heading', { name: heading }) });

const press = async (page: Page, message: Locator, name: string): Promise<void> => {
  await message.getByRole('button', { name }).click();
  await dialog(page)
    .getByRole('heading', { name: `${name} drill?` })
    .waitFor();
  await dialog(page).getByRole('button', { name, exact: true }).click();
};

test('from the alert to the summary', async () => {
  const drill = startDrill();
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  const trouble = troubleOf(page);
  await page.goto(await drill.url);
  await page.getByText('Nothing was said here yet.').waitFor();
  expect(await barriersIn(page)).toEqual([]);

  const asked = messageWith(page, 'Approve or deny: drill');
  await asked.waitFor({ timeout: 90_000 });
  await shoot(page, 'incident-1-asked');
  expect(await asked.textContent()).toContain('then let i-0b0b000000000002 sign for drill. Reason: amber hangs, and nothing reaches it');
  expect(await barriersIn(page)).toEqual([]);

  await be(page, 'robin');
  await press(page, asked, 'Approve');
  await page.getByText('Not counted: who asks for it may not approve it').waitFor();
  await shoot(page, 'incident-2-requester');
  await be(page, 'mallory');
  await press(page, asked, 'Approve');
  await page.getByText('Not counted: T0BATON/U0MALLORY is not among the approvers').waitFor();
  await be(page, 'pat');
  await press(page, asked, 'Deny');
  await page.getByText('Not counted: T0BATON/U0PAT is not among the approvers').waitFor();
  await shoot(page, 'incident-3-strangers');
  expect(await asked.getByRole('button').allTextContents()).toEqual(['Approve', 'Deny']);

  await be(page, 'alex');
  await asked.getByRole('button', { name: 'Approve' }).click();
  await shoot(page, 'incident-4-confirm');
  expect(await barriersIn(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'hidden' });
  await press(page, asked, 'Approve');
  const approved = messageWith(page, 'Approved: drill');
  await approved.getByText(/Approved by alex/).waitFor();
  expect(await approved.getByRole('button').count()).toBe(0);
  await shoot(page, 'incident-5-approved');

  const attestation = messageWith(page, 'Attestation needed: drill');
  await attestation.waitFor({ timeout: 60_000 });
  await shoot(page, 'incident-6-attestation');
  expect(trouble).toEqual([]);
  await page.close();
  drill.over();
  expect(await drill.result).toMatchObject({ ok: true, end: 'SUCCEEDED', signedTwice: false, called: 0 });
}, 240_000);
