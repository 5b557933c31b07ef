import { SecretParameter } from '../../../aws/parameter.ts';
import { parseWith } from '../../../core/parse.ts';
import { relay as contract } from '../../../functions/contract.ts';
import { alertOf, boundOf, publicHosts, relaySettings } from '../../../relay/index.ts';
import { isPublic } from '../../../relay/public-address.ts';
import { apiKey, botToken, chat, everySecret, hookSecret, routingKey, takes } from '../../support/relay.ts';
import { alarmOf, eventOf, snsOf } from '../../support/sns.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { mutate, mutateText, weirdText, type Plain } from '../mutate.ts';
import { canary, hold, same, target, type Outcome, type Target } from '../target.ts';

/** What SNS tells, up to the request that each service gets, and the parameter of the destinations. */

const destinations = relaySettings('public').parse({
  destinations: [
    { name: 'on-call', kind: 'pagerduty', routingKey },
    { name: 'ops', kind: 'opsgenie', apiKey },
    { name: 'chat', kind: 'telegram', token: botToken, chat },
    { name: 'hook', kind: 'webhook', url: 'https://hooks.example.com/hookpathSECRET', secrets: [hookSecret] },
  ],
}).destinations;

const event = target<{ event: unknown }>({
  name: 'relay-event',
  about: 'relay/: the event of SNS, up to the request that each kind of destination gets',
  make: (random, valid) => {
    const odd = (good: string): string => (valid || random.once(2) ? good : random.pick([`${good}${weirdText(random)}`, weirdText(random)]));
    const kind = valid ? 'ended' : random.pick(['waiting', 'answered', 'trouble', 'ended', 'test', 'other', weirdText(random)]);
    const about = { kind, validator: odd('hub-1'), execution: odd('hub-1.t7.e'), test: odd('0a1b2c3d4e5f6071') };
    const alarm = alarmOf(odd('baton-DeadLetters'), random.pick(['ALARM', 'OK', 'INSUFFICIENT_DATA']));
    const notice = snsOf(
      {
        subject: random.once(4) ? null : odd('Baton: hub-1'),
        message: odd('It is <so> & "so" 😀 ').repeat(random.between(1, 900)).slice(0, 320_000),
      },
      about,
    );
    const made = eventOf(!valid && random.once(3) ? alarm : notice) as Plain;
    return { event: valid || random.once(2) ? made : mutate(random, made) };
  },
  run: ({ event: given }): Outcome => {
    const { Records: records } = parseWith(contract.input, given, { what: 'event', code: 'InputInvalid' });
    for (const { Sns: sns } of records) {
      const alert = alertOf(sns, 'baton');
      hold(
        alert.key.length <= 255 && alert.key.startsWith('baton:') && alert.subject.length <= 200 && alert.subject !== '',
        'an alert without bounds',
      );
      for (const destination of destinations) {
        const { url, body } = boundOf(destination).requestOf(alert, { hosts: publicHosts, nowSeconds: 1_764_302_400 });
        hold(url.startsWith('https://') && body.isWellFormed() && Buffer.byteLength(body) < 40_000, 'a request that nobody takes');
        const value = JSON.parse(body) as unknown;
        if (destination.kind === 'webhook') same((value as { data: { key: string } }).data.key, alert.key, 'the key');
        else hold(takes[destination.kind].safeParse(value).success, `${destination.kind} would not take it`);
      }
      const attribute = (sns.MessageAttributes as Record<string, { Value: string }> | undefined)?.['kind']?.Value;
      if (alert.kind !== 'alarm' && alert.kind !== 'other') same(attribute, alert.kind, 'the kind');
    }
    return 'accepted';
  },
});

const parameter = target<{ text: string }>({
  name: 'relay-parameter',
  about: 'relay/index.ts and aws/parameter.ts: the parameter with the secrets of the destinations',
  make: (random, valid) => {
    const text = JSON.stringify({ destinations });
    if (valid) return { text };
    const changed = random.once(2) ? JSON.stringify(mutate(random, { destinations: structuredClone(destinations) })) : text;
    const hosts = ['https://localhost/', 'https://10.0.0.1/', 'https://[::1]/', 'http://example.com/', `https://${weirdText(random)}/`, canary];
    const moved = changed.replace('https://hooks.example.com', random.once(3) ? random.pick(hosts) : 'https://hooks.example.com');
    return { text: random.once(3) ? mutateText(random, moved) : moved };
  },
  run: async ({ text }): Promise<Outcome> => {
    const client = { send: async () => ({ Parameter: { Value: text } }) } as never;
    const read = new SecretParameter({
      client,
      name: '/baton/relay',
      schema: relaySettings('public'),
      clock: new VirtualClock(),
      fix: 'Put it again.',
    });
    let found: Awaited<ReturnType<typeof read.read>>;
    try {
      found = await read.read();
    } catch (error) {
      const { message, stack = '' } = error as Error;
      hold(![...everySecret, canary].some((secret) => (message + stack).includes(secret)), 'it tells what is nobody’s business');
      throw error;
    }
    hold(found.destinations.length >= 1 && found.destinations.length <= 10, 'too many');
    for (const one of found.destinations) {
      hold(/^[a-z0-9-]{1,40}$/.test(one.name), 'a name');
      if (one.kind !== 'webhook') continue;
      const { protocol, hostname, username } = new URL(one.url);
      hold(protocol === 'https:' && username === '' && hostname.includes('.'), 'an address that may not be called');
      hold(!/^[\d.]+$|^\[/.test(hostname) || isPublic(hostname.replace(/^\[|\]$/g, '')), 'an address that is not public');
    }
    return 'accepted';
  },
});

export const relayTargets: readonly Target[] = [event, parameter];
