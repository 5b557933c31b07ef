import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { widget } from '../../console/page.ts';
import { fleetOf, nowMs, seenOf, states } from '../support/console.ts';
import { configOf } from '../support/core.ts';
import { launch, shoot } from './chromium.ts';
import { barriers, origin, overflow, tabOf, viewAt, type Look } from './console-pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Each scheme and each width once: neither depends on the other. */
const looks = [
  { theme: 'light', width: 360 },
  { theme: 'dark', width: 1280 },
] as const;
const everyState = Object.entries(states).map(([state, make]) => make(state));

describe.each(looks)('in $theme at $width px', (look: Look) => {
  const name = (what: string): string => `console-${what}-${look.theme}-${look.width}`;
  test.each([
    ['fleet-1', fleetOf(1), '/'],
    ['fleet-12', fleetOf(12), '/'],
    ['fleet-states', everyState, '/'],
    ['failover-running', [], '/failover/hub-1.t1.9c2e'],
    ['failover-ended', [], '/failover/hub-1.t1.old'],
    ['trouble', [], '/validator/nobody'],
    ...['healthy', 'attestation', 'paused', 'unknown', 'broken'].map((state) => [`validator-${state}`, everyState, `/validator/${state}`] as const),
  ] as const)('%s is whole', async (what, seen, path) => {
    const { page, trouble, context } = await tabOf(browser, seen, look);
    await page.goto(origin + path);
    await shoot(page, name(what));
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await barriers(page)).toEqual([]);
    expect(trouble).toEqual([]);
    await context.close();
  });
  test('a thousand are whole', async () => {
    const { page, trouble, context } = await tabOf(browser, fleetOf(1_000), look);
    await page.goto(origin);
    await page.screenshot({ path: `.cache/ci/screens/${name('fleet-1000')}.png` });
    expect(await page.locator('table.fleet tbody tr').count()).toBe(1_000);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(trouble).toEqual([]);
    await context.close();
  });
});

test('a thousand have no barrier', async () => {
  const { page, context } = await tabOf(browser, fleetOf(1_000));
  await page.goto(origin);
  // The colours are those of twelve, which were looked at above.
  expect(await barriers(page, { 'color-contrast': { enabled: false } })).toEqual([]);
  await context.close();
});

describe('what waits, fails and is not known', () => {
  test('stands in words on the fleet', async () => {
    const { page, context } = await tabOf(browser, everyState);
    await page.goto(origin);
    const health = (validator: string) =>
      page
        .locator('table.fleet tbody tr', { has: page.getByRole('link', { name: validator, exact: true }) })
        .locator('td')
        .nth(1);
    for (const state of ['healthy', 'suspect', 'failing', 'halted', 'unobservable', 'unknown'])
      expect(await health(state).innerText()).toContain(state);
    expect(await health('paused').innerText()).toContain('paused');
    await context.close();
  });
});

describe('by keyboard', () => {
  test('one comes past the head to what is to be done, and on to a validator', async () => {
    const { page, context } = await tabOf(browser, fleetOf(12));
    await page.goto(origin);
    const focused = () => page.evaluate('document.activeElement.getAttribute("name") ?? document.activeElement.textContent.trim()');
    const walk: unknown[] = [];
    for (let step = 0; step < 4; step += 1) {
      await page.keyboard.press('Tab');
      walk.push(await focused());
    }
    expect(walk).toEqual(['To the page', 'hub-10', 'Copy', 'Copy']);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.getByLabel('Find').focus();
    for (const next of ['show', 'sort', 'hub-10']) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(next);
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`${origin}/validator/hub-10`);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('hub-10 is failing.');
    await page.goBack();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('2 of 12 sign');
    await context.close();
  });
  test('the first stop leads past the head', async () => {
    const { page, context } = await tabOf(browser, fleetOf(12));
    await page.goto(origin);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('bt-main');
    await context.close();
  });
});

describe('the filter', () => {
  const rows = 'table.fleet tbody tr:not([hidden])';
  test('follows what is typed, counts aloud, and stays in the address', async () => {
    const { page, trouble, context } = await tabOf(browser, fleetOf(1_000));
    await page.goto(origin);
    await page.getByLabel('Find').pressSequentially('hub-77');
    await page.getByText('Showing 11 of 1000.').waitFor();
    expect(await page.locator(rows).count()).toBe(11);
    expect(page.url()).toBe(`${origin}/?find=hub-77`);
    await page.reload();
    expect(await page.locator(rows).count()).toBe(11);
    await page.getByLabel('Find').fill('');
    await page.getByLabel('Show').selectOption('waiting');
    await page.getByText('Showing 2 of 1000.').waitFor();
    await page.getByLabel('Show').selectOption('all');
    await page.getByLabel('Sort by').selectOption('name');
    await expect.poll(() => page.locator(rows).first().locator('th').innerText()).toContain('hub-1\n');
    expect(trouble).toEqual([]);
    await context.close();
  });
  test('works by its form where there is no script', async () => {
    const { page, context } = await tabOf(browser, fleetOf(12), { script: false });
    await page.goto(origin);
    await page.getByLabel('Find').fill('hub-1');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/find=hub-1/);
    expect(await page.locator(rows).count()).toBe(4);
    await context.close();
  });
});

test('hostile words are inert', async () => {
  const words = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\'"><svg onload=window.hit=1>\u202e';
  const seen = seenOf({
    config: { ...configOf(), chain: { kind: 'cometbft', chainId: words, publicKey: '' } },
    pause: { by: words, reason: words, atMs: nowMs },
    trouble: { broken: words, unseen: false },
  });
  const { page, trouble, context } = await tabOf(browser, [seen]);
  for (const path of ['/', '/validator/hub-1', `/?find=${encodeURIComponent(words.slice(0, 60))}`]) {
    await page.goto(origin + path);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
    if (path !== '/?find=') expect(await page.locator('main').innerText()).toContain('onerror');
  }
  expect(trouble).toEqual([]);
  await context.close();
});

test.each(['light', 'dark'] as const)('as a widget in %s it has no barrier and does not leave its place', async (theme) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const mode = { kind: 'widget', endpoint: 'arn:aws:lambda:us-east-1:123456789012:function:baton-console', theme } as const;
  for (const [width, path] of [
    [588, '/'],
    [340, '/'],
    [900, '/validator/hub-10'],
    [588, '/failover/hub-1.t1.9c2e'],
  ] as const) {
    const inside = widget(viewAt(fleetOf(12), new URL(origin + path)), mode);
    await page.setContent(
      `<!doctype html><html lang="en"><title>Dashboard</title><body><div id="w" style="width:${width}px;overflow:auto">${inside}</div></body></html>`,
    );
    expect(await page.evaluate('document.getElementById("w").scrollWidth - document.getElementById("w").clientWidth')).toBe(0);
    expect(await barriers(page)).toEqual([]);
  }
  await shoot(page, `console-widget-${theme}`);
  await context.close();
});

test('what looks for barriers and for width finds them', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 700 } });
  await page.setContent('<!doctype html><title>x</title><main style="width:500px;color:#999;background:#fff"><img src="data:,">grey</main>');
  expect(await overflow(page)).toBeGreaterThan(100);
  const found = (await barriers(page)).map((one) => one.split(' ')[1]);
  for (const rule of ['image-alt', 'html-has-lang', 'color-contrast']) expect(found).toContain(rule);
  await page.close();
});

test('nothing moves for whoever asked for less motion', async () => {
  const { page, context } = await tabOf(browser, []);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`${origin}/failover/hub-1.t1.9c2e`);
  expect(await page.evaluate('document.getAnimations().length')).toBe(0);
  await context.close();
});
