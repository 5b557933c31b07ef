import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

/** The browser that pages are tried in, as it is installed on this machine. */

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];
const shots = join(import.meta.dirname, '..', '..', '.cache', 'ci', 'screens');

/** @throws Error when there is none: a page that was not tried is not passed over. */
export const launch = (): Promise<Browser> => {
  const executablePath = process.env['CHROMIUM'] ?? places.find(existsSync);
  if (executablePath === undefined) throw new Error('no Chromium here: install it (apt-get install chromium), or name it in CHROMIUM');
  return chromium.launch({
    executablePath,
    // It opens nothing but loopback: no updates, no services of its maker.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
};

/** Keeps a picture of the page for whoever reads the run. */
export const shoot = async (page: Page, name: string): Promise<void> => {
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
};

/** What the page complained of; empty at the end of a good test. */
export const troubleOf = (page: Page): string[] => {
  const found: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') found.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => {
    found.push(`page error: ${error.message}`);
  });
  page.on('requestfailed', (request) => {
    found.push(`request failed: ${request.url()} ${request.failure()?.errorText ?? ''}`);
  });
  return found;
};
