import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { fleetView } from '../console/fleet-view.ts';
import { pageDocument, styleSheet, widget } from '../console/page.ts';
import { durationMs } from '../core/time.ts';
import { closeServer, listen } from '../local/loopback.ts';
import { headers } from '../local/web/server.ts';
import { systemClock } from '../runtime/clock.ts';
import { launch } from '../test/browser/chromium.ts';
import { fleetOf, nowMs } from '../test/support/console.ts';

/**
 * How fast the page of a thousand validators is: made, sent, drawn, and answered by, each beside a page of one sentence in the same run.
 * `npm run bench:console` prints the figures, and at last one line of JSON.
 */

const validators = 1_000;
const runs = 5;
const typed = 'hub-77';

const seen = fleetOf(validators);
const view = { page: 'fleet', view: fleetView(seen, { watchAlive: true, atMs: nowMs, dryRun: false }) } as const;
const mode = { kind: 'widget', endpoint: 'arn:aws:lambda:us-east-1:123456789012:function:baton-console', theme: 'light' } as const;
const trivial = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>One</title></head><body><h1>One sentence.</h1></body></html>';
const client = readFileSync(join(import.meta.dirname, '..', 'console', 'client.mjs'), 'utf8');

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const round = (value: number): number => Math.round(value * 10) / 10;

/** Notes the largest paint, and the slowest answer to a key or a click, as Event Timing tells it: steps of 8 ms, and nothing below 16. */
const observe = `
  window.figures = { paintMs: 0, answersMs: [] };
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.figures.paintMs = one.startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.interactionId) window.figures.answersMs.push(one.duration); })
    .observe({ type: 'event', durationThreshold: 16, buffered: true });
`;

interface Figures {
  readonly paintMs: number;
  readonly answersMs: readonly number[];
}

const figuresOf = async (page: Page): Promise<Figures> => {
  // Entries come after the frame that they are of.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await systemClock.sleep(durationMs(100));
  return page.evaluate('window.figures');
};

const visit = async (browser: Browser, url: string, act: (page: Page) => Promise<void>): Promise<Figures> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(observe);
    await page.goto(url);
    // The largest paint is told until somebody does something.
    const { paintMs } = await figuresOf(page);
    await act(page);
    return { ...(await figuresOf(page)), paintMs };
  } finally {
    await context.close();
  }
};

const nothing = async (): Promise<void> => undefined;
const type = async (page: Page): Promise<void> => {
  await page.getByLabel('Find').pressSequentially(typed, { delay: 60 });
  await page.getByText('Showing 11 of 1000.').waitFor();
};
const click = async (page: Page): Promise<void> => {
  await page.locator('table.fleet tbody tr').nth(3).locator('td').nth(3).click();
};

/** Milliseconds of each call, after one that is not counted. */
const timed = (act: () => unknown): number => {
  act();
  return median(
    Array.from({ length: runs }, () => {
      const startedMs = systemClock.steadyMs();
      act();
      return systemClock.steadyMs() - startedMs;
    }),
  );
};

const measure = async (browser: Browser, url: string) => {
  const [paints, plain, keys, clicks]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let run = 0; run < runs; run += 1) {
    plain.push((await visit(browser, `${url}/trivial`, nothing)).paintMs);
    const typing = await visit(browser, url, type);
    paints.push(typing.paintMs);
    keys.push(Math.max(0, ...typing.answersMs));
    clicks.push(Math.max(0, ...(await visit(browser, url, click)).answersMs));
  }
  const [paintMs, trivialPaintMs] = [median(paints), median(plain)];
  return {
    paintMs: round(paintMs),
    trivialPaintMs: round(trivialPaintMs),
    paintRatio: round(paintMs / trivialPaintMs),
    typingMs: median(keys),
    clickMs: median(clicks),
  };
};

const server = createServer((request, response) => {
  const bodies: Readonly<Record<string, readonly [string, string]>> = {
    '/console.css': ['text/css', styleSheet()],
    '/console.js': ['text/javascript', client],
    '/trivial': ['text/html', trivial],
  };
  const [kind, body] = bodies[request.url ?? ''] ?? ['text/html', pageDocument(view, null)];
  response.writeHead(200, { ...headers, 'content-type': `${kind}; charset=utf-8` }).end(body);
});

const browser = await launch();
try {
  const url = await listen(server);
  const inBrowser = await measure(browser, url);
  const figures = {
    validators,
    pageBytes: Buffer.byteLength(pageDocument(view, null)),
    widgetBytes: Buffer.byteLength(widget(view, mode)),
    viewMs: round(timed(() => fleetView(seen, { watchAlive: true, atMs: nowMs, dryRun: false }))),
    widgetMs: round(timed(() => widget(view, mode))),
    ...inBrowser,
  };
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(16)} ${value}\n`);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await browser.close();
  await closeServer(server);
}
