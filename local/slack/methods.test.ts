import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actions, Bench, modal, plain, section, token } from '../../test/support/slack-workspace.ts';

let bench: Bench;
beforeEach(async () => {
  bench = new Bench();
  await bench.start();
});
afterEach(() => bench.close());

const channel = 'C0BATON';
const post = (of: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> =>
  bench.call('chat.postMessage', { channel, text: 'x', ...of });
const trigger = (): string => bench.slack.workspace.trigger('U0ALEX');
const open = (view: unknown, id = trigger()): Promise<Record<string, unknown>> => bench.call('views.open', { trigger_id: id, view });

describe('whoever calls', () => {
  test('is told who it is', async () => {
    expect(await bench.call('auth.test', {})).toEqual({
      ok: true,
      url: 'https://baton.slack.com/',
      team: 'Baton',
      user: 'baton',
      team_id: 'T0BATON',
      user_id: 'U0BOT',
      bot_id: 'B0BATON',
    });
  });
  test.each<[string, Record<string, string>, string]>([
    ['another token', { authorization: 'Bearer xoxb-0000000000-wrong' }, 'invalid_auth'],
    ['a token of another form', { authorization: token }, 'invalid_auth'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'invalid_post_type'],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, 'invalid_charset'],
  ])('with %s is refused', async (_, headers, error) => {
    expect(await bench.call('auth.test', {}, headers)).toEqual({ ok: false, error });
  });
  test('without a token, with no JSON, by an unknown method, or by GET is refused', async () => {
    expect(JSON.parse((await bench.post('/api/auth.test', {})).text)).toEqual({ ok: false, error: 'not_authed' });
    expect(await bench.call('auth.test', '{')).toEqual({ ok: false, error: 'invalid_json' });
    expect(await bench.call('auth.test', '[]')).toEqual({ ok: false, error: 'invalid_json' });
    expect(await bench.call('chat.delete', {})).toEqual({ ok: false, error: 'unknown_method' });
    expect(await bench.call('toString', {})).toEqual({ ok: false, error: 'unknown_method' });
    expect((await fetch(`${bench.slack.url}/api/auth.test`)).status).toBe(405);
  });
  test('too often is told to wait, by the method and no other', async () => {
    for (let count = 0; count < 10; count += 1) expect(await post()).toMatchObject({ ok: true });
    const late = await bench.post('/api/chat.postMessage', { channel, text: 'x' }, { authorization: `Bearer ${token}` });
    expect([late.status, late.headers.get('retry-after'), late.text]).toEqual([429, '1', '{"ok":false,"error":"ratelimited"}']);
    expect(await bench.call('auth.test', {})).toMatchObject({ ok: true });
    bench.nowMs += 1_000;
    expect(await post()).toMatchObject({ ok: true });
  });
});

