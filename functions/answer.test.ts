import { describe, expect, test, vi } from 'vitest';
import { BatonError } from '../core/errors.ts';
import { alex, recordOf, robin, v } from '../test/support/core.ts';
import { makersOf, World } from '../test/support/deps.ts';
import { answer, read } from './answer.ts';
import { answer as contract } from './contract.ts';
import { httpHandlerOf, type HttpResponse } from './shared/http.ts';

const id = 'a'.repeat(32);
const secret = 'task-token-7f3a';
const plan = 'f'.repeat(12);
const asked = { validator: v, purpose: 'approval', answer: 'approve', plan };
const lambda = { getRemainingTimeInMillis: () => 10_000 };

const eventOf = (by: unknown, body: unknown, of: Record<string, unknown> = {}): Record<string, unknown> => ({
  version: '2.0',
  routeKey: 'POST /answers',
  headers: { 'content-type': 'application/json' },
  requestContext: { accountId: '123456789012', authorizer: { iam: { accessKey: 'AK', userArn: by } }, http: { method: 'POST' } },
  body: typeof body === 'string' ? body : JSON.stringify(body),
  isBase64Encoded: false,
  ...of,
});
const waiting = (of: Parameters<typeof recordOf>[0] = {}): World => {
  const world = new World();
  world.approvals.set(id, recordOf({ expiresAtMs: 2_000_000_000_000, token: secret, ...of }));
  return world;
};
const call = async (world: World, event: unknown): Promise<HttpResponse & { told: Record<string, unknown> }> => {
  const handler = httpHandlerOf({ name: 'Answer', ...contract }, read, answer, makersOf(world.deps()));
  const response = (await handler(event, lambda, undefined as never)) as HttpResponse;
  expect(response.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  expect(response.body).not.toContain(secret);
  expect(response.body).not.toMatch(/\.ts:\d|\n\s*at /);
  expect(response.body.length).toBeLessThan(4_000);
  return { ...response, told: JSON.parse(response.body) as Record<string, unknown> };
};

test('an answer that counts is told in five fields', async () => {
  const world = waiting({ createdAtMs: 1_700_000_000_000 - 1_500 });
  const { statusCode, told } = await call(world, eventOf(alex, asked));
  expect([statusCode, told]).toEqual([200, { state: 'approved', counted: 1, quorum: 1, execution: 'one', validator: 'hub-1' }]);
  expect(world.measured.figures).toEqual(['ApprovalWaitMs 1500', 'Done/Answer 1', 'StepMs/Answer 0']);
});

test('a body in base64 is read as well', async () => {
  const body = Buffer.from(JSON.stringify({ ...asked, statement: 'é😀' })).toString('base64');
  const world = waiting({ quorum: 2 });
  expect(await call(world, eventOf(alex, body, { isBase64Encoded: true }))).toMatchObject({
    statusCode: 200,
    told: { state: 'pending', counted: 1 },
  });
  expect(world.approvals.get(id)?.decisions[0]?.statement).toBe('é😀');
});

describe('who answers is whom the authorizer names, and nobody else', () => {
  const strange = 'arn:aws:sts::123456789012:assumed-role/visitor/max';
  test('not the body, not a header, not a query', async () => {
    const world = waiting();
    const headers = { 'x-user-arn': alex, 'x-amz-user-arn': alex, userarn: alex, by: alex };
    const event = eventOf(strange, asked, { headers, queryStringParameters: { by: alex }, by: alex, userArn: alex });
    expect(await call(world, event)).toMatchObject({
      statusCode: 403,
      told: { code: 'ApproverNotAllowed', message: `${strange} is not among the approvers` },
    });
    expect((await call(world, eventOf(strange, { ...asked, by: alex }))).statusCode).toBe(400);
    expect(world.approvals.get(id)?.decisions).toEqual([]);
  });
  test.each<[string, unknown]>([
    ['no request context', { body: JSON.stringify(asked) }],
    ['no authorizer', eventOf(alex, asked, { requestContext: {} })],
    ['another authorizer', eventOf(alex, asked, { requestContext: { authorizer: { jwt: { claims: { sub: alex } }, lambda: { userArn: alex } } } })],
    ['no ARN', eventOf(undefined, asked)],
    ['an empty ARN', eventOf('', asked)],
    ['null', eventOf(null, asked)],
    ['a list', eventOf([alex], asked)],
    ['a name', eventOf('alex', asked)],
    ['an ARN of something else', eventOf('arn:aws:s3:::bucket/alex', asked)],
    ['an ARN without end', eventOf(`${alex}${'x'.repeat(3_000)}`, asked)],
    ['two lines', eventOf(`${alex}\n${alex}`, asked)],
    ['nothing at all', undefined],
    ['no object', 'POST'],
  ])('%s is nobody', async (_, event) => {
    const world = waiting();
    expect(await call(world, event)).toMatchObject({
      statusCode: 401,
      told: { code: 'ApproverNotAllowed', message: 'the request is signed by nobody' },
    });
    expect(world.approvals.get(id)?.decisions).toEqual([]);
    expect(world.measured.figures).toEqual(['Failed/Answer 1', 'StepMs/Answer 0']);
  });
});

describe('what was sent is held to its form', () => {
  const long = (letters: number): string => JSON.stringify({ ...asked, statement: 'x'.repeat(letters) });
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no body', { body: undefined }, /^the request has no body$/],
    ['a body that is no text', { body: asked }, /^the request has no body$/],
    ['a flag that is no flag', { isBase64Encoded: 'yes' }, /^the request has no body$/],
    ['an empty body', { body: '' }, /^the body is not JSON$/],
    ['half of it', { body: JSON.stringify(asked).slice(0, -3) }, /^the body is not JSON$/],
    ['base64 that is not said to be', { body: Buffer.from(JSON.stringify(asked)).toString('base64') }, /^the body is not JSON$/],
    ['bytes that are no text', { body: Buffer.from([0x22, 0xff, 0x22]).toString('base64'), isBase64Encoded: true }, /^the body is not JSON$/],
    ['more than 16 KB', { body: long(16_384) }, /^the body is too long$/],
    ['more than 16 KB in base64', { body: Buffer.from(long(16_384)).toString('base64'), isBase64Encoded: true }, /^the body is too long$/],
    ['far more', { body: long(100_000) }, /^the body is too long$/],
    ['a list', { body: '[]' }, /^body: is a list of 0: /],
    ['a longer statement than a record may hold', { body: long(1_001) }, /^body: statement is "x{79}…: /],
  ])('%s is 400', async (_, change, message) => {
    const { statusCode, told } = await call(waiting(), eventOf(alex, asked, change));
    expect([statusCode, told['code'], told['message']]).toEqual([400, 'InputInvalid', expect.stringMatching(message)]);
  });
  test.each<[string, Record<string, unknown>, string]>([
    ['no plan', { plan: undefined }, 'plan'],
    ['too few digits', { plan: 'fffffff' }, 'plan'],
    ['too many digits', { plan: 'f'.repeat(65) }, 'plan'],
    ['capital letters', { plan: 'F'.repeat(12) }, 'plan'],
    ['another purpose', { purpose: 'failover' }, 'purpose'],
    ['another answer', { answer: 'yes' }, 'answer'],
    ['no validator', { validator: undefined }, 'validator'],
    ['another name', { validator: '../x' }, 'validator'],
    ['an empty statement', { statement: '' }, 'statement'],
    ['one field more', { token: 'x' }, 'body'],
  ])('%s is 400, and is named', async (_, change, field) => {
    expect(await call(waiting(), eventOf(alex, { ...asked, ...change }))).toMatchObject({ statusCode: 400, told: { code: 'InputInvalid', field } });
  });
  test('a name of a field that has no end is not sent back', async () => {
    const { statusCode, body } = await call(waiting(), eventOf(alex, { ...asked, ['k'.repeat(15_000)]: 1 }));
    expect([statusCode, body.length < 1_500]).toEqual([400, true]);
  });
});

