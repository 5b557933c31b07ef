import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formOf, payloadOf, signatureOf, signingSecret, submissionOf } from '../test/support/slack.ts';
import { BatonError } from './errors.ts';
import { buttonValueOf, isFromSlack, metadataOf, requestOf, slackSignatureOf, wrongIn } from './slack.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const nowMs = 1_700_000_000_000;
const other = 'another-signing-secret';
const body = bytes('payload=%7B%7D');
const at = (offsetMs: number, of: { secret?: string; body?: Uint8Array } = {}) => {
  const timestamp = String((nowMs + offsetMs) / 1_000);
  return { timestamp, signature: signatureOf(of.secret ?? signingSecret, timestamp, of.body ?? body), body };
};
const judge = (request: Parameters<typeof isFromSlack>[0], secrets: readonly string[] = [signingSecret]): boolean =>
  isFromSlack(request, { secrets, nowMs });

describe('a signature', () => {
  test('is the one of the example in Slack’s documentation', () => {
    const example =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA' +
      '&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554' +
      '%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
    expect(slackSignatureOf(signingSecret, '1531420618', bytes(example))).toBe(signature);
    const request = { timestamp: '1531420618', signature, body: bytes(example) };
    expect(isFromSlack(request, { secrets: [signingSecret], nowMs: 1_531_420_618_000 })).toBe(true);
  });
  test('is over the bytes, whatever they mean', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.nat(4_000_000_000), (given, secret, seconds) => {
        const timestamp = String(seconds);
        const request = { timestamp, signature: signatureOf(secret, timestamp, given), body: given };
        expect(isFromSlack(request, { secrets: [secret], nowMs: seconds * 1_000 })).toBe(true);
        const longer = { ...request, body: Uint8Array.from([...given, 0]) };
        expect(isFromSlack(longer, { secrets: [secret], nowMs: seconds * 1_000 })).toBe(false);
      }),
    );
  });
  test.each<[string, number, boolean]>([
    ['now', 0, true],
    ['five minutes old', -300_000, true],
    ['of five minutes from now', 300_000, true],
    ['older', -301_000, false],
    ['from further ahead', 301_000, false],
  ])('%s', (_, offsetMs, good) => {
    expect(judge(at(offsetMs))).toBe(good);
  });
  test('may be of either of two secrets, and of none when there is none', () => {
    expect(judge(at(0), [other, signingSecret])).toBe(true);
    expect(judge(at(0, { secret: other }), [signingSecret, other])).toBe(true);
    expect(judge(at(0, { secret: other }))).toBe(false);
    expect(judge(at(0), [])).toBe(false);
  });
  test.each<[string, Partial<ReturnType<typeof at>>]>([
    ['an empty one', { signature: '' }],
    ['one without its version', { signature: at(0).signature.slice(3) }],
    ['one of another version', { signature: at(0).signature.replace('v0', 'v1') }],
    ['one in capitals', { signature: at(0).signature.toUpperCase() }],
    ['a longer one', { signature: `${at(0).signature}0` }],
    ['two', { signature: `${at(0).signature},${at(0).signature}` }],
    ['letters that are longer as bytes', { signature: at(0).signature.replace(/.$/, 'é') }],
    ['another body', { body: bytes('payload=%7B%7D ') }],
    ['another time', { timestamp: String(nowMs / 1_000 + 1) }],
  ])('refuses %s', (_, change) => {
    expect(judge({ ...at(0), ...change })).toBe(false);
  });
  test.each([
    '',
    ' 1700000000',
    '1700000000 ',
    '1700000000\n',
    '1.7e9',
    '0x6553f100',
    '-1700000000',
    '1700000000.0',
    'NaN',
    '1'.repeat(13),
    'x1700000000',
  ])('refuses the time %j, however it is signed', (timestamp) => {
    expect(judge({ timestamp, signature: signatureOf(signingSecret, timestamp, body), body })).toBe(false);
  });
});

const pressed = (of: Readonly<Record<string, unknown>>) => requestOf(bytes(formOf(payloadOf(of))));
const [action] = payloadOf()['actions'] as [Record<string, unknown>];
const failureOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error instanceof BatonError ? { code: error.code, field: error.field, message: error.message, fix: error.fix, cause: error.cause } : error;
  }
};

