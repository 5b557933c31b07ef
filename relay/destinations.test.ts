import { describe, expect, test } from 'vitest';
import { apiKey, botToken, chat, hookSecret, oldHookSecret, routingKey } from '../test/support/relay.ts';
import { alarmOf, snsOf } from '../test/support/sns.ts';
import { alertOf } from './alert.ts';
import { boundOf, publicHosts, relaySettings, type Destination } from './index.ts';
import { signatureOf } from './webhook.ts';

const nowSeconds = 1_764_302_400;
const id = '95df01b4-ee98-5cb9-9903-4c221d41eb5e';
const about = { kind: 'waiting', validator: 'hub-1', execution: 'hub-1.t7.e' };
const waiting = alertOf(snsOf({ subject: 'Approve?', message: 'a < b & c' }, about), 'baton');
const answered = alertOf(snsOf({ subject: 'Approved', message: 'By alex.' }, { ...about, kind: 'answered' }), 'baton');
const green = alertOf(alarmOf('baton-ValidatorNeedsHuman', 'OK'), 'baton');
const executionLink = [
  'https://eu-central-1.console.aws.amazon.com/states/home#/v2/executions/details/',
  'arn%3Aaws%3Astates%3Aeu-central-1%3A123456789012%3Aexecution%3Abaton-failover%3Ahub-1.t7.e',
].join('');
const links = [{ href: executionLink, text: 'The execution in the console' }];

const requestOf = (destination: Destination, alert: typeof waiting) => {
  const { url, headers, body } = boundOf(destination).requestOf(alert, { hosts: publicHosts, nowSeconds });
  return { url, headers, body: JSON.parse(body) as Record<string, unknown> };
};
const pagerduty = { name: 'on-call', kind: 'pagerduty', routingKey, region: 'us' } as const;
const opsgenie = { name: 'ops', kind: 'opsgenie', apiKey, region: 'us' } as const;
const telegram = { name: 'chat', kind: 'telegram', token: botToken, chat } as const;
const webhook = { name: 'hook', kind: 'webhook', url: 'https://example.com/x', secrets: [hookSecret] } satisfies Destination;

describe('pagerduty', () => {
  test('triggers', () => {
    expect(requestOf(pagerduty, waiting)).toEqual({
      url: 'https://events.pagerduty.com/v2/enqueue',
      headers: { 'content-type': 'application/json' },
      body: {
        routing_key: routingKey,
        event_action: 'trigger',
        dedup_key: 'baton:execution:hub-1.t7.e',
        payload: {
          summary: 'Approve?',
          source: 'baton',
          severity: 'error',
          timestamp: '2026-11-28T04:00:00.123Z',
          component: 'hub-1',
          group: 'baton',
          class: 'waiting',
          custom_details: { text: 'a < b & c', validator: 'hub-1', execution: 'hub-1.t7.e' },
        },
        links,
        client: 'Baton',
      },
    });
  });
  test.each([
    [answered, 'baton:execution:hub-1.t7.e'],
    [green, 'baton:alarm:baton-ValidatorNeedsHuman'],
  ])('resolves by the same key', (alert, key) => {
    expect(requestOf(pagerduty, alert).body).toEqual({ routing_key: routingKey, event_action: 'resolve', dedup_key: key });
  });
  test('is in Europe too', () => {
    expect(requestOf({ ...pagerduty, region: 'eu' }, waiting).url).toBe('https://events.eu.pagerduty.com/v2/enqueue');
  });
});