describe('every refusal has its status', () => {
  test.each<[number, string, string, (world: World) => void, unknown]>([
    [403, 'ApproverNotAllowed', robin, () => undefined, asked],
    [404, 'ApprovalUnknown', alex, (world) => void world.approvals.clear(), asked],
    [404, 'ApprovalUnknown', alex, () => undefined, { ...asked, purpose: 'attestation', statement: 'x' }],
    [409, 'PlanChanged', alex, () => undefined, { ...asked, plan: 'e'.repeat(12) }],
    [409, 'ApprovalInvalid', alex, (world) => void world.approvals.set(id, recordOf({ state: 'denied', token: secret })), asked],
    [410, 'ApprovalExpired', alex, (world) => void world.approvals.set(id, recordOf({ expiresAtMs: 1, token: secret })), asked],
    [
      410,
      'ApprovalExpired',
      alex,
      (world) => void world.handOver.push(new BatonError('ApprovalExpired', 'too late', { fix: 'baton status' })),
      asked,
    ],
    [503, 'LeaseUnreachable', alex, (world) => void world.down.add('approvals'), asked],
    [503, 'WorkflowFailed', alex, (world) => void world.handOver.push(new BatonError('WorkflowFailed', 'no answer', { fix: 'Again.' })), asked],
    [500, 'LeaseInvalid', alex, (world) => void world.handOver.push(new BatonError('LeaseInvalid', 'by hand', { fix: 'Look.' })), asked],
  ])('%i for %s', async (statusCode, code, by, prepare, body) => {
    const world = waiting();
    prepare(world);
    const response = await call(world, eventOf(by, body));
    expect(response).toMatchObject({ statusCode, told: { code, message: expect.any(String) as string, fix: expect.any(String) as string } });
    expect(world.measured.figures.slice(-2)).toEqual(['Failed/Answer 1', 'StepMs/Answer 0']);
  });
  test('500 for what nobody foresaw, and its words stay in the log', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const world = waiting();
    world.handOver.push(new TypeError(`cannot read ${secret} of undefined`));
    const { statusCode, told } = await call(world, eventOf(alex, asked));
    expect([statusCode, told]).toEqual([
      500,
      { code: 'Unexpected', message: 'an unexpected failure', fix: 'Do it again; if it stays, read the log of this function.' },
    ]);
    logged.mockRestore();
  });
});

test('a second invocation of the same container measures its own time', async () => {
  const world = waiting({ quorum: 2 });
  const handler = httpHandlerOf({ name: 'Answer', ...contract }, read, answer, makersOf(world.deps()));
  await handler(eventOf(alex, asked), lambda, undefined as never);
  await world.clock.run(world.clock.sleep(90_000 as never));
  await handler(undefined, lambda, undefined as never);
  expect(world.measured.figures).toEqual(['Done/Answer 1', 'StepMs/Answer 0', 'Failed/Answer 1', 'StepMs/Answer 0']);
});
