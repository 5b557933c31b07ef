import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BatonError } from '../core/errors.ts';
import { slackMessageOf } from '../core/slack-message.ts';
import { epochMs, steadyMs, type Clock } from '../core/time.ts';
import { recordOf } from '../test/support/core.ts';
import { botToken, channel, signingSecret, SlackStandIn, team } from '../test/support/slack.ts';
import type { SlackSettings } from './slack-settings.ts';
import { Slack } from './slack.ts';

const settings: SlackSettings = { signingSecrets: [signingSecret], botToken, team, channel };
const shown = { nowMs: 1_700_000_000_000, link: 'https://console.example.com/one' };
const message = slackMessageOf(recordOf({ expiresAtMs: 2_000_000_000_000, accepts: ['stopped'] }), shown);
const final = slackMessageOf(recordOf({ state: 'denied' }), shown);

let standIn: SlackStandIn;
let slept: number[] = [];
let timeouts: number[] = [];
let expired = false;
/** Real time for the network, none for pauses. */
const clock: Clock = {
  epochMs: () => epochMs(1_700_000_000_000),
  steadyMs: () => steadyMs(0),
  sleep: async (length, signal) => {
    signal?.throwIfAborted();
    slept.push(length);
  },
  timeout: (length) => {
    timeouts.push(length);
    return expired ? AbortSignal.abort(new DOMException('timed out', 'TimeoutError')) : new AbortController().signal;
  },
};
const slackWith = (read: () => Promise<SlackSettings | null> = async () => settings): Slack =>
  new Slack({ settings: { read }, clock, api: `${standIn.url}/api` });
const until = (): AbortSignal => new AbortController().signal;

beforeEach(async () => {
  [slept, timeouts, expired] = [[], [], false];
  standIn = new SlackStandIn();
  await standIn.start();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await standIn.close();
});

