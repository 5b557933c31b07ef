import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertOf } from '../../relay/alert.ts';
import { boundOf, publicHosts, type Destination } from '../../relay/index.ts';
import { hookSecret, oldHookSecret } from '../support/relay.ts';
import { snsOf } from '../support/sns.ts';
import { read } from './typed.ts';

/** The example of docs/alerts.md for receivers, run as it stands there against requests as the relay makes them. */

type IsFromBaton = (secret: string, headers: Readonly<Record<string, string>>, body: string, seconds: number) => boolean;

const dir = mkdtempSync(join(tmpdir(), 'baton-webhook-'));
const text = read('docs/alerts.md');
let isFromBaton: IsFromBaton;

beforeAll(async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
  const file = join(dir, 'receiver.mjs');
  writeFileSync(file, code);
  ({ isFromBaton } = (await import(pathToFileURL(file).href)) as { isFromBaton: IsFromBaton });
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

const nowSeconds = 1_764_302_400;
const alert = alertOf(snsOf({ message: 'ünï < 😀' }, { kind: 'waiting', validator: 'hub-1', execution: 'hub-1.t7.0a1b2c3d' }), 'baton');
const sent = (secrets: string[]) => {
  const destination: Destination = { name: 'hook', kind: 'webhook', url: 'https://hooks.example.com/baton', secrets };
  return boundOf(destination).requestOf(alert, { hosts: publicHosts, nowSeconds });
};

describe('a receiver', () => {
  test.each([
    ['one secret', [hookSecret]],
    ['two, the new one first', [hookSecret, oldHookSecret]],
    ['two, the new one last', [oldHookSecret, hookSecret]],
  ])('takes what is signed with %s', (_, secrets) => {
    const { headers, body } = sent(secrets);
    expect(isFromBaton(hookSecret, headers, body, nowSeconds)).toBe(true);
  });
  test.each([
    [-301, false],
    [-300, true],
    [300, true],
    [301, false],
  ])('whose clock is %i seconds off takes it: %s', (off, taken) => {
    const { headers, body } = sent([hookSecret]);
    expect(isFromBaton(hookSecret, headers, body, nowSeconds + off)).toBe(taken);
  });
  const { headers, body } = sent([hookSecret]);
  test.each<[string, Record<string, string>, string, string]>([
    ['with another secret', headers, body, oldHookSecret],
    ['with another body', headers, `${body} `, hookSecret],
    ['with another id', { ...headers, 'webhook-id': 'msg_other' }, body, hookSecret],
    ['at another second', { ...headers, 'webhook-timestamp': String(nowSeconds + 1) }, body, hookSecret],
    ['at no second', { ...headers, 'webhook-timestamp': 'now' }, body, hookSecret],
    ['by another scheme', { ...headers, 'webhook-signature': (headers['webhook-signature'] ?? '').replace('v1', 'v2') }, body, hookSecret],
    ['with half a signature', { ...headers, 'webhook-signature': (headers['webhook-signature'] ?? '').slice(0, 20) }, body, hookSecret],
    ['without headers', {}, body, hookSecret],
  ])('does not take it %s', (_, given, text_, secret) => {
    expect(isFromBaton(secret, given, text_, nowSeconds)).toBe(false);
  });
});

test('the body that the page shows has the fields of a real one', () => {
  const [, shown = ''] = /```json\n(\{\n {2}"type": "baton\.waiting"[\s\S]*?)```/.exec(text) ?? [];
  const real = JSON.parse(sent([hookSecret]).body) as { data: Record<string, unknown> };
  const told = JSON.parse(shown) as { data: Record<string, unknown> };
  expect([Object.keys(told), Object.keys(told.data), told.data['key']]).toEqual([Object.keys(real), Object.keys(real.data), real.data['key']]);
});
