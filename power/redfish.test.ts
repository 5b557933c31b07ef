import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BatonError } from '../core/errors.ts';
import type { RedfishPower } from '../core/power.ts';
import { proofOfPower } from '../core/power-proof.ts';
import { epochMs, steadyMs, type Clock } from '../core/time.ts';
import { Bmc, uuid } from '../test/support/bmc.ts';
import { selfSigned } from '../test/support/certificate.ts';
import { cedar, fencing, t, v } from '../test/support/core.ts';
import { Redfish, redfishSecret, type RedfishSecret } from './redfish.ts';

/** The real client against a real TLS server that speaks Redfish, also when it turns hostile. */

const [system, sessions] = ['/redfish/v1/Systems/437XR1138R2', '/redfish/v1/SessionService/Sessions'];
const [look, order] = [`GET ${system}`, `POST ${system}/Actions/ComputerSystem.Reset`];
let bmc: Bmc;
let nowMs = 0;
let slept: number[] = [];
let secret: Partial<RedfishSecret> | Error = {};
let loopback = true;
let onSleep: () => void = () => undefined;
/** Real time for the network, none for pauses. */
const clock: Clock = {
  epochMs: () => epochMs(1_764_302_400_000),
  steadyMs: () => steadyMs(nowMs),
  sleep: async (length) => {
    slept.push(length);
    onSleep();
  },
  timeout: () => new AbortController().signal,
};
const never = new AbortController().signal;

beforeEach(async () => {
  [nowMs, slept, secret, loopback, onSleep] = [0, [], {}, true, () => undefined];
  bmc = new Bmc();
  await bmc.start();
});
afterEach(async () => {
  await bmc.close();
});

const client = (): Redfish =>
  new Redfish({
    clock,
    loopback,
    secret: async () => {
      if (secret instanceof Error) throw secret;
      return redfishSecret.parse({ user: bmc.user, password: bmc.password, ...secret });
    },
  });
const askOf = (of: Partial<RedfishPower> = {}, term = 2) => ({ validator: v, node: cedar, term: t(term), power: bmc.power(of) });
const silent = (what: string): AbortSignal => {
  const gone = new AbortController();
  bmc.instead.set(what, 'silence');
  bmc.onSilence = () => {
    gone.abort();
  };
  return gone.signal;
};
const noSecretIn = (text: string): void => {
  for (const one of [bmc.password, 'token-1', Buffer.from(`${bmc.user}:${bmc.password}`).toString('base64')]) expect(text).not.toContain(one);
};

describe('one fence', () => {
  const lease = fencing({ holder: cedar });
  const pass = async (redfish: Redfish, ask = askOf()) => {
    const ordered = await redfish.off(ask, never);
    return proofOfPower(lease, { ask, ordered, said: await redfish.state(ask, never), atMs: 5 });
  };
  test('is ordered, goes through PoweringOff and is proof only when it is Off', async () => {
    const redfish = client();
    expect(await pass(redfish)).toEqual({ outcome: 'none', reason: 'Redfish says PoweringOff; only Off counts' });
    expect(await pass(redfish)).toEqual({ outcome: 'none', reason: 'Redfish says PoweringOff; only Off counts' });
    const host = new URL(bmc.power().url).host;
    expect(await pass(redfish)).toEqual({
      outcome: 'proof',
      evidence: {
        kind: 'powered-off',
        node: cedar,
        term: 2,
        by: `Redfish ${host}`,
        atMs: 5,
        how: `Redfish shows system 437XR1138R2 (UUID ${uuid}) as Off.`,
      },
    });
    expect(bmc.heard.filter((one) => one === order)).toHaveLength(1);
    expect(bmc.tokens.size).toBe(0);
  });
  test('a controller that answers 204 and never turns off is never proof, and is ordered again each five seconds', async () => {
    const redfish = client();
    bmc.afterOrder = ['On'];
    for (nowMs = 0; nowMs < 20_000; nowMs += 2_500)
      expect(await pass(redfish)).toEqual({ outcome: 'none', reason: 'Redfish says On; only Off counts' });
    expect(bmc.heard.filter((one) => one === order)).toHaveLength(4);
  });
  test('202 is a task: its end is seen in the state', async () => {
    const redfish = client();
    [bmc.resetStatus, bmc.afterOrder] = [202, ['On', 'On', 'PoweringOff', 'Off']];
    const outcomes = [];
    for (let count = 0; count < 4; count += 1) outcomes.push((await pass(redfish)).outcome);
    expect(outcomes).toEqual(['none', 'none', 'none', 'proof']);
  });
  test('Off of a time before the order is no proof: it is ordered all the same', async () => {
    [bmc.states, bmc.afterOrder] = [['Off'], ['PoweringOn', 'On']];
    expect(await pass(client())).toEqual({ outcome: 'none', reason: 'Redfish says PoweringOn; only Off counts' });
    expect(bmc.heard).toContain(order);
  });
  test.each([400, 409])('one that is off already may refuse the order with %d', async (status) => {
    [bmc.states, bmc.resetStatus] = [['Off'], status];
    expect((await pass(client())).outcome).toBe('proof');
  });
  test.each([400, 401, 403, 404, 409, 500, 503])('an order that is refused with %d while it is on throws', async (status) => {
    bmc.resetStatus = status;
    await expect(pass(client())).rejects.toThrow(expect.objectContaining({ code: 'PowerFailed', fix: 'baton fence-test hub-1' }) as Error);
  });
  test.each([401, 403, 500, 503])('an order that is refused with %d is no order, also when it is off', async (status) => {
    [bmc.states, bmc.resetStatus] = [['Off'], status];
    await expect(pass(client())).rejects.toThrow(BatonError);
  });
  test('an order of another term, or of another function, does not count', async () => {
    const redfish = client();
    bmc.afterOrder = ['Off'];
    await redfish.off(askOf({}, 1), never);
    expect(bmc.heard.filter((one) => one === order)).toHaveLength(1);
    await redfish.off(askOf(), never);
    await client().off(askOf(), never);
    expect(bmc.heard.filter((one) => one === order)).toHaveLength(3);
  });
  test('once it is off, nothing is ordered again', async () => {
    const redfish = client();
    bmc.afterOrder = ['Off'];
    await pass(redfish);
    nowMs = 60_000;
    expect((await pass(redfish)).outcome).toBe('proof');
    expect(bmc.heard.filter((one) => one === order)).toHaveLength(1);
  });
  test('Off is looked at twice, a second apart', async () => {
    const redfish = client();
    bmc.afterOrder = ['Off', 'On'];
    expect(await pass(redfish)).toEqual({ outcome: 'none', reason: 'Redfish says On; only Off counts' });
    expect(slept).toEqual([1_000]);
  });
});

