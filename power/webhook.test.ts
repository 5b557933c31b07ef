import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BatonError } from '../core/errors.ts';
import { proofOfPower } from '../core/power-proof.ts';
import { epochMs, steadyMs, type Clock } from '../core/time.ts';
import { cedar, fencing, t, v } from '../test/support/core.ts';
import { PowerHook, secretOne, secretTwo } from '../test/support/power-hook.ts';
import { signatureOf } from '../relay/webhook.ts';
import { readAnswer, WebhookSwitch } from './webhook.ts';

/** The real client against a real TLS server, also when it lies, repeats itself or is somebody else. */

let hook: PowerHook;
let nowMs = 0;
let count = 0;
let secrets = [secretOne];
let broken: Error | undefined;
const clock: Clock = {
  epochMs: () => epochMs(1_764_302_400_999),
  steadyMs: () => steadyMs(nowMs),
  sleep: async () => undefined,
  timeout: () => new AbortController().signal,
};
const never = new AbortController().signal;

beforeEach(async () => {
  [nowMs, count, secrets, broken] = [0, 0, [secretOne], undefined];
  hook = new PowerHook();
  await hook.start();
});
afterEach(async () => {
  await hook.close();
});

const client = (): WebhookSwitch =>
  new WebhookSwitch({
    clock,
    loopback: true,
    randomHex: (bytes) => {
      count += 1;
      return count.toString(16).padStart(bytes * 2, '0');
    },
    secret: async () => {
      if (broken) throw broken;
      return { secrets };
    },
  });
const ask = () => ({ validator: v, node: cedar, term: t(2), power: hook.power() });
const lease = fencing({ holder: cedar });
const pass = async (by = client()) => {
  const ordered = await by.off(ask(), never);
  return proofOfPower(lease, { ask: ask(), ordered, said: await by.state(ask(), never), atMs: 5 });
};

describe('one fence', () => {
  test('is ordered, and believed when a signed answer to a question of its own says off', async () => {
    expect(await pass()).toEqual({
      outcome: 'proof',
      evidence: {
        kind: 'powered-off',
        node: cedar,
        term: 2,
        by: `webhook ${new URL(hook.power().url).host}`,
        atMs: 5,
        how: `The signed answer of ${new URL(hook.power().url).host} says that the power is off.`,
      },
    });
    expect(hook.heard.map(({ type }) => type)).toEqual(['fence.off', 'fence.state']);
    expect(new Set(hook.heard.map(({ nonce }) => nonce)).size).toBe(2);
    expect(hook.heard[1]).toEqual({
      type: 'fence.state',
      validator: 'hub-1',
      node: cedar,
      term: 2,
      nonce: '0'.repeat(31) + '2',
      at: '2025-11-28T04:00:00.999Z',
    });
  });
  test('an order whose answer says off is no proof while the state says on', async () => {
    hook.change = (answer, { type }) => ({ ...answer, state: type === 'fence.off' ? 'off' : 'on' });
    expect(await pass()).toEqual({ outcome: 'none', reason: 'the webhook says on; only off counts' });
  });
  test.each(['on', 'unknown'])('%s is no proof, and it is ordered again each five seconds', async (state) => {
    hook.afterOrder = state;
    const by = client();
    for (nowMs = 0; nowMs < 10_000; nowMs += 2_500)
      expect(await pass(by)).toEqual({ outcome: 'none', reason: `the webhook says ${state}; only off counts` });
    expect(hook.heard.filter(({ type }) => type === 'fence.off')).toHaveLength(2);
  });
  test('an order that is not answered for this node throws', async () => {
    hook.change = (answer) => ({ ...answer, node: 'i-0a11ce0000000001' });
    await expect(pass()).rejects.toThrow(expect.objectContaining({ code: 'PowerFailed' }) as Error);
  });
});

