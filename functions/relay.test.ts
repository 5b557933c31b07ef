import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { everySecret, Receivers } from '../test/support/relay.ts';
import { makersOf, World } from '../test/support/deps.ts';
import { robin } from '../test/support/core.ts';
import { alarmOf, eventOf, snsOf } from '../test/support/sns.ts';
import { relay as contract } from './contract.ts';
import { relay } from './relay.ts';
import { handlerOf } from './shared/handler.ts';

/** The real handler against stand-ins of the services. Whatever happens, no secret is in a log, an error or a result. */

let receivers: Receivers;
let world: World;
let logged: string[] = [];
const spies: { mockRestore(): void }[] = [];

beforeEach(async () => {
  receivers = new Receivers();
  await receivers.start();
  world = new World();
  world.relay = { hosts: receivers.hosts(), settings: receivers.settings(), taken: new Map() };
  logged = [];
  // The logger writes past the console that tests usually watch.
  for (const stream of [process.stdout, process.stderr]) {
    const write = (text: string | Uint8Array): boolean => {
      logged.push(String(text));
      return true;
    };
    spies.push(vi.spyOn(stream, 'write').mockImplementation(write));
  }
});
afterEach(async () => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  await receivers.close();
});

interface Ended {
  readonly sentence?: string;
  readonly message?: string;
  readonly code?: string;
}
const deliver = async (event: unknown, remainingMs = 28_000): Promise<Ended> => {
  const handler = handlerOf({ name: 'Relay', ...contract }, relay, makersOf(world.deps()));
  const work = Promise.resolve(handler(event, { getRemainingTimeInMillis: () => remainingMs }, undefined as never));
  const ended = await world.clock.run(work).then(
    (result): Ended => result ?? {},
    (error: unknown): Ended => error as Ended,
  );
  const everything = [...logged, JSON.stringify(ended), String((ended as Error).stack ?? ''), JSON.stringify(world.alertTest ?? null)].join('\n');
  for (const secret of everySecret) expect(everything).not.toContain(secret);
  expect(logged.length).toBeGreaterThan(0);
  return ended;
};
const told = (): number[] => [receivers.pagerduty.size, receivers.opsgenie.size, receivers.telegram.length, receivers.hooks.size];
const ended = eventOf(snsOf({ subject: 'Baton: hub-1 Unfenceable' }, { kind: 'ended', validator: 'hub-1', execution: 'hub-1.t7.e' }));

describe('an alert', () => {
  test('goes to all of them', async () => {
    expect(await deliver(ended)).toEqual({ sentence: 'Passed on to on-call, ops, chat, hook.' });
    expect(told()).toEqual([1, 1, 1, 1]);
    expect(world.measured.figures).toEqual(
      expect.arrayContaining(['RelaySent/pagerduty 1', 'RelaySent/opsgenie 1', 'RelaySent/telegram 1', 'RelaySent/webhook 1']),
    );
    expect(world.relay.taken.get('95df01b4-ee98-5cb9-9903-4c221d41eb5e')).toEqual(['on-call', 'ops', 'chat', 'hook']);
  });
  test('of CloudWatch is opened and closed', async () => {
    await deliver(eventOf(alarmOf('baton-ValidatorNeedsHuman')));
    expect([...receivers.pagerduty.keys()]).toEqual(['baton:alarm:baton-ValidatorNeedsHuman']);
    await deliver(eventOf({ ...alarmOf('baton-ValidatorNeedsHuman', 'OK'), MessageId: 'another' }));
    expect(told()).toEqual([0, 0, 2, 2]);
  });
  test('that is delivered twice goes out once', async () => {
    await deliver(ended);
    expect(await deliver(ended)).toEqual({ sentence: 'Passed on to on-call, ops, chat, hook.' });
    expect([told(), receivers.received.length]).toEqual([[1, 1, 1, 1], 4]);
  });
  test('of several in one event goes out each', async () => {
    await deliver(eventOf(snsOf({ id: 'a' }, { kind: 'trouble', validator: 'hub-1' }), snsOf({ id: 'b' }, { kind: 'trouble', validator: 'hub-2' })));
    expect(told()).toEqual([2, 2, 2, 2]);
  });
});