describe('a press', () => {
  const click = {
    kind: 'click',
    team: 'T0BATON',
    user: 'U0ALEX',
    guest: false,
    asks: 'approve',
    approvalId: 'a'.repeat(32),
    plan: 'f'.repeat(64),
    message: { channel: 'C0BATON', ts: '1700000000.000100' },
    trigger: '1.2.3',
    responseUrl: 'https://hooks.slack.com/actions/T0BATON/1/abc',
  };
  test('is read', () => {
    expect(pressed({})).toEqual(click);
    expect(pressed({ actions: [{ ...action, action_id: 'baton_deny' }] })).toEqual({ ...click, asks: 'deny' });
    expect(pressed({ actions: [{ ...action, action_id: 'baton_attest' }] })).toEqual({ ...click, asks: 'attest' });
  });
  test('of somebody whose workspace is not told is of this one', () => {
    expect(pressed({ user: { id: 'W0ALEX' } })).toEqual({ ...click, user: 'W0ALEX' });
  });
  test('of somebody of another workspace is a guest’s', () => {
    expect(pressed({ user: { id: 'U0ALEX', team_id: 'T0OTHER' } })).toEqual({ ...click, guest: true });
  });
  test('its value is an approval and a plan, and no more', () => {
    const record = { id: '0'.repeat(32), planHash: '1'.repeat(64), token: 'secret' };
    expect(buttonValueOf(record)).toBe(`${'0'.repeat(32)}.${'1'.repeat(64)}`);
  });
  test.each<[string, Record<string, unknown>, string]>([
    ['another kind', { type: 'view_closed' }, 'type'],
    ['a dialog of none', { type: 'view_submission' }, 'view'],
    ['no trigger', { trigger_id: undefined }, 'trigger_id'],
    ['a trigger with more before it', { trigger_id: ' 1.2.3' }, 'trigger_id'],
    ['a trigger with more after it', { trigger_id: '1.2.3 ' }, 'trigger_id'],
    ['a trigger without end', { trigger_id: '1'.repeat(201) }, 'trigger_id'],
    ['no team', { team: null }, 'team'],
    ['a team of another form', { team: { id: 'E0BATON' } }, 'team.id'],
    ['a team with more before it', { team: { id: 'xT0BATON' } }, 'team.id'],
    ['a team with more after it', { team: { id: 'T0BATON/U0' } }, 'team.id'],
    ['a user of another form', { user: { id: 'B0ALEX' } }, 'user.id'],
    ['a user with more before it', { user: { id: 'xU0ALEX' } }, 'user.id'],
    ['a user with more after it', { user: { id: 'U0ALEX/robin' } }, 'user.id'],
    ['a home of another form', { user: { id: 'U0ALEX', team_id: 1 } }, 'user.team_id'],
    ['no message', { container: { type: 'view' } }, 'container.type'],
    ['a channel with more before it', { container: { type: 'message', channel_id: 'xC0BATON', message_ts: '1.1' } }, 'container.channel_id'],
    ['a channel with more after it', { container: { type: 'message', channel_id: 'C0BATON ', message_ts: '1.1' } }, 'container.channel_id'],
    ['a message with more before it', { container: { type: 'message', channel_id: 'C0BATON', message_ts: 'x1.1' } }, 'container.message_ts'],
    ['a message with more after it', { container: { type: 'message', channel_id: 'C0BATON', message_ts: '1.1x' } }, 'container.message_ts'],
    ['no press', { actions: [] }, 'actions'],
    ['two presses', { actions: [action, action] }, 'actions'],
    ['another button', { actions: [{ ...action, action_id: 'baton_release' }] }, 'actions.0.action_id'],
    ['no button', { actions: [{ ...action, type: 'static_select' }] }, 'actions.0.type'],
    ['no value', { actions: [{ ...action, value: undefined }] }, 'actions.0.value'],
    ['fewer digits of the plan', { actions: [{ ...action, value: `${'a'.repeat(32)}.${'f'.repeat(63)}` }] }, 'actions.0.value'],
    ['more before its value', { actions: [{ ...action, value: `0${String(action['value'])}` }] }, 'actions.0.value'],
    ['more after its value', { actions: [{ ...action, value: `${String(action['value'])}0` }] }, 'actions.0.value'],
    ['another separator', { actions: [{ ...action, value: String(action['value']).replace('.', 'x') }] }, 'actions.0.value'],
    ['a reply by plain HTTP', { response_url: 'http://hooks.slack.com/a' }, 'response_url'],
    ['a reply to another host', { response_url: 'https://hooks.slack.com.example.com/a' }, 'response_url'],
    ['a reply to a host below', { response_url: 'https://evil.hooks.slack.com/a' }, 'response_url'],
    ['a reply to a host that looks like it', { response_url: 'https://hooksxslack.com/a' }, 'response_url'],
    ['a reply by another scheme', { response_url: 'xhttps://hooks.slack.com/a' }, 'response_url'],
    ['a reply by a scheme that begins like it', { response_url: 'httpsx://hooks.slack.com/a' }, 'response_url'],
    ['a reply without end', { response_url: `https://hooks.slack.com/${'a'.repeat(480)}` }, 'response_url'],
  ])('with %s is refused', (_, change, field) => {
    expect(failureOf(() => pressed(change))).toMatchObject({ code: 'InputInvalid', field, message: expect.stringMatching(/^payload: /) as string });
  });
  const broken = { code: 'InputInvalid', field: 'body', fix: 'Set the interactivity URL for nothing but the buttons of this app.' };
  test.each<[string, Uint8Array, string]>([
    ['nothing', bytes(''), 'has not one field payload'],
    ['another field', bytes('ssl_check=1'), 'has not one field payload'],
    ['two payloads', bytes(`${formOf(payloadOf())}&${formOf(payloadOf())}`), 'has not one field payload'],
    ['JSON without a form', bytes(JSON.stringify(payloadOf())), 'has not one field payload'],
  ])('that is %s is refused', (_, given, message) => {
    expect(failureOf(() => requestOf(given))).toEqual({ ...broken, message: `the body of Slack ${message}`, cause: undefined });
  });
  test('that is half a payload or no text is refused, with the reason as its cause', () => {
    expect(failureOf(() => requestOf(bytes('payload=%7B')))).toEqual({
      ...broken,
      message: 'the body of Slack holds no JSON',
      cause: expect.any(SyntaxError) as Error,
    });
    const noText = Uint8Array.from([...bytes('payload='), 0xff]);
    expect(failureOf(() => requestOf(noText))).toEqual({ ...broken, message: 'the body of Slack is no text', cause: expect.any(TypeError) as Error });
  });
});

