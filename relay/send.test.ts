import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { epochMs, steadyMs, type Clock } from '../core/time.ts';
import { everySecret, Receivers, type Script } from '../test/support/relay.ts';
import { alarmOf, snsOf } from '../test/support/sns.ts';
import { alertOf, type Alert } from './alert.ts';
import { publicHosts, type Destination, type Reach } from './index.ts';
import { post } from './post.ts';
import { sendTo, type Outcome } from './send.ts';

/** The real client against stand-ins that hold to what the services document, also when they turn hostile. */

let receivers: Receivers;
let slept: number[] = [];
let tryMs = 5_000;
/** Real time for the network, none for pauses. */
const clock: Clock = {
  epochMs: () => epochMs(1_764_302_400_999),
  steadyMs: () => steadyMs(0),
  sleep: async (length, signal) => {
    signal?.throwIfAborted();
    slept.push(length);
  },
  timeout: (length) => AbortSignal.timeout(Math.min(length, tryMs)),
};
const never = new AbortController().signal;
const waiting = alertOf(snsOf({ subject: 'Approve?' }, { kind: 'waiting', validator: 'hub-1', execution: 'hub-1.t7.e' }), 'baton');

beforeEach(async () => {
  [slept, tryMs] = [[], 5_000];
  receivers = new Receivers();
  await receivers.start();
});
afterEach(async () => {
  await receivers.close();
});

const named = (kind: Destination['kind']): Destination => receivers.settings().destinations.find((one) => one.kind === kind) as Destination;
const send = async (destination: Destination, alert: Alert = waiting, signal = never): Promise<Outcome> => {
  const outcome = await sendTo(destination, alert, { clock, hosts: receivers.hosts(), reach: 'loopback' }, signal);
  for (const secret of everySecret) expect(JSON.stringify(outcome)).not.toContain(secret);
  return outcome;
};
const kinds = ['pagerduty', 'opsgenie', 'telegram', 'webhook'] as const;
const servicePath = { pagerduty: 'pagerduty', opsgenie: 'opsgenie-eu', telegram: 'telegram', webhook: 'hook' } as const;
const script = (kind: (typeof kinds)[number], ...all: Script[]): void => {
  receivers.scripts[servicePath[kind]] = all;
};
const told = (): number[] => [receivers.pagerduty.size, receivers.opsgenie.size, receivers.telegram.length, receivers.hooks.size];

