import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AnswerReply, AnswerRequest } from '../core/answer.ts';
import { epochMs, steadyMs, type Clock } from '../core/time.ts';
import { run, v } from '../test/support/core.ts';
import { authorizationOf } from '../test/support/sigv4.ts';
import { HttpAnswers, type AnswersOptions } from './answers.ts';

const url = 'https://abc123.execute-api.eu-central-1.amazonaws.com';
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const request: AnswerRequest = { validator: v, purpose: 'approval', answer: 'approve', plan: 'f'.repeat(12), statement: 'é' };
const reply: AnswerReply = { state: 'approved', counted: 1, quorum: 1, execution: run('one'), validator: v };
const failure = { code: 'PlanChanged', message: 'not that one', fix: 'Read the plan.', field: 'plan' };
const again = 'Answer again: an answer is counted once per person.';

interface Sent {
  readonly url: string;
  readonly init: RequestInit & { headers: Record<string, string>; body: string };
}
type Told = Response | Error;
let sent: Sent[] = [];
let slept: number[] = [];
let timeouts: { ms: number; signal: AbortSignal }[] = [];
let nowMs = 0;

const clock: Clock = {
  epochMs: () => epochMs(nowMs),
  steadyMs: () => steadyMs(nowMs),
  sleep: async (length) => {
    slept.push(length);
    nowMs += length;
  },
  timeout: (length) => {
    const { signal } = new AbortController();
    timeouts.push({ ms: length, signal });
    return signal;
  },
};
const json = (status: number, body: unknown): Response => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });

/** What the network answers, try by try; the last for all that follow. */
const answering = (...told: (() => Told)[]): void => {
  vi.stubGlobal('fetch', async (to: URL, init: Sent['init']) => {
    sent.push({ url: to.href, init });
    const found = told[Math.min(sent.length, told.length) - 1]?.();
    if (found instanceof Error) throw found;
    return found;
  });
};
const give = (of: Partial<AnswersOptions> = {}) =>
  new HttpAnswers({ url, region: undefined, clock, credentials: async () => keys, ...of }).give(request);