describe('what is no state', () => {
  const state = async (ask = askOf(), signal = never) => client().state(ask, signal);
  test.each([
    ['another UUID', { UUID: '00000000-7742-3448-3784-823347823834' }],
    ['another Id', { Id: '1' }],
  ])('%s', async (_, change) => {
    [bmc.system, bmc.states] = [change, ['Off']];
    expect(await state()).toEqual({ kind: 'unknown', reason: `Redfish: the system there is another one than 437XR1138R2 with UUID ${uuid}` });
    await expect(client().off(askOf(), never)).rejects.toThrow('another one');
    expect(bmc.heard).not.toContain(order);
  });
  test.each([
    ['no JSON', { status: 200, text: 'Off' }, 'the system is not JSON'],
    ['no state', { status: 200, body: { Id: '437XR1138R2', UUID: uuid } }, 'the system is not as Redfish has it'],
    [
      'a state that is null',
      { status: 200, body: { Id: '437XR1138R2', UUID: uuid, PowerState: null, Actions: {} } },
      'the system is not as Redfish has it',
    ],
    ['too long', { status: 200, text: ' '.repeat(300_000) }, 'the controller gives no answer: its answer is too long'],
    ['not found', { status: 404 }, 'the controller answers the question for the system with status 404'],
    ['a server error', { status: 500, body: { PowerState: 'Off' } }, 'the controller answers the question for the system with status 500'],
    ['a redirect', { status: 302, headers: { location: '/redfish/v1/Systems/1' } }, 'redirect, which is not followed'],
  ])('%s', async (_, reply, reason) => {
    bmc.states = ['Off'];
    bmc.instead.set(look, reply);
    const said = await state();
    expect(said).toEqual({ kind: 'unknown', reason: expect.stringContaining(reason) as string });
    expect(bmc.tokens.size).toBe(0);
  });
  test('silence, at the login and at the look', async () => {
    expect(await state(askOf(), silent(look))).toEqual({ kind: 'unknown', reason: 'Redfish: the controller gives no answer: no answer in time' });
    bmc.instead.clear();
    const said = await state(askOf(), silent(`POST ${sessions}`));
    expect(said).toEqual({ kind: 'unknown', reason: 'Redfish: the controller gives no answer: no answer in time' });
  });
  test('a connection that breaks', async () => {
    bmc.instead.set(look, 'hang up');
    expect(await state()).toEqual({ kind: 'unknown', reason: expect.stringContaining('Redfish: the controller gives no answer: ') as string });
  });
  test('a login that is refused, and a controller whose sessions are all taken', async () => {
    secret = { password: 'wrong password' };
    expect(await state()).toEqual({ kind: 'unknown', reason: 'Redfish: the controller refuses the login (status 401)' });
    [secret, bmc.mostSessions] = [{}, 0];
    expect(await state()).toEqual({ kind: 'unknown', reason: 'Redfish: the controller answers the login with status 503' });
  });
  test('a login without a token', async () => {
    bmc.instead.set(`POST ${sessions}`, { status: 201, body: {} });
    expect(await state()).toEqual({ kind: 'unknown', reason: 'Redfish: the login gives no token' });
  });
  test('a parameter that is not there', async () => {
    secret = new BatonError('ConfigInvalid', '/baton/power/amber is not there', { fix: 'Put it.' });
    expect(await state()).toEqual({ kind: 'unknown', reason: 'Redfish: /baton/power/amber is not there' });
    expect(bmc.heard).toEqual([]);
  });
});