describe('what is no state', () => {
  const offWith = async (change: (typeof hook)['change'], send: (typeof hook)['send'] = () => ({})) => {
    hook.state = 'off';
    [hook.change, hook.send] = [change, send];
    const said = await client().state(ask(), never);
    return proofOfPower(lease, { ask: ask(), ordered: true, said, atMs: 5 });
  };
  test.each([
    ['of another node', { node: 'i-0a11ce0000000001' }],
    ['of another validator', { validator: 'hub-2' }],
    ['of another term', { term: 1 }],
    ['of another question', { nonce: 'f'.repeat(32) }],
    ['with a word of its own', { state: 'OFF' }],
    ['that is a question', { type: 'fence.state' }],
    ['with more than it should have', { more: 1 }],
  ])('an answer %s', async (_, change) => {
    expect(await offWith((answer) => ({ ...answer, ...change }))).toMatchObject({ outcome: 'none' });
  });
  test.each([
    ['signed with another secret', { secret: secretTwo }, 'its answer is not signed with the secret'],
    ['signed under the name of the question', { id: `msg_${'0'.repeat(31)}1` }, 'its answer is not signed with the secret'],
    ['without a signature', { headers: { 'webhook-signature': '' } }, 'its answer is not signed with the secret'],
    ['with a signature of another text', { headers: { 'webhook-timestamp': '1' } }, 'its answer is not signed with the secret'],
    ['with status 202', { status: 202 }, 'it answers with status 202'],
    ['with status 500', { status: 500 }, 'it answers with status 500'],
    ['with a redirect', { status: 307, headers: { location: '/other' } }, 'it answers with status 307'],
    ['that is not JSON', { text: 'off' }, 'its answer is not JSON'],
    ['without end', { text: ' '.repeat(5_000) }, 'it gives no answer: its answer is too long'],
  ])('an answer %s', async (_, sent, reason) => {
    expect(
      await offWith(
        (answer) => answer,
        () => sent,
      ),
    ).toEqual({ outcome: 'none', reason: `the webhook: ${reason}` });
  });
  test('an answer of before', async () => {
    hook.state = 'off';
    await client().state(ask(), never);
    const first = hook.heard[0];
    hook.change = (answer) => ({ ...answer, nonce: first?.nonce });
    const said = await client().state(ask(), never);
    expect(proofOfPower(lease, { ask: ask(), ordered: true, said, atMs: 5 })).toMatchObject({ outcome: 'none' });
  });
  test('a question that is refused, and a secret that is not there', async () => {
    secrets = [secretTwo];
    expect(await client().state(ask(), never)).toEqual({ kind: 'unknown', reason: 'the webhook: it refuses the signature (status 401)' });
    broken = new BatonError('ConfigInvalid', '/baton/power/amber is not there', { fix: 'Put it.' });
    expect(await client().state(ask(), never)).toEqual({ kind: 'unknown', reason: 'the webhook: /baton/power/amber is not there' });
  });
  test('nobody there', async () => {
    await hook.close();
    expect(await client().state(ask(), never)).toEqual({ kind: 'unknown', reason: 'the webhook: it gives no answer: ECONNREFUSED' });
    await hook.start();
  });
});

describe('secrets', () => {
  test('two are used side by side while one replaces the other', async () => {
    secrets = [secretTwo, secretOne];
    expect((await pass()).outcome).toBe('proof');
  });
  test('an answer counts only under the name of its own question', () => {
    const body = JSON.stringify({ type: 'fence.answer', validator: 'hub-1', node: cedar, term: 2, nonce: 'n', state: 'off' });
    const headers = { 'webhook-id': 'msg_1.answer', 'webhook-timestamp': '7' };
    const signed = signatureOf(secretOne, { id: 'msg_1.answer', seconds: 7, body });
    const reply = { status: 200, headers: { ...headers, 'webhook-signature': `v1,AAAA ${signed}` }, body };
    expect(readAnswer(reply, { secrets: [secretOne], id: 'msg_1' }).state).toBe('off');
    expect(() => readAnswer(reply, { secrets: [secretOne], id: 'msg_2' })).toThrow('not signed');
    expect(() => readAnswer(reply, { secrets: [secretTwo], id: 'msg_1' })).toThrow('not signed');
  });
});

describe('the test', () => {
  const tested = () => client().test(ask(), never);
  test('asks for the state and whether it could cut, and cuts nothing', async () => {
    expect(await tested()).toEqual({ works: true, code: 'works', how: 'The webhook says that the power is on and that it could cut it.' });
    expect(hook.heard.map(({ type }) => type)).toEqual(['fence.test']);
    expect(hook.state).toBe('on');
  });
  test('one that could not, or does not know, does not work', async () => {
    hook.able = false;
    expect(await tested()).toEqual({ works: false, code: 'PowerUnusable', how: 'The webhook: it says that it could not cut the power now.' });
    [hook.able, hook.state] = [true, 'unknown'];
    expect(await tested()).toEqual({ works: false, code: 'PowerUnusable', how: 'The webhook: it does not know the state of the power.' });
    hook.change = ({ able: _, ...answer }) => ({ ...answer, state: 'on' });
    expect((await tested()).works).toBe(false);
  });
  test('tells each trouble by its code, without a secret', async () => {
    hook.change = (answer) => ({ ...answer, node: 'i-0a11ce0000000001' });
    expect((await tested()).code).toBe('PowerOtherMachine');
    hook.send = () => ({ secret: secretTwo });
    const refused = await tested();
    expect(refused.code).toBe('PowerNotAllowed');
    expect(JSON.stringify(refused)).not.toContain('whsec_');
    hook.send = () => ({ status: 503 });
    expect((await tested()).code).toBe('PowerUnreachable');
    broken = new BatonError('ConfigInvalid', 'is not there', { fix: 'Put it.' });
    expect((await tested()).code).toBe('PowerSecretMissing');
  });
});
