import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actions, Bench, modal, plain, secret, section, token } from '../../test/support/slack-workspace.ts';
import { signatureOf } from './signature.ts';

let bench: Bench;
beforeEach(async () => {
  bench = new Bench();
  await bench.start();
});
afterEach(() => bench.close());

const page = async (path: string, body: unknown): Promise<unknown> => {
  const { status, text } = await bench.post(`/page/${path}`, body, { 'content-type': 'application/json' });
  return status === 200 ? JSON.parse(text) : status;
};
const state = async (user: string): Promise<Record<string, unknown[]>> =>
  (await (await fetch(`${bench.slack.url}/page/state?as=${user}`)).json()) as Record<string, unknown[]>;

describe('a press', () => {
  const press = (of: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    page('press', { user: 'U0ALEX', ts: '1700000000.000001', block: 'a', action: 'go', ...of });
  beforeEach(async () => {
    await bench.call('chat.postMessage', { channel: 'C0BATON', text: 'x', blocks: [section('x'), actions()] });
  });

  test('is sent as Slack sends it, signed over its bytes', async () => {
    expect(await press()).toEqual({});
    const [{ headers, body, payload } = { headers: {}, body: '', payload: {} }] = bench.got;
    expect(headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': '1700000000',
      'x-slack-signature': signatureOf(secret, '1700000000', body),
    });
    expect(body.startsWith('payload=%7B%22type%22%3A%22block_actions%22%2C')).toBe(true);
    const { trigger_id: trigger, response_url: hook, ...rest } = payload;
    expect(trigger).toMatch(/^\d+\.\d+\.[a-f0-9]{32}$/);
    expect(hook).toMatch(/^https:\/\/hooks\.slack\.com\/actions\/T0BATON\/1\/[a-f0-9]{24}$/);
    expect(rest).toEqual({
      type: 'block_actions',
      team: { id: 'T0BATON', domain: 'baton' },
      user: { id: 'U0ALEX', username: 'alex', name: 'alex', team_id: 'T0BATON' },
      api_app_id: 'A0BATON',
      token: 'deprecated-verification-token',
      enterprise: null,
      is_enterprise_install: false,
      container: { type: 'message', message_ts: '1700000000.000001', channel_id: 'C0BATON', is_ephemeral: false },
      channel: { id: 'C0BATON', name: 'failovers' },
      message: {
        type: 'message',
        user: 'U0BOT',
        bot_id: 'B0BATON',
        app_id: 'A0BATON',
        ts: '1700000000.000001',
        text: 'x',
        blocks: [section('x'), actions()],
      },
      state: { values: {} },
      actions: [
        {
          type: 'button',
          action_id: 'go',
          block_id: 'a',
          text: { type: 'plain_text', text: 'Go', emoji: true },
          value: 'v',
          style: 'primary',
          action_ts: '1700000000.000000',
        },
      ],
    });
  });
  test('of a guest names the guest’s own company', async () => {
    await press({ user: 'U0PAT' });
    expect(bench.got[0]?.payload).toMatchObject({ user: { id: 'U0PAT', team_id: 'T0OTHER' }, team: { id: 'T0BATON' } });
  });
  test('in a thread names the thread', async () => {
    await bench.call('chat.postMessage', { channel: 'C0BATON', text: 'y', blocks: [actions()], thread_ts: '1700000000.000001' });
    await press({ ts: '1700000000.000002' });
    expect(bench.got[0]?.payload).toMatchObject({ container: { message_ts: '1700000000.000002', thread_ts: '1700000000.000001' } });
  });
  test.each<[string, Record<string, unknown>]>([
    ['nobody', { user: 'U0NOBODY' }],
    ['somebody in no message', { ts: '1.1' }],
    ['somebody in no block', { block: 'b' }],
    ['somebody on no button', { action: 'stop' }],
    ['somebody with more', { more: 1 }],
  ])('by %s is sent to nobody', async (_, of) => {
    expect([await press(of), bench.got]).toEqual([404, []]);
  });
  test.each([201, 302, 400, 500])('that the app answers with %i is shown as a warning, and not sent again', async (status) => {
    bench.says = { status };
    expect(await press()).toEqual({ warning: 'Baton did not answer within three seconds, or said that it failed.' });
    expect(bench.got.length).toBe(1);
  });
  test('that the app does not answer in time is shown as a warning', async () => {
    bench.impatient = true;
    expect(await press()).toEqual({ warning: 'Baton did not answer within three seconds, or said that it failed.' });
    expect([bench.timeouts, bench.got]).toEqual([[3_000], []]);
  });

  describe('is answered at its response_url', () => {
    const hook = async (): Promise<string> => {
      await press();
      return new URL(String(bench.got.at(-1)?.payload['response_url'])).pathname;
    };
    const told = async (): Promise<unknown[][]> =>
      Promise.all(['U0ALEX', 'U0SAM'].map(async (user) => (await state(user))['whispers']?.map((one) => (one as { blocks: unknown }).blocks) ?? []));

    test('to that person alone', async () => {
      expect(await bench.post(await hook(), { response_type: 'ephemeral', replace_original: false, text: 'a &lt; b' })).toMatchObject({
        status: 200,
        text: 'ok',
      });
      const block = { type: 'section', spans: [{ kind: 'text', text: 'a < b', styles: [] }], fields: [], elements: [] };
      expect(await told()).toEqual([[[block]], []]);
    });
    test('in the channel, in place of the message, or by taking it away', async () => {
      await bench.post(await hook(), { response_type: 'in_channel', text: 'for all' });
      await bench.post(await hook(), { replace_original: true, text: 'anew', blocks: [section('anew')] });
      const { messages } = bench.slack.workspace;
      expect([...messages.values()].map(({ text, edited }) => [text, edited])).toEqual([
        ['anew', true],
        ['for all', false],
      ]);
    });
    test('and the message is gone', async () => {
      await bench.post(await hook(), { delete_original: true });
      expect(bench.slack.workspace.messages.size).toBe(0);
    });
    test('five times within half an hour', async () => {
      const path = await hook();
      for (let count = 0; count < 5; count += 1) expect((await bench.post(path, { text: 'x' })).status).toBe(200);
      expect(await bench.post(path, { text: 'x' })).toMatchObject({ status: 404, text: 'expired_url' });
      const late = await hook();
      bench.nowMs = 1_800_001;
      expect(await bench.post(late, { text: 'x' })).toMatchObject({ status: 404, text: 'expired_url' });
    });
    test.each<[string, unknown, Record<string, string>, number, string]>([
      ['nothing', {}, {}, 500, 'no_text'],
      ['no JSON', '{', {}, 400, 'invalid_payload'],
      ['another field', { text: 'x', colour: 'red' }, {}, 400, 'invalid_payload'],
      ['a text that is too long', { text: 'x'.repeat(3_001) }, {}, 400, 'invalid_payload'],
      ['blocks that are none', { blocks: [{ type: 'x' }] }, {}, 400, 'invalid_blocks'],
      ['a token', { text: 'x' }, { authorization: `Bearer ${token}` }, 400, 'invalid_payload'],
      ['a form', 'text=x', { 'content-type': 'application/x-www-form-urlencoded' }, 400, 'invalid_payload'],
    ])('but not with %s', async (_, body, headers, status, text) => {
      expect(await bench.post(await hook(), body, headers)).toMatchObject({ status, text });
      expect(await told()).toEqual([[], []]);
    });
  });
});

