import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpAnswers } from '../../aws/answers.ts';
import type { AnswerRequest } from '../../core/answer.ts';
import { epochMs, type Clock } from '../../core/time.ts';
import { answer, read } from '../../functions/answer.ts';
import { answer as contract } from '../../functions/contract.ts';
import { httpHandlerOf } from '../../functions/shared/http.ts';
import { defaultThrottle, startApprovalsApi, type ApprovalsApi, type ApprovalsApiOptions } from '../../local/aws/approvals-api.ts';
import type { InvokeResult } from '../../local/lambda/pool.ts';
import { systemClock } from '../../runtime/clock.ts';
import { alex, recordOf, sam, v } from '../support/core.ts';
import { makersOf, World } from '../support/deps.ts';
import { authorizationOf } from '../support/sigv4.ts';

/** The client, the gateway that checks its signature, and the real handler behind it. */

const region = 'eu-central-1';
const id = 'a'.repeat(32);
const holders: Readonly<Record<string, { arn: string; secretAccessKey: string }>> = {
  AKALEX: { arn: alex, secretAccessKey: 'alex-secret' },
  AKSAM: { arn: sam, secretAccessKey: 'sam-secret' },
};
const alexKeys = { accessKeyId: 'AKALEX', secretAccessKey: 'alex-secret' };
const request: AnswerRequest = { validator: v, purpose: 'approval', answer: 'approve', plan: 'f'.repeat(12) };

let api: ApprovalsApi;
let world: World;
let events: Record<string, unknown>[] = [];

const open = async (of: Partial<ApprovalsApiOptions> = {}): Promise<void> => {
  world = new World();
  world.approvals.set(id, recordOf({ expiresAtMs: 2_000_000_000_000, quorum: 2, token: 'task-token' }));
  events = [];
  const handler = httpHandlerOf({ name: 'Answer', ...contract }, read, answer, makersOf(world.deps()));
  const invoke = async (event: unknown): Promise<InvokeResult> => {
    events.push(event as Record<string, unknown>);
    return { ok: true, payload: await handler(event, { getRemainingTimeInMillis: () => 10_000 }, undefined as never) };
  };
  api = await startApprovalsApi({ region, clock: systemClock, holder: (key) => holders[key], invoke, ...of });
};
const clientOf = (keys = alexKeys, of: { clock?: Clock; region?: string } = {}): HttpAnswers =>
  new HttpAnswers({ url: api.url, region: of.region ?? region, clock: of.clock ?? systemClock, credentials: async () => keys });
const decided = (): string[] => (world.approvals.get(id)?.decisions ?? []).map(({ by }) => by);

/** A request signed by hand, then changed. */
const post = async (change: {
  path?: string;
  method?: string;
  signed?: Record<string, string>;
  sent?: Record<string, string | null>;
  body?: string;
  service?: string;
  keys?: typeof alexKeys;
}): Promise<{ status: number; body: unknown }> => {
  const { method = 'POST', path = '/answers', keys = alexKeys, service = 'execute-api' } = change;
  const body = JSON.stringify(request);
  const date = new Date(systemClock.epochMs()).toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = { host: new URL(api.url).host, 'content-type': 'application/json', 'x-amz-date': date, ...change.signed };
  const authorization = authorizationOf({ method, path, headers, body }, { ...keys, region, service });
  const all = Object.entries({ ...headers, authorization, ...change.sent }).filter((one): one is [string, string] => one[1] !== null);
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: Object.fromEntries(all),
    body: method === 'GET' ? null : (change.body ?? body),
  });
  return { status: response.status, body: await response.json() };
};

beforeEach(() => open());
afterEach(() => api.close());

describe('a signed answer', () => {
  test('is counted for whose key it is', async () => {
    expect(await clientOf().give(request)).toEqual({ state: 'pending', counted: 1, quorum: 2, execution: 'one', validator: 'hub-1' });
    expect(decided()).toEqual([alex]);
    expect(events[0]).toMatchObject({
      version: '2.0',
      routeKey: 'POST /answers',
      requestContext: { authorizer: { iam: { userArn: alex, accessKey: 'AKALEX' } }, http: { method: 'POST', path: '/answers' } },
      body: JSON.stringify(request),
      isBase64Encoded: false,
    });
  });
  test('may be signed by any right implementation, and its body may be of any type', async () => {
    expect(await post({ signed: { 'content-type': 'application/octet-stream' } })).toMatchObject({ status: 200 });
    expect(events[0]).toMatchObject({ isBase64Encoded: true, body: Buffer.from(JSON.stringify(request)).toString('base64') });
    expect(decided()).toEqual([alex]);
  });
  test('that is sent again is counted once', async () => {
    const signed = { 'x-note': 'kept' };
    const [first, second] = [await post({ signed }), await post({ signed })];
    expect([first.status, second]).toEqual([200, first]);
    expect(decided()).toEqual([alex]);
  });
  test('of two people closes it', async () => {
    await clientOf().give(request);
    expect(await clientOf({ accessKeyId: 'AKSAM', secretAccessKey: 'sam-secret' }).give(request)).toMatchObject({ state: 'approved', counted: 2 });
    expect(world.handed.map(({ token }) => token)).toEqual(['task-token']);
  });
  test('that is refused is told with its code', async () => {
    await expect(clientOf().give({ ...request, plan: 'e'.repeat(8) })).rejects.toMatchObject({ code: 'PlanChanged', field: 'plan' });
  });
});

