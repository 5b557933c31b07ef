import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { closeServer, listen } from '../loopback.ts';
import { LambdaPool } from './pool.ts';

/** Where a function that runs here reaches when it calls Slack. */

const root = join(import.meta.dirname, '..', '..');
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url} ${String(request.headers['authorization'])}`);
  response.end('here');
});
const dir = mkdtempSync(join(tmpdir(), 'baton-pool-'));
const file = join(dir, 'asks.mjs');
// What the handler is given it asks for, and tells what came.
writeFileSync(
  file,
  `export const handler = async ({ url }) => {
    const init = { method: 'POST', headers: { authorization: 'Bearer x' }, redirect: 'error' };
    return fetch(url, init).then((response) => response.text(), (error) => 'failed: ' + error.message);
  };`,
);

let url = '';
let pool: LambdaPool;
beforeAll(async () => {
  url = await listen(server);
  const spec = (name: string, env: Record<string, string>) => ({ name, file, exported: 'handler', env, timeoutMs: 20_000 });
  pool = new LambdaPool({
    clock: systemClock,
    logFile: join(dir, 'log'),
    functions: [spec('with', { LOCAL_SLACK_URL: url }), spec('without', {})],
  });
  await pool.start();
});
afterAll(async () => {
  await pool.close();
  await closeServer(server);
  rmSync(dir, { recursive: true, force: true });
});

test.each([
  ['https://slack.com/api/chat.postMessage', 'POST /api/chat.postMessage Bearer x'],
  ['https://hooks.slack.com/actions/T0BATON/1/abc?x=1', 'POST /actions/T0BATON/1/abc?x=1 Bearer x'],
])('%s is the Slack of the drill', async (wanted, seen) => {
  asked.length = 0;
  expect(await pool.invoke('with', { url: wanted })).toEqual({ ok: true, payload: 'here' });
  expect(asked).toEqual([seen]);
});

describe('nothing else is', () => {
  test.each([
    'http://slack.com.localhost:1/',
    'http://127.0.0.1:1/api/auth.test',
    'https://slack.com.invalid/api/auth.test',
    'http://slack.com.invalid/',
  ])('%s', async (wanted) => {
    asked.length = 0;
    expect(await pool.invoke('with', { url: wanted })).toEqual({ ok: true, payload: 'failed: fetch failed' });
    expect(asked).toEqual([]);
  });
  test('what is on loopback is reached as it is', async () => {
    asked.length = 0;
    for (const name of ['with', 'without']) await pool.invoke(name, { url: `${url}/${name}` });
    expect(asked).toEqual(['POST /with Bearer x', 'POST /without Bearer x']);
  });
});

test('no code that is deployed knows the variable', () => {
  const deployed = ['core', 'runtime', 'chains', 'aws', 'functions', 'console', 'relay']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)));
  const sources = [join(root, 'template.yaml'), ...deployed.filter((name) => name.endsWith('.ts'))];
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((name) => readFileSync(name, 'utf8').includes('LOCAL_SLACK'))).toEqual([]);
});