describe('each service', () => {
  const monsters = [
    waiting,
    alertOf(
      snsOf({ subject: '<b>&amp; "\u{1F600}'.repeat(20), message: '<script>&'.repeat(20_000) }, { kind: 'ended', validator: 'hub-1' }),
      'baton',
    ),
    alertOf(snsOf({ subject: null, message: `\uD83D ${'\u{1F600}'.repeat(90_000)}` }), 'baton'),
    alertOf(alarmOf(`baton-${'n'.repeat(249)}`), 'baton'),
    alertOf(alarmOf('baton-FleetNeedsCare'), 'baton'),
    alertOf(snsOf({}, { kind: 'test', test: '0a1b2c3d' }), 'baton'),
  ];
  test.each(kinds)('%s takes whatever an alert holds', async (kind) => {
    for (const alert of monsters) expect(await send(named(kind), alert)).toEqual({ name: named(kind).name, kind, taken: true, how: 'taken' });
  });
  test.each([
    ['pagerduty', (): number => receivers.pagerduty.size],
    ['opsgenie', (): number => receivers.opsgenie.size],
  ] as const)('%s keeps one alert for one thing, and ends it', async (kind, open) => {
    const [rings, green] = [alarmOf('baton-ValidatorNeedsHuman'), alarmOf('baton-ValidatorNeedsHuman', 'OK')].map((one) => alertOf(one, 'baton')) as [
      Alert,
      Alert,
    ];
    await send(named(kind), rings);
    await send(named(kind), { ...rings, id: 'another-message' });
    expect(open()).toBe(1);
    expect(await send(named(kind), green)).toMatchObject({ taken: true });
    expect(open()).toBe(0);
  });
  test('webhook has the same id each time', async () => {
    await send(named('webhook'));
    await send(named('webhook'));
    expect([...receivers.hooks.keys()]).toEqual(['msg_95df01b4-ee98-5cb9-9903-4c221d41eb5e']);
  });
  test.each<[Partial<Destination> & { kind: (typeof kinds)[number] }, string]>([
    [{ kind: 'pagerduty', routingKey: 'x'.repeat(32) }, 'refused it (status 400)'],
    [{ kind: 'opsgenie', apiKey: 'x'.repeat(36) }, 'refused it (status 401)'],
    [{ kind: 'telegram', token: `123456:${'x'.repeat(35)}` }, 'refused it (status 401)'],
    [{ kind: 'telegram', chat: '-100' }, 'refused it (status 400)'],
    [{ kind: 'webhook', secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`] }, 'refused it (status 401)'],
  ])('refuses what is not its own %#, and is not asked again', async (wrong, how) => {
    expect(await send({ ...named(wrong.kind), ...wrong } as Destination)).toMatchObject({ taken: false, how });
    expect([receivers.received.length, slept, told()]).toEqual([1, [], [0, 0, 0, 0]]);
  });
});

describe('trouble that may pass', () => {
  test.each(kinds)('%s: two tries fail, the third is taken', async (kind) => {
    script(kind, { status: 503 }, 'reset');
    expect(await send(named(kind))).toMatchObject({ taken: true });
    expect([receivers.received.length, slept]).toEqual([3, [500, 2_000]]);
  });
  test.each(kinds)('%s: three are enough', async (kind) => {
    script(kind, { status: 500 }, { status: 502 }, { status: 504 }, { status: 504 });
    expect(await send(named(kind))).toMatchObject({ taken: false, how: 'refused it (status 504)' });
    expect(receivers.received.length).toBe(3);
  });
  test.each([
    [{ status: 429, headers: { 'retry-after': '3' } }, [3_000]],
    [{ status: 429, headers: { 'retry-after': '0' } }, [0]],
    [{ status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } }, [500]],
    [{ status: 429, body: '{"ok":false,"parameters":{"retry_after":4}}' }, [4_000]],
    [{ status: 408 }, [500]],
  ])('waits as it is asked to: %j', async (answer, pauses) => {
    script('telegram', answer);
    expect(await send(named('telegram'))).toMatchObject({ taken: true });
    expect(slept).toEqual(pauses);
  });
  test('who asks for longer is left to the next invocation', async () => {
    script('pagerduty', { status: 429, headers: { 'retry-after': '6' } });
    expect(await send(named('pagerduty'))).toMatchObject({ taken: false, how: 'refused it (status 429)' });
    expect([receivers.received.length, slept]).toEqual([1, []]);
  });
  test('a storm of 429 ends after three', async () => {
    script('opsgenie', ...Array.from({ length: 50 }, () => ({ status: 429 })));
    expect(await send(named('opsgenie'))).toMatchObject({ taken: false });
    expect(receivers.received.length).toBe(3);
  });
});

describe('who answers with malice', () => {
  test.each([301, 302, 303, 307, 308])('a redirect %i is not followed', async (status) => {
    script('webhook', { status, headers: { location: `${receivers.url}/hook/elsewhere` } });
    expect(await send(named('webhook'))).toMatchObject({
      taken: false,
      how: `answered with a redirect, which is not followed (status ${status})`,
    });
    expect(receivers.received.map(({ path }) => path)).toEqual(['/hook/hookpathSECRET']);
  });
  test.each(['silent', 'drip'] as const)('who is %s is left when the time is over', async (how) => {
    tryMs = 60;
    script('telegram', how, how, how, how);
    expect(await send(named('telegram'))).toMatchObject({ taken: false, how: 'no answer in time' });
    expect(receivers.received.length).toBe(3);
  });
  test('an answer without end is not read to its end, and proves nothing', async () => {
    script('telegram', 'flood', 'flood', 'flood');
    const before = process.memoryUsage().arrayBuffers;
    expect(await send(named('telegram'))).toMatchObject({
      taken: false,
      how: 'answered what it does not answer to a message that it takes (status 200)',
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000);
    expect(receivers.received.length).toBe(1);
  });
  test('headers without end are refused', async () => {
    const headers = { 'x-long': 'a'.repeat(20_000) };
    script('webhook', { status: 200, headers }, { status: 200, headers }, { status: 200, headers });
    expect(await send(named('webhook'))).toMatchObject({ taken: false, how: 'HPE_HEADER_OVERFLOW' });
  });
  test('a refusal that quotes the secret is told without its words', async () => {
    script('pagerduty', { status: 400, body: everySecret.join(' '), headers: { 'x-quoted': everySecret.join(' ') } });
    expect(await send(named('pagerduty'))).toEqual({ name: 'on-call', kind: 'pagerduty', taken: false, how: 'refused it (status 400)' });
  });
  test('nobody is asked when there is no time', async () => {
    expect(await send(named('webhook'), waiting, AbortSignal.abort())).toMatchObject({ taken: false, how: 'no time was left' });
    expect(receivers.received).toEqual([]);
  });
});

describe('where it may go', () => {
  const why = (url: string, reach: Reach): Promise<string> =>
    post({ url, headers: {}, body: '{}' }, { reach, signal: AbortSignal.timeout(5_000) }).then(
      ({ status }) => `status ${status}`,
      (error: unknown) => (error as Error).message,
    );
  test.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1:8443/',
    'https://localhost/',
    'http://93.184.215.14/',
    'http://example.com/',
  ])('%s is called by nobody', async (url) => {
    expect(await why(url, 'public')).toBe('it leads to an address that is not public');
  });
  test.each(['https://127.0.0.1:1/', 'http://localhost:1/', 'http://10.0.0.1/', 'https://example.com/'])(
    'the local cloud does not call %s',
    async (url) => {
      expect(await why(url, 'loopback')).toBe('it leads to an address that is not public');
    },
  );
  test('a name that leads inside is told by nothing but that', async () => {
    const destination = { ...named('webhook'), url: 'https://localhost/hookpathSECRET' } as Destination;
    const outcome = await sendTo(destination, waiting, { clock, hosts: publicHosts, reach: 'public' }, never);
    expect(outcome).toEqual({ name: 'hook', kind: 'webhook', taken: false, how: 'it leads to an address that is not public' });
  });
});