describe('what is not signed by a known key reaches nobody', () => {
  test.each<[string, { accessKeyId: string; secretAccessKey: string }]>([
    ['another secret', { accessKeyId: 'AKALEX', secretAccessKey: 'sam-secret' }],
    ['an unknown key', { accessKeyId: 'AKNOBODY', secretAccessKey: 'alex-secret' }],
  ])('%s', async (_, keys) => {
    await expect(clientOf(keys).give(request)).rejects.toMatchObject({
      code: 'ApproverNotAllowed',
      message: 'the approvals endpoint answers 403 "Forbidden"',
    });
    expect(events).toEqual([]);
  });
  test('another Region', async () => {
    await expect(clientOf(alexKeys, { region: 'us-east-1' }).give(request)).rejects.toMatchObject({ code: 'ApproverNotAllowed' });
  });
  test.each([
    [-301_000, false],
    [-290_000, true],
    [290_000, true],
    [301_000, false],
  ])('a clock that is %i ms off: %s', async (offMs, taken) => {
    const clock = { ...systemClock, epochMs: () => epochMs(systemClock.epochMs() + offMs) };
    const given = clientOf(alexKeys, { clock }).give(request);
    if (taken) expect(await given).toMatchObject({ counted: 1 });
    else await expect(given).rejects.toMatchObject({ code: 'ApproverNotAllowed' });
  });
  const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
  const forged = JSON.stringify({ ...request, answer: 'deny' });
  test.each<[string, Parameters<typeof post>[0]]>([
    ['a body that was changed', { body: forged }],
    ['a body that was changed, with the hash of the first', { signed: { 'x-amz-content-sha256': hashOf(JSON.stringify(request)) }, body: forged }],
    ['no signature', { sent: { authorization: null } }],
    ['a signature that is none', { sent: { authorization: 'AWS4-HMAC-SHA256 Credential=AKALEX/20260101/x/y/aws4_request' } }],
    ['no date', { sent: { 'x-amz-date': null } }],
    ['a date that was changed', { sent: { 'x-amz-date': '20261125T073005Z' } }],
    ['a header that was changed', { signed: { 'x-note': 'a' }, sent: { 'x-note': 'b' } }],
    ['a signature for another service', { service: 'sts' }],
    ['a query that was not signed', { path: '/answers?by=x' }],
  ])('%s', async (_, change) => {
    expect(await post(change)).toEqual({ status: 403, body: { message: 'Forbidden' } });
    expect(events).toEqual([]);
  });
  test('a signature that leaves the host out', async () => {
    const date = new Date(systemClock.epochMs()).toISOString().replace(/[-:]|\.\d+/g, '');
    const body = JSON.stringify(request);
    const headers = { 'x-amz-date': date };
    const authorization = authorizationOf({ method: 'POST', path: '/answers', headers, body }, { ...alexKeys, region, service: 'execute-api' });
    const response = await fetch(`${api.url}/answers`, { method: 'POST', headers: { ...headers, authorization }, body });
    expect([response.status, events]).toEqual([403, []]);
  });
});

describe('the gateway', () => {
  test.each([
    ['GET', '/answers'],
    ['POST', '/'],
    ['POST', '/answers/1'],
    ['PUT', '/answers'],
  ])('%s %s is no route', async (method, path) => {
    expect(await post({ method, path })).toEqual({ status: 404, body: { message: 'Not Found' } });
  });
  test('throttles, and the client waits and tries again', async () => {
    await api.close();
    await open({ throttle: { perSecond: 3, burst: 1 } });
    await post({});
    expect((await post({})).status).toBe(429);
    expect(await clientOf().give(request)).toMatchObject({ counted: 1 });
  });
  test('by default throttles as the template does', () => {
    const template = readFileSync(join(import.meta.dirname, '..', '..', 'template.yaml'), 'utf8');
    expect(/ApprovalsPerSecond:\n(?: +.*\n)*? +Default: (\d+)/.exec(template)?.[1]).toBe(String(defaultThrottle.perSecond));
    expect(/ThrottlingBurstLimit: (\d+)/.exec(template)?.[1]).toBe(String(defaultThrottle.burst));
  });
  test.each<[string, InvokeResult]>([
    ['a function that fails', { ok: false, errorType: 'Runtime.ExitError', errorMessage: 'secret' }],
    ['a function that answers something else', { ok: true, payload: { sentence: 'Done.' } }],
  ])('tells of %s nothing but that', async (_, result) => {
    await api.close();
    await open({ invoke: async () => result });
    expect(await post({})).toEqual({ status: 500, body: { message: 'Internal Server Error' } });
    await expect(clientOf().give(request)).rejects.toMatchObject({ code: 'WorkflowFailed' });
  });
  test('passes base64 on as bytes', async () => {
    await api.close();
    const body = Buffer.from('{"ü":1}').toString('base64');
    await open({ invoke: async () => ({ ok: true, payload: { statusCode: 418, body, isBase64Encoded: true } }) });
    expect(await post({})).toEqual({ status: 418, body: { ü: 1 } });
  });
});

test('a client that hears nothing gives up each try after its time, and tells that it may have been counted', async () => {
  await api.close();
  let asked = 0;
  await open({
    invoke: () => {
      asked += 1;
      return new Promise(() => undefined);
    },
  });
  // Twenty seconds pass in fifty milliseconds.
  const clock: Clock = { ...systemClock, timeout: () => AbortSignal.timeout(50), sleep: async () => undefined };
  await expect(clientOf(alexKeys, { clock }).give(request)).rejects.toMatchObject({
    code: 'LeaseUnreachable',
    message: expect.stringMatching(/^the approvals endpoint gives no answer: TimeoutError: /) as string,
  });
  expect(asked).toBe(3);
});

test('a client of an endpoint that is gone tells so', async () => {
  await api.close();
  const clock: Clock = { ...systemClock, sleep: async () => undefined };
  await expect(clientOf(alexKeys, { clock }).give(request)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
  await open();
});