describe('the server', () => {
  test('with another certificate gets no login', async () => {
    const said = await client().state(askOf({ fingerprint: selfSigned().fingerprint }), never);
    expect(said).toEqual({
      kind: 'unknown',
      reason: 'Redfish: the controller gives no answer: it shows another certificate than the configured one',
    });
    expect(bmc.heard).toEqual([]);
  });
  test('without a fingerprint must be vouched for by an authority', async () => {
    const said = await client().state(askOf({ fingerprint: undefined }), never);
    expect(said).toEqual({ kind: 'unknown', reason: 'Redfish: the controller gives no answer: DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(bmc.heard).toEqual([]);
  });
  test('of another address is not called', async () => {
    loopback = false;
    for (const power of [{}, { allowPrivate: true }])
      expect(await client().state(askOf(power), never)).toEqual({
        kind: 'unknown',
        reason: 'Redfish: the controller gives no answer: it leads to an address that may not be called',
      });
    expect(bmc.heard).toEqual([]);
  });
});

describe('the test', () => {
  const tested = async (ask = askOf(), signal = never) => {
    const found = await client().test(ask, signal);
    noSecretIn(JSON.stringify(found));
    expect(bmc.heard).not.toContain(order);
    return found;
  };
  test('logs in, reads the state, finds ForceOff, logs out, and orders nothing', async () => {
    expect(await tested()).toEqual({ works: true, code: 'works', how: 'Redfish shows system 437XR1138R2 as On and offers ForceOff.' });
    expect(bmc.heard).toEqual([`POST ${sessions}`, look, `DELETE ${sessions}/1`]);
  });
  test('by basic authentication where there are no sessions', async () => {
    [bmc.basic, secret] = [true, { auth: 'basic' }];
    expect((await tested()).code).toBe('works');
    expect(bmc.heard).toEqual([look]);
  });
  test('finds ForceOff in the ActionInfo', async () => {
    const info = '/redfish/v1/Systems/437XR1138R2/ResetActionInfo';
    bmc.reset = { '@Redfish.ActionInfo': info };
    const listing = (values: string[]) => ({ status: 200, body: { Parameters: [{ Name: 'ResetType', AllowableValues: values }] } });
    bmc.instead.set(`GET ${info}`, listing(['On', 'ForceOff']));
    expect((await tested()).code).toBe('works');
    bmc.instead.set(`GET ${info}`, listing(['On']));
    expect(await tested()).toEqual({ works: false, code: 'PowerUnusable', how: 'Redfish: it offers no ForceOff.' });
  });
  test.each([
    ['no ForceOff', { 'ResetType@Redfish.AllowableValues': ['On', 'GracefulShutdown'] }, 'it offers no ForceOff'],
    ['no list at all', {}, 'it offers no ForceOff'],
    ['a reset elsewhere', { target: '/redfish/v1/Systems/2/Actions/ComputerSystem.Reset' }, 'the reset it offers is of another system'],
    ['a list elsewhere', { '@Redfish.ActionInfo': 'https://evil.example/' }, 'it describes its reset elsewhere'],
  ])('%s does not work', async (_, reset, how) => {
    bmc.reset = reset;
    expect(await tested()).toEqual({ works: false, code: 'PowerUnusable', how: `Redfish: ${how}.` });
  });
  test('a state that nobody knows does not work', async () => {
    bmc.states = ['Hibernate'];
    expect(await tested()).toEqual({ works: false, code: 'PowerUnusable', how: 'Redfish: it knows no state of its power.' });
  });
  test('tells each trouble by its code', async () => {
    bmc.system = { UUID: '00000000-7742-3448-3784-823347823834' };
    expect((await tested()).code).toBe('PowerOtherMachine');
    [bmc.system, secret] = [{}, { password: 'wrong password' }];
    expect((await tested()).code).toBe('PowerNotAllowed');
    secret = new BatonError('ConfigInvalid', 'is not there', { fix: 'Put it.' });
    expect((await tested()).code).toBe('PowerSecretMissing');
    secret = {};
    expect((await tested(askOf(), silent(look))).code).toBe('PowerUnreachable');
  });
  test('warns of a machine that starts by itself', async () => {
    bmc.system = { PowerRestorePolicy: 'AlwaysOn' };
    expect((await tested()).how).toContain('Its PowerRestorePolicy is AlwaysOn');
    bmc.system = { PowerRestorePolicy: 'AlwaysOff' };
    expect((await tested()).how).not.toContain('PowerRestorePolicy');
  });
});