describe('a destination that does not take it', () => {
  const message = 'not taken by chat (telegram): refused it (status 500)';
  const down = (): void => {
    receivers.scripts['telegram'] = [{ status: 500 }, { status: 500 }, { status: 500 }];
  };
  test('fails the function after the others have it', async () => {
    down();
    expect(await deliver(ended)).toMatchObject({ code: 'AlertFailed', message });
    expect(told()).toEqual([1, 1, 0, 1]);
    expect(world.measured.figures).toContain('RelayFailed/telegram 1');
  });
  test('is asked again with the same message, and nobody else is', async () => {
    down();
    await deliver(ended);
    const before = receivers.received.length;
    expect(await deliver(ended)).toEqual({ sentence: 'Passed on to on-call, ops, chat, hook.' });
    expect(receivers.received.slice(before).map(({ path }) => path.split('/')[1])).toEqual(['telegram']);
    expect(told()).toEqual([1, 1, 1, 1]);
  });
  test('is asked again when nobody can say who has taken it: then by the key of each service nothing doubles but in the chat', async () => {
    world.down.add('relay-log');
    down();
    expect(await deliver(ended)).toMatchObject({ message });
    expect(await deliver(ended)).toEqual({ sentence: 'Passed on to on-call, ops, chat, hook.' });
    expect(told()).toEqual([1, 1, 1, 1]);
    expect([...receivers.pagerduty.values(), ...receivers.opsgenie.values()].map(({ count }) => count)).toEqual([2, 2]);
    await deliver(ended);
    expect(told()).toEqual([1, 1, 2, 1]);
  });
  test('is named together with the others', async () => {
    receivers.scripts['hook'] = [{ status: 302, headers: { location: 'http://169.254.169.254/' } }];
    receivers.scripts['pagerduty'] = [{ status: 400, body: everySecret.join() }];
    expect(await deliver(ended)).toMatchObject({
      message:
        'not taken by on-call (pagerduty): refused it (status 400); hook (webhook): answered with a redirect, which is not followed (status 302)',
      fix: 'Mend that destination in the parameter as docs/alerts.md says, then: baton alert-test --wait',
    });
  });
  test('holds nobody up for longer than the invocation has', async () => {
    receivers.scripts['opsgenie-eu'] = ['silent', 'silent', 'silent'];
    expect(await deliver(ended, 4_000)).toMatchObject({ message: 'not taken by ops (opsgenie): no answer in time' });
    expect(told()).toEqual([1, 0, 1, 1]);
  });
});

describe('an alert test', () => {
  const id = '0a1b2c3d4e5f6071';
  const event = eventOf(snsOf({ subject: 'Baton: alert test', message: 'Type: baton alert-test --ack 0123abcd' }, { kind: 'test', test: id }));
  beforeEach(() => {
    world.alertTest = { id, code: '0123abcd', sentAtMs: 1, by: robin };
  });
  const atMs = expect.any(Number) as number;
  test('has what each destination made of it', async () => {
    receivers.scripts['telegram'] = [{ status: 401, body: '{"ok":false,"error_code":401,"description":"Unauthorized"}' }];
    await deliver(event);
    const first = {
      'on-call': { kind: 'pagerduty', taken: true, how: 'taken', atMs },
      ops: { kind: 'opsgenie', taken: true, how: 'taken', atMs },
      chat: { kind: 'telegram', taken: false, how: 'refused it (status 401)', atMs },
      hook: { kind: 'webhook', taken: true, how: 'taken', atMs },
    };
    expect(world.alertTest?.relays).toEqual(first);
    await deliver(event);
    expect(world.alertTest?.relays).toMatchObject({ chat: { taken: true, how: 'taken' }, hook: { taken: true, how: 'taken before' } });
  });
  test('of an older time changes nothing', async () => {
    world.alertTest = { id: 'f'.repeat(16), code: 'ffffffff', sentAtMs: 2, by: robin };
    expect(await deliver(event)).toHaveProperty('sentence');
    expect(world.alertTest.relays).toBeUndefined();
  });
  test('that cannot be noted is sent all the same', async () => {
    world.down.add('note');
    expect(await deliver(event)).toHaveProperty('sentence');
    expect(told()).toEqual([1, 1, 1, 1]);
  });
});

describe('nothing is sent', () => {
  test('without the parameter', async () => {
    world.down.add('relay');
    expect(await deliver(ended)).toMatchObject({ message: 'relay gives no answer' });
    expect(receivers.received).toEqual([]);
  });
  const [record] = (ended as { Records: { Sns: Record<string, unknown> }[] }).Records as [{ Sns: Record<string, unknown> }];
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no records', { Records: [] }],
    ['eleven records', { Records: Array.from({ length: 11 }, () => record) }],
    ['a record of another service', { Records: [{ ...record, EventSource: 'aws:sqs' }] }],
    ['an id with a dot, which would end what is signed', { Records: [{ ...record, Sns: { ...record.Sns, MessageId: 'a.b' } }] }],
    ['no time', { Records: [{ ...record, Sns: { ...record.Sns, Timestamp: 'now' } }] }],
    ['a message without end', { Records: [{ ...record, Sns: { ...record.Sns, Message: 'x'.repeat(300_001) } }] }],
    ['an attribute that is none', { Records: [{ ...record, Sns: { ...record.Sns, MessageAttributes: { kind: 'test' } } }] }],
  ])('for %s', async (_, event) => {
    expect(await deliver(event)).toMatchObject({ code: 'InputInvalid' });
    expect(receivers.received).toEqual([]);
  });
});
