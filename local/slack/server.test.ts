import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actions, Bench, token } from '../../test/support/slack-workspace.ts';

const bench = new Bench();
beforeAll(async () => {
  await bench.start();
  await bench.call('chat.postMessage', { channel: 'C0BATON', text: 'x', blocks: [actions()] });
});
afterAll(() => bench.close());

/** With headers that fetch would not send. */
const ask = (path: string, of: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {}) =>
  new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; text: string }>((resolve, reject) => {
    const asked = request(`${bench.slack.url}${path}`, { method: of.method ?? 'GET', headers: of.headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    asked.on('error', reject).end(of.body);
  });
const own = (): string => new URL(bench.slack.url).host;
const press = JSON.stringify({ user: 'U0ALEX', ts: '1700000000.000001', block: 'a', action: 'go' });

test('the page comes with a policy that lets nothing in from elsewhere, and no text become HTML', async () => {
  const { status, headers, text } = await ask('/');
  expect([status, text.startsWith('<!doctype html>')]).toEqual([200, true]);
  expect(headers).toMatchObject({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(text).not.toMatch(/https?:\/\//);
});

test('it listens on loopback alone', () => {
  expect(bench.slack.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

describe('another site', () => {
  const foreign: [string, () => Record<string, string>][] = [
    ['by a name of its own for this address', () => ({ host: 'evil.example' })],
    ['by a name and the right port', () => ({ host: `evil.example:${own().split(':')[1] ?? ''}` })],
    ['from its own page', () => ({ host: own(), origin: 'https://evil.example' })],
    ['from a frame without origin', () => ({ host: own(), origin: 'null' })],
    ['from another server of this machine', () => ({ host: own(), origin: 'http://127.0.0.1:1' })],
    ['without origin, as the browser tells', () => ({ host: own(), 'sec-fetch-site': 'cross-site' })],
    ['of the same machine, as the browser tells', () => ({ host: own(), 'sec-fetch-site': 'same-site' })],
  ];
  test.each(foreign)('%s reads nothing', async (_, headers) => {
    for (const path of ['/', '/page/state', '/page/events', '/api/auth.test'])
      expect(await ask(path, { headers: headers() })).toMatchObject({ status: 403, text: '{"error":"forbidden"}' });
  });
  test.each(foreign)('%s presses nothing', async (_, headers) => {
    const asked = { method: 'POST', headers: { 'content-type': 'application/json', ...headers() }, body: press };
    expect([(await ask('/page/press', asked)).status, bench.got]).toEqual([403, []]);
  });
});

test('this page presses, by either name', async () => {
  for (const host of [own(), own().replace('127.0.0.1', 'localhost')]) {
    const headers = { 'content-type': 'application/json', host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect(await ask('/page/press', { method: 'POST', headers, body: press })).toMatchObject({ status: 200, text: '{}' });
  }
});

test('a form of any page presses nothing: it can send no JSON', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    expect((await ask('/page/press', { method: 'POST', headers: { 'content-type': type }, body: press })).status).toBe(415);
});

test('a browser is no app', async () => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, origin: bench.slack.url };
  expect((await ask('/api/auth.test', { method: 'POST', headers, body: '{}' })).status).toBe(403);
});

test.each(['/nothing', '/page/nothing', '/toString', '/../package.json', '/page/../../package.json', '/%2e%2e/server.ts'])(
  '%s is not there',
  async (path) => {
    expect((await ask(path)).status).toBe(404);
  },
);

test('more than it reads is not read', async () => {
  const large = { method: 'POST', headers: { 'content-type': 'application/json' }, body: 'x'.repeat(1_000_001) };
  await expect(ask('/page/press', large)).rejects.toThrow(/socket hang up|ECONNRESET|EPIPE/);
});

test('whoever is no person sees nothing', async () => {
  expect((await ask('/page/state?as=U0NOBODY')).status).toBe(404);
});