describe('a dialog that is sent', () => {
  const open = async (of: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const opened = await bench.call('views.open', { trigger_id: bench.slack.workspace.trigger('U0ALEX'), view: modal(of) });
    return (opened['view'] as { id: string }).id;
  };
  const submit = (view: string, what: string, of: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    page('submit', { user: 'U0ALEX', view, values: { what }, ...of });
  const shown = () => bench.slack.workspace.viewOf('U0ALEX');

  test('goes to the app as Slack sends it, and is closed by an empty answer', async () => {
    const id = await open();
    expect(await submit(id, 'words')).toEqual({});
    const { trigger_id: _trigger, view, ...rest } = bench.got[0]?.payload ?? {};
    expect(rest).toEqual({
      type: 'view_submission',
      team: { id: 'T0BATON', domain: 'baton' },
      user: { id: 'U0ALEX', username: 'alex', name: 'alex', team_id: 'T0BATON' },
      api_app_id: 'A0BATON',
      token: 'deprecated-verification-token',
      enterprise: null,
      is_enterprise_install: false,
      response_urls: [],
    });
    expect(view).toMatchObject({
      id,
      type: 'modal',
      callback_id: 'ask',
      private_metadata: 'kept',
      root_view_id: id,
      state: { values: { what: { text: { type: 'plain_text_input', value: 'words' } }, more: { text: { type: 'plain_text_input', value: null } } } },
    });
    expect(shown()).toBeUndefined();
  });
  test.each([
    ['', 'Please complete this required field.'],
    ['  ', 'Please complete this required field.'],
    ['ab', 'Please enter at least 3 characters.'],
    ['0123456789', 'Please enter at most 9 characters.'],
  ])('with %j is held back by Slack itself', async (what, error) => {
    expect([await submit(await open(), what), bench.got]).toEqual([{ errors: { what: error } }, []]);
  });
  test('stays with the errors that the app names', async () => {
    const id = await open();
    bench.says = { status: 200, body: JSON.stringify({ response_action: 'errors', errors: { what: 'Not so.' } }) };
    expect(await submit(id, 'words')).toEqual({ errors: { what: 'Not so.' } });
    expect(shown()?.id).toBe(id);
  });
  test('becomes another, lies under another, or goes with all of them', async () => {
    const id = await open();
    const next = modal({ title: plain('Next') });
    bench.says = { status: 200, body: JSON.stringify({ response_action: 'update', view: next }) };
    await submit(id, 'words');
    expect([shown()?.id, shown()?.sent.title.text]).toEqual([id, 'Next']);
    bench.says = { status: 200, body: JSON.stringify({ response_action: 'push', view: next }) };
    await submit(id, 'words');
    const above = shown()?.id ?? '';
    expect([above === id, shown()?.previousId, shown()?.rootId]).toEqual([false, id, id]);
    expect(await submit(id, 'words')).toBe(404);
    bench.says = { status: 200, body: JSON.stringify({ response_action: 'clear' }) };
    expect([await submit(above, 'words'), shown()]).toEqual([{}, undefined]);
  });
  test.each<[string, { status: number; body?: string }]>([
    ['a failure', { status: 500 }],
    ['an error of no field', { status: 200, body: JSON.stringify({ response_action: 'errors', errors: { other: 'x' } }) }],
    ['no error', { status: 200, body: JSON.stringify({ response_action: 'errors', errors: {} }) }],
    ['words', { status: 200, body: 'ok' }],
    ['another action', { status: 200, body: JSON.stringify({ response_action: 'close' }) }],
    [
      'a view that Slack refuses',
      { status: 200, body: JSON.stringify({ response_action: 'update', view: modal({ title: plain('x'.repeat(25)) }) }) },
    ],
  ])('stays with a warning when the app answers %s', async (_, says) => {
    const id = await open();
    bench.says = says;
    expect(await submit(id, 'words')).toMatchObject({ warning: expect.stringMatching(/^We had some trouble connecting\. Try again\?/) as string });
    expect([shown()?.id, bench.got.length]).toEqual([id, 1]);
  });
  test('by somebody else is none', async () => {
    expect([await submit(await open(), 'words', { user: 'U0SAM' }), bench.got]).toEqual([404, []]);
  });
  test('is closed without the app, unless it asked to be told', async () => {
    expect([await page('close', { user: 'U0ALEX', view: await open() }), shown(), bench.got]).toEqual([{}, undefined, []]);
    await page('close', { user: 'U0ALEX', view: await open({ notify_on_close: true }) });
    expect(bench.got.map(({ payload }) => [payload['type'], payload['is_cleared'], 'trigger_id' in payload])).toEqual([
      ['view_closed', false, false],
    ]);
  });
  test('with a button sends a press of that view', async () => {
    const id = await open({ blocks: [actions()], submit: undefined });
    expect(await page('press', { user: 'U0ALEX', view: id, block: 'a', action: 'go' })).toEqual({});
    expect(bench.got[0]?.payload).toMatchObject({ type: 'block_actions', container: { type: 'view', view_id: id }, view: { id } });
  });
});