const sent = (of: Parameters<typeof submissionOf>[0]) => requestOf(bytes(formOf(submissionOf(of))));

describe('a dialog that was sent', () => {
  const form = {
    kind: 'form',
    team: 'T0BATON',
    user: 'U0ALEX',
    guest: false,
    approvalId: 'a'.repeat(32),
    plan: 'f'.repeat(64),
    message: { channel: 'C0BATON', ts: '1700000000.000100' },
    statement: 'I pulled the plug of rack 7.',
    validator: 'hub-1',
  };
  test('is read, with the message that it was opened from', () => {
    expect(sent({})).toEqual(form);
    const click = { approvalId: '0'.repeat(32), plan: '1'.repeat(64), message: { channel: 'G0X', ts: '123456789012.123456789' } };
    expect(metadataOf(click)).toBe(`${'0'.repeat(32)}.${'1'.repeat(64)} G0X 123456789012.123456789`);
    expect(sent({ view: { private_metadata: metadataOf(click) } })).toEqual({ ...form, ...click });
  });
  test('of somebody of another workspace is a guest’s', () => {
    expect(sent({ more: { user: { id: 'U0ALEX', team_id: 'T0OTHER' } } })).toEqual({ ...form, guest: true });
  });
  test('what stands around its words does not count, nor what is no letter', () => {
    expect(sent({ statement: ' \n Plug\npulled. \t', validator: ' hub-1 ' })).toEqual({ ...form, statement: 'Plug\npulled.' });
    expect(sent({ statement: 'a\ud800b' })).toEqual({ ...form, statement: 'a\ufffdb' });
    expect(sent({ statement: null, validator: null })).toEqual({ ...form, statement: '', validator: '' });
    expect(sent({ statement: 'x'.repeat(3_000) })).toEqual({ ...form, statement: 'x'.repeat(3_000) });
  });
  const metadata = String((submissionOf({})['view'] as Record<string, unknown>)['private_metadata']);
  const values = { statement: { statement: { type: 'plain_text_input', value: 'x' } } };
  test.each<[string, Parameters<typeof submissionOf>[0], string]>([
    ['no team', { more: { team: null } }, 'team'],
    ['a user of another form', { more: { user: { id: 'B0ALEX' } } }, 'user.id'],
    ['another dialog', { view: { callback_id: 'baton_approve' } }, 'view.callback_id'],
    ['no dialog', { view: { type: 'home' } }, 'view.type'],
    ['nothing kept', { view: { private_metadata: '' } }, 'view.private_metadata'],
    ['more before what is kept', { view: { private_metadata: `0${metadata}` } }, 'view.private_metadata'],
    ['more after what is kept', { view: { private_metadata: `${metadata}x` } }, 'view.private_metadata'],
    ['another separator', { view: { private_metadata: metadata.replace('.', 'x') } }, 'view.private_metadata'],
    ['another channel', { view: { private_metadata: metadata.replace('C0BATON', 'X0BATON') } }, 'view.private_metadata'],
    ['no channel', { view: { private_metadata: metadata.replace('C0BATON', 'C0') } }, 'view.private_metadata'],
    ['a channel without end', { view: { private_metadata: metadata.replace('C0BATON', `C${'0'.repeat(21)}`) } }, 'view.private_metadata'],
    ['a message without end', { view: { private_metadata: `${metadata}0000` } }, 'view.private_metadata'],
    ['a message of long ago or far ahead', { view: { private_metadata: metadata.replace(' 17', ' 10017') } }, 'view.private_metadata'],
    ['a message that is no moment', { view: { private_metadata: metadata.replace('0.0', '0x0') } }, 'view.private_metadata'],
    ['a message without parts', { view: { private_metadata: metadata.replace('.000100', '.') } }, 'view.private_metadata'],
    ['no fields', { view: { state: { values: {} } } }, 'view.state.values.statement'],
    ['one field', { view: { state: { values } } }, 'view.state.values.validator'],
    ['more words than Slack lets through', { statement: 'x'.repeat(3_001) }, 'view.state.values.statement.statement.value'],
  ])('with %s is refused', (_, change, field) => {
    expect(failureOf(() => sent(change))).toMatchObject({ code: 'InputInvalid', field, message: expect.stringMatching(/^payload: /) as string });
  });
  test('with a list for a field is refused', () => {
    const list = { statement: { statement: { type: 'static_select', value: 'x' } }, validator: values.statement };
    expect(failureOf(() => sent({ view: { state: { values: list } } }))).toMatchObject({ field: 'view.state.values.statement.statement.type' });
  });
});

describe('what is wrong in a dialog', () => {
  const wrong = (of: { statement?: string; validator?: string }) => wrongIn({ ...(sent({}) as Parameters<typeof wrongIn>[0]), ...of }, 'hub-1');
  const words = { statement: 'Say what you did, in 10 to 1000 letters.' };
  const name = { validator: 'This is about hub-1. Type exactly that name.' };
  test.each<[{ statement?: string; validator?: string }, Record<string, string>]>([
    [{}, {}],
    [{ statement: 'x'.repeat(10) }, {}],
    [{ statement: 'x'.repeat(1_000) }, {}],
    [{ statement: 'x'.repeat(9) }, words],
    [{ statement: '' }, words],
    [{ statement: 'x'.repeat(1_001) }, words],
    [{ validator: 'hub-2' }, name],
    [{ validator: 'HUB-1' }, name],
    [{ validator: '' }, name],
    [
      { statement: 'Off.', validator: 'hub' },
      { ...words, ...name },
    ],
  ])('%#', (of, found) => {
    expect(wrong(of)).toEqual(found);
  });
});
