import { describe, expect, test } from 'vitest';
import { eventsOf, fleetOf, nowMs, seenOf, states } from '../test/support/console.ts';
import { configOf, recordOf } from '../test/support/core.ts';
import { failoverView } from './failover-view.ts';
import { everything } from './fleet.ts';
import { fleetView } from './fleet-view.ts';
import { pageDocument, styleSheet, widget, type PageView } from './page.ts';
import type { Seen } from './seen.ts';
import { validatorView } from './validator-view.ts';
import type { Asked } from './view.ts';

const of = { watchAlive: true, atMs: nowMs, dryRun: false };
const endpoint = 'arn:aws:lambda:us-east-1:123456789012:function:baton-console';
const mode = { kind: 'widget', endpoint, theme: 'dark' } as const;
const fleet = (seen: readonly Seen[], asked: Partial<Asked> = {}): PageView => ({
  page: 'fleet',
  view: fleetView(seen, of),
  asked: { ...everything, ...asked },
});
const one = (seen: Seen): PageView => ({ page: 'validator', view: validatorView(seen, of) });
const failover: PageView = { page: 'failover', view: failoverView('hub-1.t1.9c2e', { status: 'RUNNING' }, eventsOf(true), nowMs + 29_000) };
const trouble: PageView = { page: 'trouble', view: { atMs: nowMs, code: 'LeaseUnreachable', message: 'no answer', next: 'baton status' } };
const all: readonly [string, PageView][] = [
  ['fleet', fleet(fleetOf(17))],
  ['empty fleet', fleet([])],
  ...Object.entries(states).map(([state, make]): [string, PageView] => [`validator that is ${state}`, one(make('hub-1'))]),
  ['failover', failover],
  ['trouble', trouble],
];

describe.each(all)('the page of a %s', (_, view) => {
  test('needs no script, and loads nothing, as a widget', () => {
    const text = widget(view, mode);
    expect(text).not.toMatch(/<script|<iframe|<use|<link|<img|\son\w+=|@import|url\((?!#)|href="http|src=/i);
    expect(text).toMatch(/^<div class="cwdb-no-default-styles"><\/div>\s*<style>/);
    expect(text).toContain('data-theme="dark"');
  });
  test('leads by calls of the function, and each call is JSON that the function takes', () => {
    const text = widget(view, mode);
    expect(text).not.toContain('<a href');
    for (const [, call = ''] of text.matchAll(/<cwdb-action action="call" endpoint="arn:[^"]+">(.*?)<\/cwdb-action>/g))
      expect(JSON.parse(call.replaceAll('&quot;', '"'))).toHaveProperty('page');
  });
  test('has no style or handler of an element, as a document', () => {
    const text = pageDocument(view, '/events?of=%2F');
    expect(text).not.toMatch(/\sstyle=|\son\w+=|<script(?! src="\/console\.js" defer><\/script>)/);
    for (const tagName of ['main', 'h1', 'header', 'nav']) expect(text.split(`<${tagName}`).length, tagName).toBe(2);
  });
});

describe('hostile words', () => {
  const hostile = '</td><script>alert(1)</script><img src=x onerror=alert(2)>"\'`';
  const base = seenOf();
  const { token: _token, ...record } = recordOf({ sentence: hostile, expiresAtMs: nowMs + 1_000 });
  const seen: Seen = {
    ...base,
    config: {
      ...configOf(),
      chain: { kind: 'cometbft', chainId: hostile, publicKey: '' },
      nodes: configOf().nodes.map((node) => ({ ...node, name: hostile })),
    },
    pause: { by: hostile, reason: hostile, atMs: nowMs },
    open: record,
    history: [{ execution: hostile, atMs: nowMs }],
    trouble: { broken: hostile, unseen: false },
  };
  const view = failoverView(
    hostile,
    { status: hostile, error: hostile, cause: hostile },
    [
      { type: 'ExecutionStarted', atMs: nowMs },
      { type: 'TaskStateEntered', atMs: nowMs, state: hostile },
      { type: 'TaskStateExited', atMs: nowMs + 5, state: hostile, output: JSON.stringify({ sentence: hostile }) },
    ],
    nowMs,
  );
  test.each<[string, PageView]>([
    ['fleet', fleet([seen], { find: '"><script>alert(3)</script>' })],
    ['validator', one(seen)],
    ['failover', { page: 'failover', view }],
    ['trouble', { page: 'trouble', view: { atMs: nowMs, code: hostile, message: hostile, next: hostile } }],
  ])('on the page of a %s stay words', (_, page) => {
    for (const text of [widget(page, mode), pageDocument(page, null)]) {
      expect(text).not.toMatch(/<script>|<img/);
      expect(text).toContain('&lt;script&gt;alert');
    }
  });
});

describe('the fleet', () => {
  test('asked for in words shows who has all of them', () => {
    const text = widget(fleet(fleetOf(40), { find: 'HUB-4 birch' }), mode);
    expect(text).toContain('Showing 0 of 40.');
    expect(widget(fleet(fleetOf(40), { find: 'HUB-4' }), mode)).toContain('Showing 2 of 40.');
  });
  test.each([
    ['attention', 11],
    ['stuck', 8],
    ['waiting', 2],
    ['all', 12],
  ] as const)('shows %s', (show, count) => {
    expect(widget(fleet(fleetOf(12), { show }), mode)).toContain(`Showing ${count} of 12.`);
  });
  test('stands in the order that was asked for', () => {
    const order = (sort: Asked['sort']): string[] =>
      [...widget(fleet(fleetOf(12), { sort }), mode).matchAll(/data-find="(\S+)/g)].map(([, name = '']) => name);
    expect(order('attention').slice(0, 3)).toEqual(['hub-10', 'hub-11', 'hub-2']);
    expect(order('name').slice(0, 3)).toEqual(['hub-1', 'hub-2', 'hub-3']);
    expect(order('last').at(-1)).toBe('hub-5');
  });
  test('of a thousand, each in the worst words, is less than the two megabytes of a widget', () => {
    const long = 'x'.repeat(1_000);
    const worst = Array.from({ length: 1_000 }, (_, index) => ({
      ...states['broken']!(`validator-with-a-long-name-${index}`),
      trouble: { broken: long, unseen: false },
    }));
    expect(Buffer.byteLength(widget(fleet(fleetOf(1_000)), mode))).toBeLessThan(1_300_000);
    expect(Buffer.byteLength(widget(fleet(worst), mode))).toBeLessThan(2_000_000);
  });
  test('says it when health is not known', () => {
    const view = fleetView([seenOf()], { ...of, watchAlive: false });
    expect(widget({ page: 'fleet', view }, mode)).toContain('The watch takes no round: runbook WatcherSilent.');
  });
  test('says it when nothing would be moved', () => {
    const view = fleetView([seenOf()], { ...of, dryRun: true });
    expect(widget({ page: 'fleet', view }, mode)).toContain('<b>‖ Dry run.</b> Baton tells what it would do and moves nothing.');
  });
});

test('no colour stands without its word, for tones are set on signs that a word follows', () => {
  for (const [, view] of all)
    for (const [, after = ''] of widget(view, mode).matchAll(/<span class="t \w+"><i aria-hidden="true">[^<]+<\/i>([^<]*)/g))
      expect(after).not.toBe('');
});

test('the style knows both themes, less motion, and the place it is given', () => {
  for (const part of ['prefers-reduced-motion', '@container', 'light-dark(', '[data-theme=dark]', 'forced-colors'])
    expect(styleSheet()).toContain(part);
});