beforeEach(() => {
  [sent, slept, timeouts, nowMs] = [[], [], [], Date.UTC(2026, 10, 25, 7, 30, 5)];
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

describe('a request', () => {
  test('is one signed POST of the answer, bounded in time, and follows nobody elsewhere', async () => {
    answering(() => json(200, reply));
    expect(await give()).toEqual(reply);
    const body = JSON.stringify(request);
    const headers = {
      host: 'abc123.execute-api.eu-central-1.amazonaws.com',
      'content-type': 'application/json',
      'x-amz-date': '20261125T073005Z',
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    };
    const authorization = authorizationOf(
      { method: 'POST', path: '/answers', headers, body },
      { ...keys, region: 'eu-central-1', service: 'execute-api' },
    );
    expect(sent).toEqual([
      {
        url: `${url}/answers`,
        init: { method: 'POST', headers: { ...headers, authorization }, body, redirect: 'manual', signal: timeouts[0]?.signal },
      },
    ]);
    expect([slept, timeouts.map(({ ms }) => ms)]).toEqual([[], [20_000]]);
  });
  test('carries the session token of a role', async () => {
    answering(() => json(200, reply));
    await give({ credentials: async () => ({ ...keys, sessionToken: 'session' }) });
    expect(sent[0]?.init.headers['x-amz-security-token']).toBe('session');
  });
  test('is signed by whoever the environment says, when nobody is given', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKFROMENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    answering(() => json(200, reply));
    await new HttpAnswers({ url, region: undefined, clock }).give(request);
    expect(sent[0]?.init.headers['authorization']).toContain('Credential=AKFROMENV/20261125/eu-central-1/execute-api/aws4_request');
  });
  test('is not sent when nobody knows who answers', async () => {
    answering(() => json(200, reply));
    const cause = Object.assign(new Error('no credentials'), { name: 'CredentialsProviderError' });
    await expect(give({ credentials: () => Promise.reject(cause) })).rejects.toMatchObject({
      code: 'InputInvalid',
      message: 'AWS does not know who you are: CredentialsProviderError',
      fix: 'Log in (for example: aws sso login) and run it again.',
      cause,
    });
    expect(sent).toEqual([]);
  });
});

describe('the endpoint', () => {
  test.each<[string, string]>([
    ['', 'is not a URL'],
    ['abc123', 'is not a URL'],
    ['ftp://a.execute-api.x-1.amazonaws.com', 'does not begin with https://'],
    ['http://a.execute-api.x-1.amazonaws.com', 'does not begin with https://'],
    ['ftp://127.0.0.1', 'does not begin with https://'],
    [`${url}/prod`, 'is more than https:// and a host'],
    [`${url}/?a=1`, 'is more than https:// and a host'],
    [`${url}/#a`, 'is more than https:// and a host'],
    ['https://me:secret@a.execute-api.x-1.amazonaws.com', 'is more than https:// and a host'],
  ])('%s is refused', (text, reason) => {
    expect(() => new HttpAnswers({ url: text, region: 'x-1', clock })).toThrow(
      expect.objectContaining({
        code: 'InputInvalid',
        message: `BATON_APPROVALS_URL ${reason}`,
        field: 'BATON_APPROVALS_URL',
        fix: 'export BATON_APPROVALS_URL=… (ApprovalsUrl in the outputs of the deployed stack)',
      }) as Error,
    );
  });
  test.each<[string, string | undefined, string, string]>([
    [`${url}/`, 'us-east-1', `${url}/answers`, 'eu-central-1'],
    ['https://a.execute-api.cn-north-1.amazonaws.com.cn', undefined, 'https://a.execute-api.cn-north-1.amazonaws.com.cn/answers', 'cn-north-1'],
    ['https://approvals.example.com', 'us-west-2', 'https://approvals.example.com/answers', 'us-west-2'],
    ['https://execute-api.eu-west-1.example.com', 'us-west-2', 'https://execute-api.eu-west-1.example.com/answers', 'us-west-2'],
    ['http://127.0.0.1:7001', 'us-east-1', 'http://127.0.0.1:7001/answers', 'us-east-1'],
    ['http://[::1]:7001', 'us-east-1', 'http://[::1]:7001/answers', 'us-east-1'],
    ['http://localhost', 'us-east-1', 'http://localhost/answers', 'us-east-1'],
  ])('%s, elsewhere %s', async (text, region, to, signedFor) => {
    answering(() => json(200, reply));
    await give({ url: text, region });
    expect([sent[0]?.url, sent[0]?.init.headers['host']]).toEqual([to, new URL(to).host]);
    expect(sent[0]?.init.headers['authorization']).toContain(`/20261125/${signedFor}/execute-api/`);
  });
  test('that does not tell its Region needs it from the environment', () => {
    expect(() => new HttpAnswers({ url: 'https://approvals.example.com', region: undefined, clock })).toThrow(
      expect.objectContaining({
        code: 'InputInvalid',
        message: 'approvals.example.com does not name its Region',
        field: 'AWS_REGION',
        fix: 'export AWS_REGION=… (where the stack is deployed)',
      }) as Error,
    );
  });
});

describe('another try', () => {
  const lost = new TypeError('fetch failed');
  test.each<[string, () => Told]>([
    ['no answer', () => lost],
    ['429', () => json(429, { message: 'Too Many Requests' })],
    ['503', () => json(503, { code: 'WorkflowFailed', message: 'no answer', fix: 'Answer again.' })],
    ['503 of the gateway', () => json(503, { message: 'Service Unavailable' })],
  ])('is made after %s, twice, each signed anew', async (_, trouble) => {
    answering(trouble, trouble, () => json(200, reply));
    expect(await give()).toEqual(reply);
    expect([slept, timeouts.map(({ ms }) => ms)]).toEqual([
      [500, 2_000],
      [20_000, 20_000, 20_000],
    ]);
    expect(sent.map(({ init }) => init.headers['x-amz-date'])).toEqual(['20261125T073005Z', '20261125T073005Z', '20261125T073007Z']);
    expect(new Set(sent.map(({ init }) => init.signal)).size).toBe(3);
  });
  test('is not made a fourth time: whether it was counted is unknown', async () => {
    answering(() => lost);
    await expect(give()).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'the approvals endpoint gives no answer: TypeError: fetch failed',
      fix: again,
      cause: lost,
    });
    expect(sent.length).toBe(3);
  });
  test('that is refused ends it', async () => {
    answering(
      () => lost,
      () => json(409, failure),
    );
    await expect(give()).rejects.toMatchObject({ code: 'PlanChanged' });
    expect(sent.length).toBe(2);
  });
  test.each([400, 401, 403, 404, 409, 410, 500, 502, 504])('is not made after %i', async (status) => {
    answering(() => json(status, failure));
    await expect(give()).rejects.toMatchObject({ code: 'PlanChanged' });
    expect([sent.length, slept]).toEqual([1, []]);
  });
});