describe('a message', () => {
  test('is posted, then edited in its place', async () => {
    const slack = slackWith();
    const at = await slack.post(message, until());
    expect(at).toEqual({ channel, ts: '1700000000.000001' });
    expect([...standIn.messages.values()]).toEqual([message.blocks]);
    expect(await slack.update({ channel, ts: '1700000000.000001' }, final, until())).toBe(true);
    expect([...standIn.messages.values()]).toEqual([final.blocks]);
    expect(standIn.calls).toEqual(['POST /api/chat.postMessage', 'POST /api/chat.update']);
    expect(timeouts).toEqual([2_000, 2_000]);
  });
  test('goes under another, into the channel of that one', async () => {
    const slack = slackWith();
    const under = (await slack.post(message, until())) ?? { channel: '', ts: '' };
    expect(await slack.post(final, until(), under)).toEqual({ channel, ts: '1700000000.000002' });
    expect([...standIn.threads]).toEqual([['1700000000.000002', '1700000000.000001']]);
    expect([...standIn.messages.values()]).toEqual([message.blocks, final.blocks]);
    expect(await slack.post(final, until(), { channel: 'C0OTHER', ts: under.ts })).toBe(null);
    expect(await slack.post(final, until(), { channel, ts: '1.1' })).toBe(null);
  });
  test('that is not there is not edited', async () => {
    expect(await slackWith().update({ channel, ts: '1.1' }, final, until())).toBe(false);
  });
  test.each<[string, () => Promise<SlackSettings | null>]>([
    ['the wrong token', async () => ({ ...settings, botToken: 'xoxb-0000000000-wrong' })],
    ['another channel', async () => ({ ...settings, channel: 'C0OTHER' })],
  ])('with %s does not leave', async (_, read) => {
    expect(await slackWith(read).post(message, until())).toBeNull();
    expect([standIn.messages.size, standIn.calls.length]).toEqual([0, 1]);
  });
  test('of a form that Slack does not know does not leave', async () => {
    expect(await slackWith().post({ text: 'x', blocks: [{ type: 'image' }] }, until())).toBeNull();
  });
  test.each<[string, () => Promise<SlackSettings | null>]>([
    ['is no Slack', async () => null],
    ['are no settings that can be read', () => Promise.reject(new BatonError('WorkflowFailed', 'no answer', { fix: 'Again.' }))],
  ])('does not leave where there %s', async (_, read) => {
    expect([await slackWith(read).post(message, until()), await slackWith(read).update({ channel, ts: '1.1' }, final, until())]).toEqual([
      null,
      false,
    ]);
    expect(standIn.calls).toEqual([]);
  });
  test('is sent to Slack unless it is told otherwise, without following anybody elsewhere', async () => {
    const sent: { url: string; init: RequestInit }[] = [];
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      sent.push({ url, init });
      return new Response(JSON.stringify({ ok: true, channel, ts: '1.1' }));
    });
    const asked: unknown[] = [];
    const read = async (signal?: AbortSignal): Promise<SlackSettings> => {
      asked.push(signal);
      return settings;
    };
    const signal = until();
    expect(await new Slack({ settings: { read }, clock }).post(message, signal)).toEqual({ channel, ts: '1.1' });
    expect(asked).toEqual([signal]);
    expect(sent.map(({ url }) => url)).toEqual(['https://slack.com/api/chat.postMessage']);
    expect(sent[0]?.init).toEqual({
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${botToken}` },
      body: JSON.stringify({ channel, ...message, unfurl_links: false, unfurl_media: false }),
      redirect: 'error',
      signal: expect.any(AbortSignal) as AbortSignal,
    });
  });
});

describe('when Slack is in trouble', () => {
  test.each([429, 500, 503])('%i is tried again twice', async (status) => {
    standIn.script = [{ status }, { status }];
    expect(await slackWith().post(message, until())).toEqual({ channel, ts: '1700000000.000001' });
    expect(slept).toEqual([500, 1_000]);
    standIn.script = [{ status }, { status }, { status }];
    expect([await slackWith().post(message, until()), standIn.calls.length]).toEqual([null, 6]);
  });
  test('a fault without a body is tried again too', async () => {
    const told = [new Response(null, { status: 503 }), new Response(JSON.stringify({ ok: true, channel, ts: '1.1' }))];
    vi.stubGlobal('fetch', async () => told.shift());
    expect(await slackWith().post(message, until())).toEqual({ channel, ts: '1.1' });
  });
  test.each([
    ['0', 0],
    ['2', 2_000],
    ['3600', 3_000],
    ['999999', 3_000],
    ['1000000', 500],
    ['1.5', 500],
    ['-1', 500],
    ['x2', 500],
    ['2x', 500],
    ['', 500],
  ])('Retry-After %j is waited for %i ms', async (retryAfter, ms) => {
    standIn.script = [{ status: 429, headers: { 'retry-after': retryAfter } }];
    expect(await slackWith().update({ channel, ts: '1.1' }, final, until())).toBe(false);
    expect([slept, standIn.calls.length]).toEqual([[ms], 2]);
  });
  test.each([201, 302, 400, 404, 428, 499])('%i is not tried again', async (status) => {
    standIn.script = [{ status, headers: { location: '/api/chat.postMessage' }, body: JSON.stringify({ ok: true, channel, ts: '1.1' }) }];
    expect([await slackWith().post(message, until()), standIn.calls.length, slept]).toEqual([null, 1, []]);
  });
  test.each<[string, string]>([
    ['no JSON', 'ok'],
    ['nothing', ''],
    ['null', 'null'],
    ['a refusal', JSON.stringify({ ok: false, channel, ts: '1.1' })],
    ['a text for true', JSON.stringify({ ok: 'true', channel, ts: '1.1' })],
    ['no place', JSON.stringify({ ok: true })],
    ['a channel of another form', JSON.stringify({ ok: true, channel: '#x', ts: '1.1' })],
    ['a time of another form', JSON.stringify({ ok: true, channel, ts: 1.1 })],
    ['more than anybody reads', JSON.stringify({ ok: true, channel, ts: '1.1', message: 'x'.repeat(131_072) })],
  ])('an answer that is %s is none', async (_, body) => {
    standIn.script = [{ status: 200, body }];
    expect([await slackWith().post(message, until()), standIn.calls.length]).toEqual([null, 1]);
  });
  test('as much as it may say is read', async () => {
    const told = JSON.stringify({ ok: true, channel, ts: '1.1', message: '' });
    standIn.script = [{ status: 200, body: told.replace('""', `"${'x'.repeat(131_072 - told.length)}"`) }];
    expect(await slackWith().post(message, until())).toEqual({ channel, ts: '1.1' });
  });
  test('what does not answer in time is given up', async () => {
    expired = true;
    expect([await slackWith().post(message, until()), slept]).toEqual([null, []]);
  });
  test('whoever waits may end it, also between two tries', async () => {
    expect([await slackWith().post(message, AbortSignal.abort()), standIn.calls.length]).toEqual([null, 0]);
    const controller = new AbortController();
    standIn.script = [{ status: 503 }];
    const ending = {
      ...clock,
      sleep: async (_: unknown, signal?: AbortSignal) => {
        controller.abort();
        signal?.throwIfAborted();
      },
    };
    const slack = new Slack({ settings: { read: async () => settings }, clock: ending, api: `${standIn.url}/api` });
    expect([await slack.post(message, controller.signal), standIn.calls.length]).toEqual([null, 1]);
  });
  test('a line that is cut is no answer', async () => {
    const slack = slackWith();
    await standIn.close();
    await standIn.start();
    const fetched = vi.fn(() => Promise.reject(new TypeError('fetch failed')));
    vi.stubGlobal('fetch', fetched);
    expect([await slack.post(message, until()), await slack.update({ channel, ts: '1.1' }, final, until())]).toEqual([null, false]);
    expect(fetched.mock.calls.length).toBe(2);
  });
});

const dialog = {
  type: 'modal',
  title: { type: 'plain_text', text: 'Attest' },
  blocks: [{ type: 'section', text: { type: 'plain_text', text: 'x' } }],
};

describe('a dialog', () => {
  test('is opened once for one press', async () => {
    const slack = slackWith();
    expect(await slack.open('1.2.abc', dialog, until())).toBe(true);
    expect([standIn.views, standIn.calls]).toEqual([[dialog], ['POST /api/views.open']]);
    expect(await slack.open('1.2.abc', dialog, until())).toBe(false);
    expect(await slack.open('1.2.abd', { ...dialog, type: 'home' }, until())).toBe(false);
    expect(standIn.views.length).toBe(1);
  });
  test.each([429, 500, 503])('is not tried again after %i: what opens it is good for three seconds', async (status) => {
    standIn.script = [{ status }];
    expect([await slackWith().open('1.2.abc', dialog, until()), standIn.calls.length, slept]).toEqual([false, 1, []]);
  });
  test('is none where there is no Slack', async () => {
    expect([await slackWith(async () => null).open('1.2.abc', dialog, until()), standIn.calls]).toEqual([false, []]);
  });
});

describe('whoever pressed', () => {
  test('is told alone, and no token goes with it', async () => {
    expect(await slackWith().reply(`${standIn.url}/actions`, 'Not counted.', until())).toBe(true);
    expect(standIn.replies).toEqual(['Not counted.']);
  });
  test('is told again after a fault', async () => {
    standIn.script = [{ status: 500 }];
    expect([await slackWith().reply(`${standIn.url}/actions`, 'Not counted.', until()), slept]).toEqual([true, [500]]);
  });
  test('is told nothing by a place that takes nothing', async () => {
    standIn.script = [{ status: 404, body: 'expired_url' }];
    expect(await slackWith().reply(`${standIn.url}/actions`, 'Not counted.', until())).toBe(false);
  });
});
