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

/** The drill, as far as its page; it ends after `over` is called. */
const startDrill = () => {
  const [page, over] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
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
/** In the channel or in a thread: the one whose own heading it is. */
const messageWith = (page: Page, heading: string): Locator => page.locator(`li.message:has(> h2:text-is("${heading}"), > h3:text-is("${heading}"))`);
const buttonsOf = (message: Locator): Locator => message.locator('> [role=group]').getByRole('button');

const press = async (page: Page, message: Locator, name: string): Promise<void> => {
  await buttonsOf(message).filter({ hasText: name }).click();
  await dialog(page)
    .getByRole('heading', { name: `${name} drill?` })
    .waitFor();
  await dialog(page).getByRole('button', { name, exact: true }).click();
};
/** Waits until whoever looks was told so, alone, as often as that. */
const notCounted = async (page: Page, why: string, times = 1): Promise<void> => {
  const told = page.locator('li.whisper').filter({ hasText: `Not counted: ${why}` });
  await expect.poll(() => told.count(), { timeout: 20_000 }).toBe(times);
};

/** Opens the dialog of the attestation and sends it. */
const attest = async (page: Page, message: Locator, of: { readonly statement: string; readonly validator: string }): Promise<void> => {
  await buttonsOf(message).filter({ hasText: 'Attest' }).click();
  await dialog(page).getByRole('heading', { name: 'Attest', exact: true }).waitFor();
  await dialog(page).getByLabel('What did you do?').fill(of.statement);
  await dialog(page).getByLabel('Type the name of the validator').fill(of.validator);
  await dialog(page).getByRole('button', { name: 'Attest' }).click();
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
  expect(await asked.textContent()).toContain('then let birch (i-0b0b000000000002) sign for drill. Reason: amber hangs, and nothing reaches it');
  expect(await barriersIn(page)).toEqual([]);

  await be(page, 'robin');
  await press(page, asked, 'Approve');
  await notCounted(page, 'who asks for it may not approve it');
  await shoot(page, 'incident-2-requester');
  await be(page, 'mallory');
  await press(page, asked, 'Approve');
  await notCounted(page, 'T0BATON/U0MALLORY is not among the approvers');
  await be(page, 'pat');
  await press(page, asked, 'Deny');
  await notCounted(page, 'T0BATON/U0PAT is not among the approvers');
  await shoot(page, 'incident-3-strangers');
  expect(await buttonsOf(asked).allTextContents()).toEqual(['Approve', 'Deny']);

  await be(page, 'alex');
  await buttonsOf(asked).filter({ hasText: 'Approve' }).click();
  await dialog(page).getByRole('heading', { name: 'Approve drill?' }).waitFor();
  await shoot(page, 'incident-4-confirm');
  expect(await barriersIn(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'hidden' });
  await press(page, asked, 'Approve');
  const approved = messageWith(page, 'Approved: drill');
  await approved.getByText(/^Approved by alex, /).waitFor();
  expect(await buttonsOf(approved).count()).toBe(0);
  await shoot(page, 'incident-5-approved');

  const attestation = messageWith(page, 'Attestation needed: drill');
  await attestation.waitFor({ timeout: 60_000 });
  await shoot(page, 'incident-6-attestation');
  for (const [name, why] of [
    ['mallory', 'T0BATON/U0MALLORY is not among the approvers'],
    ['robin', 'who asks for it may not approve it'],
  ] as const) {
    await be(page, name);
    await notCounted(page, why, 1);
    await buttonsOf(attestation).filter({ hasText: 'Attest' }).click();
    await notCounted(page, why, 2);
    expect(await dialog(page).count()).toBe(0);
  }
  await shoot(page, 'incident-7-strangers');

  await be(page, 'sam');
  await attest(page, attestation, { statement: 'I have pulled the plug of amber, and seen it dark.', validator: 'dril' });
  await dialog(page).getByText('This is about drill. Type exactly that name.').waitFor();
  expect(await dialog(page).getByLabel('Type the name of the validator').getAttribute('aria-invalid')).toBe('true');
  expect(await barriersIn(page)).toEqual([]);
  await shoot(page, 'incident-8-wrong-name');
  await dialog(page).getByLabel('Type the name of the validator').fill('drill');
  await dialog(page).getByRole('button', { name: 'Attest' }).click();
  await dialog(page).waitFor({ state: 'hidden' });
  const attested = messageWith(page, 'Attested: drill');
  await attested.getByText(/^Attested by sam, /).waitFor();
  expect(await buttonsOf(attested).count()).toBe(0);
  await shoot(page, 'incident-9-attested');

  const summary = messageWith(page, 'drill: failed over');
  await summary.waitFor({ timeout: 90_000 });
  expect(await summary.textContent()).toMatch(/Who signs now .*i-0b0b000000000002 signs for drill in term 2\..*What proved the fence attested/s);
  await shoot(page, 'incident-10-summary');
  expect(await barriersIn(page)).toEqual([]);
  // Only these two were asked for anything, and nothing waits any more.
  expect(await page.locator('[role=group]').count()).toBe(0);
  expect(trouble).toEqual([]);
  await page.close();
  drill.over();
  expect(await drill.result).toMatchObject({ ok: true, end: 'SUCCEEDED', signedTwice: false, called: 0 });
}, 240_000);
