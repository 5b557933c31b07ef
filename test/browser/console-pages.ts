import axe from 'axe-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { failoverView } from '../../console/failover-view.ts';
import { fleetView } from '../../console/fleet-view.ts';
import { pageDocument, styleSheet, type PageView } from '../../console/page.ts';
import type { Seen } from '../../console/seen.ts';
import { validatorView } from '../../console/validator-view.ts';
import { headers, wantedAt } from '../../local/web/server.ts';
import { eventsOf, nowMs } from '../support/console.ts';
import { troubleOf } from './chromium.ts';

/** The console over fleets that are made up, under the rules of the real server, with nothing behind it. */

const client = readFileSync(join(import.meta.dirname, '..', '..', 'console', 'client.mjs'), 'utf8');
export const origin = 'http://127.0.0.1:9';
const of = { watchAlive: true, atMs: nowMs, dryRun: false };

export const failoverOf = (running: boolean): PageView => ({
  page: 'failover',
  view: failoverView(
    'hub-1.t1.9c2e',
    running ? { status: 'RUNNING' } : { status: 'SUCCEEDED', sentence: 'birch signs for hub-1 in term 2.' },
    eventsOf(running),
    nowMs + 29_000,
  ),
});

/** The page at an address, of this fleet. */
export const viewAt = (seen: readonly Seen[], address: URL): PageView => {
  const wanted = wantedAt(address);
  if (wanted.page === 'fleet') return { page: 'fleet', view: fleetView(seen, of), asked: wanted.asked };
  if (wanted.page === 'failover') return failoverOf(wanted.execution.endsWith('9c2e'));
  const [found] = seen.filter(({ validator }) => validator === wanted.validator);
  if (!found)
    return { page: 'trouble', view: { atMs: nowMs, code: 'ValidatorUnknown', message: `no validator ${wanted.validator}`, next: 'baton status' } };
  return { page: 'validator', view: validatorView(found, of) };
};

export interface Look {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly script?: boolean;
}

/** A tab that shows this fleet. `trouble` grows with what it complains of. */
export const tabOf = async (
  browser: Browser,
  seen: readonly Seen[],
  look: Look = {},
): Promise<{ page: Page; trouble: string[]; context: BrowserContext }> => {
  const { theme = 'light', width = 1280, script = true } = look;
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: theme, javaScriptEnabled: script });
  const page = await context.newPage();
  const trouble = troubleOf(page);
  await page.route('**/*', (route) => {
    const address = new URL(route.request().url());
    const give = (contentType: string, body: string) =>
      route.fulfill({ headers: { ...headers, 'content-type': `${contentType}; charset=utf-8` }, body });
    if (address.origin !== origin) return route.abort();
    if (address.pathname === '/console.css') return give('text/css', styleSheet());
    if (address.pathname === '/console.js') return give('text/javascript', client);
    return give('text/html', pageDocument(viewAt(seen, address), null));
  });
  return { page, trouble, context };
};

/** What axe finds, of every severity, by rule and place. */
export const barriers = async (page: Page, rules: Record<string, { enabled: boolean }> = {}): Promise<string[]> => {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (options) => (globalThis as unknown as { axe: { run: (options: unknown) => Promise<axe.AxeResults> } }).axe.run(options),
    { resultTypes: ['violations'], rules },
  );
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.slice(0, 3).map(({ target, failureSummary }) => `${impact} ${id} ${String(target)} ${failureSummary ?? ''}`),
  );
};

/** How many pixels the page is wider than its window. */
export const overflow = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
