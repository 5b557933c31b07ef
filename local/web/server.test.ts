import { request, type IncomingHttpHeaders } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { World } from '../../test/support/deps.ts';
import { startWeb, wantedAt, type WebPage } from './server.ts';

const pages: WebPage[] = [];
afterEach(async () => {
  await Promise.all(pages.splice(0).map((one) => one.close()));
});

const start = async (): Promise<{ url: string; world: World }> => {
  const world = new World();
  world.history = [];
  const page = await startWeb({ ...world.deps(), clock: systemClock });
  pages.push(page);
  return { url: page.url, world };
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Until the answer ends, or holds `until`. */
const ask = (url: string, of: { method?: string; headers?: Record<string, string>; until?: string } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: of.method ?? 'GET', headers: of.headers ?? {} }, (response) => {
      let body = '';
      const done = (): void => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      };
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
        if (of.until === undefined || !body.includes(of.until)) return;
        done();
        sent.destroy();
      });
      response.on('end', done);
      response.on('error', () => undefined);
    });
    sent.on('error', reject);
    sent.end();
  });

test('the page lies on loopback, is kept by nobody, and runs no script but its own', async () => {
  const { url } = await start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const { status, headers, body } = await ask(`${url}failover/by-hand`);
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  });
  expect(body).toContain('The workflow service does not know it');
  expect((await ask(`${url}console.css`)).headers['content-type']).toBe('text/css; charset=utf-8');
  expect((await ask(`${url}console.js`)).headers['content-type']).toBe('text/javascript; charset=utf-8');
});

describe('who is led here from elsewhere is not let in', () => {
  test.each([
    ['another name of this machine', { host: 'evil.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['another page', { origin: 'https://evil.example' }],
    ['a page of nothing', { origin: 'null' }],
  ])('%s', async (_, headers: Record<string, string>) => {
    const { url } = await start();
    for (const path of ['', 'console.js', 'events?of=%2F'])
      expect(await ask(url + path, { headers })).toMatchObject({ status: 403, body: 'not for you' });
  });
  test('its own page is', async () => {
    const { url } = await start();
    expect((await ask(`${url}console.css`, { headers: { origin: url.slice(0, -1) } })).status).toBe(200);
  });
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('it takes nothing: %s', async (method) => {
  const { url } = await start();
  expect((await ask(url, { method })).status).toBe(405);
});

test.each([
  '/nowhere',
  '/validator/',
  '/validator/%3Cscript%3E',
  '/validator/a/b',
  '/failover/%ff',
  '/?show=nonsense',
  '/?other=1',
  '/events?of=%2Fnowhere',
])('there is no page at %s, and what is there says so', async (path) => {
  const { url } = await start();
  const { status, body } = await ask(url + path.slice(1));
  expect(status).toBe(404);
  expect(body).toContain('this page could not be made.');
  expect(body).not.toContain('<script>');
});

test('what is wrong behind it is a page, too', async () => {
  const { url, world } = await start();
  world.down.add('executions');
  const { status, body } = await ask(`${url}failover/by-hand`);
  expect(status).toBe(502);
  expect(body).toContain('LeaseUnreachable: this page could not be made.');
});

test('news come once, then word that nothing has changed, then news again, then the end', async () => {
  const { url, world } = await start();
  world.execution = { status: 'SUCCEEDED' };
  const of = `${url}events?of=${encodeURIComponent('/failover/by-hand')}`;
  const still = await ask(of, { until: 'event: still' });
  expect(still.headers['content-type']).toBe('text/event-stream');
  expect(still.body.match(/event: \w+/g)).toEqual(['event: page', 'event: still']);
  const changed = ask(of, { until: 'ended FAILED' });
  await ask(of, { until: 'event: still' });
  world.execution = { status: 'FAILED' };
  expect((await changed).body.match(/event: page/g)?.length).toBe(2);
  const ended = ask(of, { until: 'event: end' });
  await ask(of, { until: 'event: still' });
  await Promise.all(pages.splice(0).map((one) => one.close()));
  expect((await ended).body).toContain('The drill is over');
});

test('an address says what is wanted', () => {
  const at = (path: string) => wantedAt(new URL(path, 'http://127.0.0.1:1'));
  expect(at('/?find=hub&sort=name')).toEqual({ page: 'fleet', asked: { find: 'hub', show: 'all', sort: 'name' } });
  expect(at('/validator/hub-1')).toEqual({ page: 'validator', validator: 'hub-1' });
  expect(at('/failover/hub-1.t1.e')).toEqual({ page: 'failover', execution: 'hub-1.t1.e' });
});