describe('a refusal', () => {
  test('is told as the endpoint tells it', async () => {
    answering(() => json(409, failure));
    await expect(give()).rejects.toMatchObject(failure);
  });
  test.each([
    ['unknown', { ...failure, code: 'Unexpected' }],
    ['not there', { message: failure.message, fix: failure.fix }],
  ])('whose code is %s keeps its words', async (_, body) => {
    answering(() => json(500, body));
    await expect(give()).rejects.toMatchObject({ code: 'WorkflowFailed', message: 'not that one', fix: 'Read the plan.' });
  });
  const allowed = 'Answer in a role that may (aws sts get-caller-identity shows yours), and check the clock of this machine.';
  const mend = 'export BATON_APPROVALS_URL=… (ApprovalsUrl in the outputs of the deployed stack)';
  test.each<[number, unknown, string, string, string]>([
    [401, { message: 'Unauthorized' }, 'ApproverNotAllowed', 'the approvals endpoint answers 401 "Unauthorized"', allowed],
    [403, { message: 'Forbidden' }, 'ApproverNotAllowed', 'the approvals endpoint answers 403 "Forbidden"', allowed],
    [403, { message: 7 }, 'ApproverNotAllowed', 'the approvals endpoint answers 403', allowed],
    [
      404,
      { message: 'Not Found' },
      'InputInvalid',
      'BATON_APPROVALS_URL is not the approvals endpoint: the approvals endpoint answers 404 "Not Found"',
      mend,
    ],
    [500, { message: 'Internal Server Error' }, 'WorkflowFailed', 'the approvals endpoint answers 500 "Internal Server Error"', again],
    [502, '<html>', 'WorkflowFailed', 'the approvals endpoint answers 502', again],
    [302, '', 'WorkflowFailed', 'the approvals endpoint answers 302', again],
    [500, { message: '\u001b[2J' }, 'WorkflowFailed', String.raw`the approvals endpoint answers 500 "\u001b[2J"`, again],
    [500, { message: 'x'.repeat(301) }, 'WorkflowFailed', `the approvals endpoint answers 500 "${'x'.repeat(300)}"`, again],
    [500, { ...failure, message: '' }, 'WorkflowFailed', 'the approvals endpoint answers 500 ""', again],
    [201, reply, 'WorkflowFailed', 'the approvals endpoint answers 201', again],
    [200, '', 'WorkflowFailed', 'the approvals endpoint answers 200', again],
    [200, { ...reply, token: 'x' }, 'WorkflowFailed', 'the approvals endpoint answers 200', again],
    [200, { ...reply, validator: 'hub-2' }, 'WorkflowFailed', 'the approvals endpoint answers 200', again],
    [200, failure, 'WorkflowFailed', 'the approvals endpoint answers 200 "not that one"', again],
  ])('%i %j of somebody else is told in few words', async (status, body, code, message, fix) => {
    answering(() => json(status, body));
    await expect(give()).rejects.toMatchObject({ code, message, fix });
    expect(sent.length).toBe(1);
  });
  test('without a body is still one', async () => {
    answering(() => new Response(null, { status: 500 }));
    await expect(give()).rejects.toMatchObject({ code: 'WorkflowFailed', message: 'the approvals endpoint answers 500' });
  });
});

describe('what comes back is bounded', () => {
  const streamOf = (...chunks: number[]): Response => {
    const text = JSON.stringify(reply);
    let at = 0;
    return new Response(
      new ReadableStream({
        pull: (controller) => {
          const size = chunks[at];
          if (size === undefined) controller.close();
          else controller.enqueue(new TextEncoder().encode(at === 0 ? text.padEnd(size) : ' '.repeat(size)));
          at += 1;
        },
      }),
    );
  };
  test('32 KB in pieces are read', async () => {
    answering(() => streamOf(30_000, 2_768));
    expect(await give()).toEqual(reply);
  });
  test('one byte more is no answer', async () => {
    answering(() => streamOf(30_000, 2_769));
    await expect(give()).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'the approvals endpoint gives no answer: Error: the answer is larger than 32768 bytes',
    });
  });
});