describe('opsgenie', () => {
  const headers = { 'content-type': 'application/json', authorization: `GenieKey ${apiKey}` };
  test('creates', () => {
    expect(requestOf(opsgenie, waiting)).toEqual({
      url: 'https://api.opsgenie.com/v2/alerts',
      headers,
      body: {
        message: 'Approve?',
        alias: 'baton:execution:hub-1.t7.e',
        description: `a < b & c\n\nThe execution in the console: ${executionLink}`,
        tags: ['baton', 'waiting'],
        details: { stack: 'baton', validator: 'hub-1', execution: 'hub-1.t7.e' },
        entity: 'hub-1',
        source: 'Baton',
        priority: 'P2',
      },
    });
  });
  test('closes by the same alias', () => {
    expect(requestOf(opsgenie, answered)).toEqual({
      url: 'https://api.opsgenie.com/v2/alerts/baton%3Aexecution%3Ahub-1.t7.e/close?identifierType=alias',
      headers,
      body: { source: 'Baton', note: 'By alex.' },
    });
  });
  test.each([
    ['eu', 'https://api.eu.opsgenie.com/v2/alerts'],
    ['jsm', 'https://api.atlassian.com/jsm/ops/integration/v2/alerts'],
  ] as const)('is in %s too', (region, url) => {
    expect(requestOf({ ...opsgenie, region }, waiting).url).toBe(url);
  });
  test.each([
    [alertOf(alarmOf('baton-TwoSignersSuspected'), 'baton'), 'P1'],
    [alertOf(alarmOf('baton-FleetNeedsCare'), 'baton'), 'P3'],
    [alertOf(snsOf({}, { kind: 'test' }), 'baton'), 'P5'],
  ])('has priorities', (alert, priority) => {
    expect(requestOf(opsgenie, alert).body).toMatchObject({ priority, entity: 'baton' });
  });
});

describe('telegram', () => {
  test('is told in escaped text', () => {
    expect(requestOf(telegram, waiting)).toEqual({
      url: `https://api.telegram.org/bot${botToken}/sendMessage`,
      headers: { 'content-type': 'application/json' },
      body: {
        chat_id: chat,
        text: `<b>Approve?</b>\n\na &lt; b &amp; c\n\n<a href="${executionLink}">The execution in the console</a>`,
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        disable_notification: false,
      },
    });
  });
  test('rings for nothing that is over, or a test', () => {
    expect(
      [answered, green, alertOf(snsOf({}, { kind: 'test' }), 'baton')].map((one) => requestOf(telegram, one).body['disable_notification']),
    ).toEqual([true, true, true]);
  });
  test.each([
    [200, '{"ok":true}', true],
    [200, '{"ok":false}', false],
    [200, 'ok', false],
    [200, '', false],
    [500, '{"ok":true}', false],
  ])('took it at status %i with %s: %s', (status, body, took) => {
    expect(boundOf(telegram).took({ status, body })).toBe(took);
  });
  test.each([
    ['{"ok":false,"parameters":{"retry_after":3}}', 3],
    ['{"ok":false,"parameters":{"retry_after":-3}}', undefined],
    ['{"ok":false}', undefined],
    ['<html>', undefined],
  ])('asks to wait: %s', (body, seconds) => {
    expect(boundOf(telegram).waitSeconds({ status: 429, body })).toBe(seconds);
  });
});

