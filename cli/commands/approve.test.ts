import { afterEach, describe, expect, test, vi } from 'vitest';
import type { AnswerReply, AnswerRequest } from '../../core/answer.ts';
import { BatonError } from '../../core/errors.ts';
import { hashOf } from '../../core/plan.ts';
import { configOf, recordOf, run, v } from '../../test/support/core.ts';
import { contextFromEnvironment, type Context } from '../context.ts';
import { outputFor } from '../output.ts';
import { answer, type AnswerOptions } from './approve.ts';

const reply: AnswerReply = { state: 'approved', counted: 1, quorum: 1, execution: run('one'), validator: v };
const plan = 'f'.repeat(12);
const approval: AnswerOptions = { answer: 'approve', purpose: 'approval', plan };

/** What was sent, and how often the table was asked what waits. */
const world = (of: { reply?: Partial<AnswerReply>; failure?: Error; waiting?: ReturnType<typeof recordOf> | null } = {}) => {
  const sent: AnswerRequest[] = [];
  const seen = { waiting: 0 };
  const config = configOf();
  const context = {
    records: { readConfig: async () => ({ config, hash: hashOf(config) }) },
    approvals: {
      waiting: async () => {
        seen.waiting += 1;
        return of.waiting === null ? undefined : (of.waiting ?? recordOf());
      },
    },
    answers: {
      give: async (request: AnswerRequest) => {
        sent.push(request);
        if (of.failure) throw of.failure;
        return { ...reply, ...of.reply };
      },
    },
  } as unknown as Context;
  return { context, sent, seen };
};

describe('an answer', () => {
  test.each<[AnswerOptions, Partial<AnswerReply>, string[], Record<string, unknown>]>([
    [approval, {}, ['Approved; the failover goes on.', '  next: baton status hub-1'], { ...reply }],
    [
      { answer: 'approve', purpose: 'attestation', plan, statement: 'I cut its power.' },
      {},
      ['Attested; the failover goes on.', '  next: baton status hub-1'],
      { ...reply },
    ],
    [
      { ...approval, answer: 'deny' },
      { state: 'denied', counted: 0 },
      ['Denied; nothing was changed.', '  next: baton status hub-1'],
      { ...reply, state: 'denied', counted: 0 },
    ],
    [
      approval,
      { state: 'pending', quorum: 2 },
      ['Counted: 1 of 2. Another person must answer too.'],
      { validator: v, state: 'pending', counted: 1, quorum: 2 },
    ],
  ])('%j is sent as it was typed, and what the endpoint says is told', async (options, said, lines, json) => {
    const { context, sent, seen } = world({ reply: said });
    expect(await answer(context, 'hub-1', options)).toEqual({ lines, json });
    expect(sent).toEqual([{ validator: v, ...options }]);
    expect(seen.waiting).toBe(0);
  });
  test('without digits is to the plan that waits now, and to no other', async () => {
    const { context, sent } = world({ waiting: recordOf({ planHash: 'ab'.repeat(32) }) });
    await answer(context, 'hub-1', { answer: 'approve', purpose: 'approval' });
    expect(sent).toEqual([{ validator: v, purpose: 'approval', answer: 'approve', plan: 'ab'.repeat(32) }]);
  });
  test.each<[string, AnswerOptions, ReturnType<typeof recordOf> | null, string]>([
    ['too few digits', { ...approval, plan: 'fffffff' }, recordOf(), 'PlanChanged'],
    ['digits that are none', { ...approval, plan: 'F'.repeat(12) }, recordOf(), 'PlanChanged'],
    ['nothing that waits', { answer: 'approve', purpose: 'approval' }, null, 'ApprovalUnknown'],
    ['something else that waits', { answer: 'approve', purpose: 'attestation', statement: 'x' }, recordOf(), 'ApprovalUnknown'],
    ['a statement without end', { ...approval, statement: 'x'.repeat(1_001) }, recordOf(), 'InputInvalid'],
  ])('to %s is not sent', async (_, options, waiting, code) => {
    const { context, sent } = world({ waiting });
    await expect(answer(context, 'hub-1', options)).rejects.toMatchObject({ code });
    expect(sent).toEqual([]);
  });
  test('that is refused is told in the words of the endpoint', async () => {
    const failure = new BatonError('ApproverNotAllowed', 'who asks for it may not approve it', { fix: 'baton status hub-1' });
    await expect(answer(world({ failure }).context, 'hub-1', approval)).rejects.toBe(failure);
  });
});

describe('the environment', () => {
  const output = outputFor({ json: false, verbose: false });
  const withUrl = (url: string | undefined): Context => {
    vi.stubEnv('BATON_KMS_KEY', 'key');
    vi.stubEnv('BATON_STATE_MACHINE', 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover');
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('BATON_APPROVALS_URL', url);
    return contextFromEnvironment(output);
  };
  const request: AnswerRequest = { validator: v, purpose: 'approval', answer: 'approve', plan };
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  test.each([undefined, ''])('without an endpoint (%j) is enough for all else; an answer says what is missing', async (url) => {
    await expect(withUrl(url).answers.give(request)).rejects.toMatchObject({
      code: 'InputInvalid',
      message: 'BATON_APPROVALS_URL is not set: approve, deny and attest need it',
      field: 'BATON_APPROVALS_URL',
      fix: 'export BATON_APPROVALS_URL=… (ApprovalsUrl in the outputs of the deployed stack)',
    });
  });
  test('with one that is none says so', async () => {
    await expect(withUrl('approvals').answers.give(request)).rejects.toMatchObject({ message: 'BATON_APPROVALS_URL is not a URL' });
  });
  test('with one sends to it, signed for its Region', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKALEX');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const sent: [string, unknown][] = [];
    vi.stubGlobal('fetch', async (url: URL, { headers }: { headers: Record<string, string> }) => {
      sent.push([url.href, headers['authorization']]);
      return new Response(JSON.stringify(reply));
    });
    expect(await withUrl('https://a.execute-api.eu-west-1.amazonaws.com').answers.give(request)).toEqual(reply);
    expect(sent).toEqual([['https://a.execute-api.eu-west-1.amazonaws.com/answers', expect.stringMatching(/AKALEX\/\d{8}\/eu-west-1\/execute-api/)]]);
  });
});