describe('a message', () => {
  test('is posted, answered in its thread, and edited in its place', async () => {
    const first = await post({ blocks: [section('*one*')] });
    expect(first).toMatchObject({ ok: true, channel, ts: '1700000000.000001', message: { type: 'message', bot_id: 'B0BATON', text: 'x' } });
    const reply = await post({ thread_ts: '1700000000.000001', reply_broadcast: true });
    expect(reply).toMatchObject({ ok: true, ts: '1700000000.000002', message: { thread_ts: '1700000000.000001' } });
    expect(await post({ thread_ts: '1700000000.000002' })).toMatchObject({ message: { thread_ts: '1700000000.000001' } });
    expect(await bench.call('chat.update', { channel, ts: '1700000000.000001', text: 'y', blocks: [section('two')] })).toMatchObject({
      ok: true,
      channel,
      ts: '1700000000.000001',
      text: 'y',
      message: { blocks: [section('two')], edited: { user: 'U0BOT' } },
    });
    expect([...bench.slack.workspace.messages.values()].map(({ ts, threadTs, broadcast }) => [ts, threadTs, broadcast])).toEqual([
      ['1700000000.000001', undefined, false],
      ['1700000000.000002', '1700000000.000001', true],
      ['1700000000.000003', '1700000000.000001', false],
    ]);
  });
  test.each<[string, Record<string, unknown>, string]>([
    ['another channel', { channel: 'C0OTHER' }, 'channel_not_found'],
    ['no text and no blocks', { text: '' }, 'no_text'],
    ['a text that is too long', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['blocks as a text', { blocks: '[]' }, 'invalid_blocks_format'],
    ['a thread that is not there', { thread_ts: '1.1' }, 'cannot_reply_to_message'],
  ])('with %s is refused', async (_, of, error) => {
    expect(await post(of)).toEqual({ ok: false, error });
    expect(bench.slack.workspace.messages.size).toBe(0);
  });
  test('without a channel is refused with the field', async () => {
    expect(await bench.call('chat.postMessage', { text: 'x' })).toEqual({
      ok: false,
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: channel [json-pointer:/channel]'] },
    });
  });
  test('that is not there, told to one person alone, or too long is not edited', async () => {
    await post();
    const at = { channel, ts: '1700000000.000001' };
    expect(await bench.call('chat.update', { channel, ts: '1.1', text: 'y' })).toEqual({ ok: false, error: 'message_not_found' });
    expect(await bench.call('chat.update', { channel: 'C0OTHER', ts: at.ts, text: 'y' })).toEqual({ ok: false, error: 'channel_not_found' });
    expect(await bench.call('chat.update', at)).toEqual({ ok: false, error: 'no_text' });
    expect(await bench.call('chat.update', { ...at, text: 'y'.repeat(4_001) })).toEqual({ ok: false, error: 'msg_too_long' });
    bench.slack.workspace.whisper({ user: 'U0ALEX', threadTs: undefined, text: 'alone' });
    expect(await bench.call('chat.update', { channel, ts: '1700000000.000002', text: 'y' })).toEqual({ ok: false, error: 'cant_update_message' });
  });
});

describe('a block', () => {
  const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
  test.each<[string, unknown[], string]>([
    ['of no kind', [{ type: 'marquee' }], 'unsupported type [json-pointer:/blocks/0/type]'],
    ['an input in a message', [modal().blocks[0]], 'unsupported type [json-pointer:/blocks/0/type]'],
    [
      'header that is too long',
      [{ type: 'header', text: plain('x'.repeat(151)) }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    ['header without text', [{ type: 'header' }], 'missing required field: text [json-pointer:/blocks/0/text]'],
    [
      'header in markup',
      [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }],
      'failed to match all allowed schemas [json-pointer:/blocks/0/text/type]',
    ],
    ['section without anything', [{ type: 'section' }], 'must define either `text` or `fields` [json-pointer:/blocks/0]'],
    ['section that is empty', [section('')], 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
    ['section that is too long', [section('x'.repeat(3_001))], 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
    ['section that is not escaped', [section('a < b')], 'failed to match all allowed schemas [json-pointer:/blocks/0/text/text]'],
    ['section that calls everybody', [section('<!channel>')], 'failed to match all allowed schemas [json-pointer:/blocks/0/text/text]'],
    ['section with more', [{ ...section('x'), colour: 'red' }], 'no more than the known properties are allowed: colour [json-pointer:/blocks/0]'],
    ['context without parts', [{ type: 'context', elements: [] }], 'must be more than 0 items [json-pointer:/blocks/0/elements]'],
    ['context with too many', [{ type: 'context', elements: many(11, plain('x')) }], 'must be less than 11 items [json-pointer:/blocks/0/elements]'],
    [
      'button that is too long',
      [actions({ text: plain('x'.repeat(76)) })],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'value that is too long',
      [actions({ value: 'x'.repeat(2_001) })],
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    ['style of no kind', [actions({ style: 'calm' })], 'failed to match all allowed schemas [json-pointer:/blocks/0/elements/0/style]'],
    [
      'confirmation that is too long',
      [actions({ confirm: { title: plain('x'), text: plain('x'.repeat(301)), confirm: plain('x'), deny: plain('x') } })],
      'must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]',
    ],
    [
      'two buttons of one name',
      [{ ...actions(), elements: many(2, actions().elements[0]) }],
      '`action_id` has already been used [json-pointer:/blocks/0/elements]',
    ],
    ['two blocks of one name', [section('x'), section('y')], '`block_id` has already been used [json-pointer:/blocks]'],
    ['fifty-one', many(51, { type: 'divider' }), 'must be less than 51 items [json-pointer:/blocks]'],
  ])('%s is refused', async (_, blocks, complaint) => {
    expect(await post({ blocks })).toEqual({
      ok: false,
      error: 'invalid_blocks',
      errors: [complaint],
      response_metadata: { messages: [`[ERROR] ${complaint}`] },
    });
  });
  test('of each kind at its limit is taken', async () => {
    const blocks = [
      { type: 'header', text: plain('x'.repeat(150)) },
      { type: 'divider' },
      {
        type: 'section',
        text: { type: 'mrkdwn', text: '<https://example.com/a|a> <@U0ALEX> <!date^1^{time}|then> &lt;'.padEnd(3_000, 'x'), verbatim: true },
      },
      { type: 'section', fields: many(10, { type: 'mrkdwn', text: 'x'.repeat(2_000) }), accessory: actions().elements[0] },
      { type: 'context', elements: many(10, plain('x')) },
      actions({ value: 'x'.repeat(2_000), text: plain('x'.repeat(75)), action_id: 'x'.repeat(255) }),
    ];
    expect(await post({ blocks })).toMatchObject({ ok: true });
  });
});

describe('a dialog', () => {
  test('opens for whoever pressed, once', async () => {
    const id = trigger();
    const opened = await open(modal(), id);
    expect(opened).toMatchObject({
      ok: true,
      view: {
        type: 'modal',
        team_id: 'T0BATON',
        callback_id: 'ask',
        private_metadata: 'kept',
        state: { values: {} },
        previous_view_id: null,
        bot_id: 'B0BATON',
      },
    });
    const { id: view } = opened['view'] as { id: string };
    expect(view).toMatch(/^V0[A-F0-9]{10}$/);
    expect([bench.slack.workspace.viewOf('U0ALEX')?.id, bench.slack.workspace.viewOf('U0SAM')]).toEqual([view, undefined]);
    expect(await open(modal(), id)).toEqual({ ok: false, error: 'exchanged_trigger_id' });
  });
  test('opens within three seconds of the press and no later', async () => {
    const [soon, late] = [trigger(), trigger()];
    bench.nowMs = 3_000;
    expect(await open(modal(), soon)).toMatchObject({ ok: true });
    bench.nowMs = 3_001;
    expect(await open(modal(), late)).toEqual({ ok: false, error: 'expired_trigger_id' });
  });
  test('opens by no trigger that nobody was given', async () => {
    expect(await open(modal(), '1.2.3')).toEqual({
      ok: false,
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] invalid `trigger_id`'] },
    });
  });
  test('lies over at most two others', async () => {
    for (let count = 0; count < 3; count += 1) expect(await open(modal())).toMatchObject({ ok: true });
    expect(await open(modal())).toEqual({ ok: false, error: 'push_limit_reached' });
  });
  test.each<[string, Record<string, unknown>, string]>([
    ['a title that is too long', { title: plain('x'.repeat(25)) }, 'must be less than 25 characters [json-pointer:/view/title/text]'],
    ['a submit that is too long', { submit: plain('x'.repeat(25)) }, 'must be less than 25 characters [json-pointer:/view/submit/text]'],
    ['a close that is too long', { close: plain('x'.repeat(25)) }, 'must be less than 25 characters [json-pointer:/view/close/text]'],
    ['too much kept', { private_metadata: 'x'.repeat(3_001) }, 'must be less than 3001 characters [json-pointer:/view/private_metadata]'],
    ['a name that is too long', { callback_id: 'x'.repeat(256) }, 'must be less than 256 characters [json-pointer:/view/callback_id]'],
    [
      'an input and no submit',
      { submit: undefined },
      '`submit` is required when an `input` block is within the `blocks` array [json-pointer:/view/submit]',
    ],
    ['no title', { title: undefined }, 'missing required field: title [json-pointer:/view/title]'],
    ['another kind', { type: 'home' }, 'failed to match all allowed schemas [json-pointer:/view/type]'],
    [
      'an input that takes too much',
      { blocks: [{ ...modal().blocks[0], element: { type: 'plain_text_input', action_id: 'a', max_length: 3_001 } }] },
      'must be less than 3001 characters [json-pointer:/view/blocks/0/element/max_length]',
    ],
    [
      'an input that takes nothing',
      { blocks: [{ ...modal().blocks[0], element: { type: 'plain_text_input', action_id: 'a', min_length: 9, max_length: 8 } }] },
      '`min_length` must be less than `max_length` [json-pointer:/view/blocks/0/element]',
    ],
  ])('with %s is refused', async (_, of, complaint) => {
    expect(await open(modal(of))).toEqual({ ok: false, error: 'invalid_arguments', response_metadata: { messages: [`[ERROR] ${complaint}`] } });
  });
  test('larger than 250 KB, or of a name that is taken, is refused', async () => {
    expect(await open({ ...modal(), private_metadata: 'x'.repeat(250_000) })).toEqual({ ok: false, error: 'view_too_large' });
    await open(modal({ external_id: 'one' }));
    expect(await open(modal({ external_id: 'one' }))).toEqual({ ok: false, error: 'duplicate_external_id' });
  });
  test('is replaced by its id, its name and its hash', async () => {
    const { id, hash } = (await open(modal({ external_id: 'one' })))['view'] as { id: string; hash: string };
    const update = (of: Readonly<Record<string, unknown>>) => bench.call('views.update', { view: modal({ title: plain('Anew') }), ...of });
    expect(await update({ view_id: 'V0' })).toEqual({ ok: false, error: 'not_found' });
    expect(await update({ view_id: id, hash: 'other' })).toEqual({ ok: false, error: 'hash_conflict' });
    expect(await update({ view_id: id, hash })).toMatchObject({ ok: true, view: { id, title: plain('Anew') } });
    expect(await update({ external_id: 'one' })).toEqual({ ok: false, error: 'not_found' });
  });
});