describe('webhook', () => {
  const body = {
    type: 'baton.waiting',
    timestamp: '2026-11-28T04:00:00.123Z',
    data: {
      subject: 'Approve?',
      text: 'a < b & c',
      severity: 'error',
      over: false,
      key: 'baton:execution:hub-1.t7.e',
      stack: 'baton',
      validator: 'hub-1',
      execution: 'hub-1.t7.e',
      links,
    },
  };
  test('is signed', () => {
    const found = requestOf(webhook, waiting);
    expect(found).toEqual({
      url: 'https://example.com/x',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Baton',
        'webhook-id': `msg_${id}`,
        'webhook-timestamp': '1764302400',
        'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/) as string,
      },
      body,
    });
  });
  test('is signed twice while one secret replaces the other', () => {
    const both = requestOf({ ...webhook, secrets: [hookSecret, oldHookSecret] }, waiting).headers['webhook-signature'] ?? '';
    const each = [hookSecret, oldHookSecret].map((one) => requestOf({ ...webhook, secrets: [one] }, waiting).headers['webhook-signature']);
    expect([both, new Set(each).size]).toEqual([each.join(' '), 2]);
  });
  test('has the signature that the reference of Standard Webhooks makes', () => {
    // From the project's own test vectors.
    const of = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: 1_614_265_330, body: '{"test": 2432232314}' };
    expect(signatureOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', of)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
  test.each([199, 200, 204, 299, 300, 302, 410, 500])('took it at status %i only when that is 2xx', (status) => {
    expect(boundOf(webhook).took({ status, body: '' })).toBe([200, 204, 299].includes(status));
  });
});

test.each([pagerduty, opsgenie])('$kind took it at 202 alone', (destination) => {
  expect([200, 201, 202, 204, 400].map((status) => boundOf(destination).took({ status, body: '' }))).toEqual([false, false, true, false, false]);
});

describe('the parameter', () => {
  const read = (destinations: unknown, more: Record<string, unknown> = {}): boolean =>
    relaySettings('public').safeParse({ destinations, ...more }).success;
  test('may hold one of each', () => {
    expect(read([pagerduty, opsgenie, telegram, webhook])).toBe(true);
    expect(relaySettings('public').parse({ destinations: [{ name: 'a', kind: 'pagerduty', routingKey }] })).toEqual({
      destinations: [{ name: 'a', kind: 'pagerduty', routingKey, region: 'us' }],
    });
  });
  const eleven = Array.from({ length: 11 }, (_, index) => ({ ...telegram, name: `n${index}` }));
  test.each<[string, unknown]>([
    ['nothing', []],
    ['eleven', eleven],
    ['a name twice', [telegram, { ...pagerduty, name: telegram.name }]],
    ['a name of capital letters', [{ ...telegram, name: 'Chat' }]],
    ['a name that is too long', [{ ...telegram, name: 'n'.repeat(41) }]],
    ['another kind', [{ ...telegram, kind: 'pager' }]],
    ['one field more', [{ ...telegram, url: 'https://example.com' }]],
    ['a short routing key', [{ ...pagerduty, routingKey: 'short' }]],
    ['an API key with a line end', [{ ...opsgenie, apiKey: `${apiKey}\n` }]],
    ['a token with a path', [{ ...telegram, token: `${botToken}/../x` }]],
    ['a chat that is none', [{ ...telegram, chat: 'me' }]],
    ['no secret', [{ ...webhook, secrets: [] }]],
    ['three secrets', [{ ...webhook, secrets: [hookSecret, oldHookSecret, hookSecret] }]],
    ['a secret without its prefix', [{ ...webhook, secrets: [hookSecret.slice(6)] }]],
    ['a short secret', [{ ...webhook, secrets: [`whsec_${Buffer.alloc(23).toString('base64')}`] }]],
    ['a long secret', [{ ...webhook, secrets: [`whsec_${Buffer.alloc(65).toString('base64')}`] }]],
    ['a secret that is no base64', [{ ...webhook, secrets: [`${hookSecret}!`] }]],
  ])('is refused with %s', (_, destinations) => {
    expect(read(destinations)).toBe(false);
  });
  test('is refused with one field more', () => {
    expect([read(eleven.slice(1)), read(eleven.slice(1), { more: 1 })]).toEqual([true, false]);
  });
  test.each([
    ['https://hooks.example.com/a?b=c', true],
    ['https://hooks.example.com:8443/', true],
    ['https://93.184.215.14/', true],
    ['http://hooks.example.com/', false],
    ['ftp://hooks.example.com/', false],
    ['https://user:pass@hooks.example.com/', false],
    ['https://hooks.example.com/#x', false],
    ['https://localhost/', false],
    ['https://localhost./', false],
    ['https://metadata.google.internal/', false],
    ['https://printer.local/', false],
    ['https://intranet/', false],
    ['https://../', false],
    ['https://.example.com/', false],
    ['https://127.0.0.1/', false],
    ['https://2130706433/', false],
    ['https://0x7f.1/', false],
    ['https://169.254.169.254/latest/', false],
    ['https://[::1]/', false],
    ['https://[::ffff:10.0.0.1]/', false],
    ['https://10.0.0.1./', false],
    [`https://hooks.example.com/${'a'.repeat(1_000)}`, false],
    ['no address', false],
  ])('may name %s: %s', (url, good) => {
    expect(read([{ ...webhook, url }])).toBe(good);
  });
  test.each([
    ['http://127.0.0.1:8080/x', true],
    ['https://hooks.example.com/a', false],
    ['http://127.0.0.1.example.com:80/', false],
    ['http://169.254.169.254:80/', false],
  ])('of the local cloud may name %s: %s', (url, good) => {
    expect(relaySettings('loopback').safeParse({ destinations: [{ ...webhook, url }] }).success).toBe(good);
  });
});
