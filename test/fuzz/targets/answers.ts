import { HttpAnswers } from '../../../aws/answers.ts';
import type { AnswerRequest } from '../../../core/answer.ts';
import { errorCodes } from '../../../core/errors.ts';
import type { Clock } from '../../../core/time.ts';
import { answer, read } from '../../../functions/answer.ts';
import { answer as contract } from '../../../functions/contract.ts';
import { httpHandlerOf, type HttpResponse } from '../../../functions/shared/http.ts';
import { alex, recordOf, v } from '../../support/core.ts';
import { makersOf, World } from '../../support/deps.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import * as check from '../check.ts';
import { executionOf, validator } from '../examples.ts';
import { mutate, mutateText, weirdText, type Plain } from '../mutate.ts';
import { answerWith, restore } from '../replies.ts';
import { canary, hold, same, target, type Outcome, type Target } from '../target.ts';

/** The HTTP event of the approvals endpoint through the real handler, and what its client makes of any reply. */

const statuses = [200, 400, 401, 403, 404, 409, 410, 500, 503];
const lambda = { getRemainingTimeInMillis: () => 10_000 } as never;
const id = 'a'.repeat(32);
const approved = (body: string): string => JSON.stringify({ authorizer: { iam: { userArn: alex } }, body });

const isRequest = check.isShape({
  validator: check.isValidatorId,
  purpose: check.isOneOf('approval', 'attestation'),
  answer: check.isOneOf('approve', 'deny'),
  plan: (value) => typeof value === 'string' && value.length >= 8 && value.length <= 64 && check.isHex(value.length)(value),
  statement: check.maybe(check.isText(1, 1_000)),
});
const isReply = check.isShape({
  state: check.isOneOf('pending', 'approved', 'denied', 'expired'),
  counted: check.isInt(0, 50),
  quorum: check.isInt(1, 10),
  execution: check.isExecution,
  validator: check.isValidatorId,
});
const isFailure = check.isShape({
  code: check.isOneOf(...errorCodes, 'Unexpected'),
  message: check.isText(1, 3_000),
  fix: check.isText(1, 3_000),
  field: check.maybe(check.isText(0, 400)),
});

interface Event {
  readonly event: unknown;
}

const event = target<Event>({
  name: 'answer-event',
  about: 'functions/answer.ts: the HTTP event, from identity and body to the response',
  make: (random, valid) => {
    const asked: Plain = {
      validator,
      purpose: 'approval',
      answer: random.pick(['approve', 'deny']),
      plan: 'f'.repeat(random.between(8, 64)),
      ...(random.once(3) ? { statement: 'I looked at it.' } : {}),
    };
    const changed = valid || random.once(4) ? asked : random.once(3) ? { ...asked, by: alex, userArn: alex } : mutate(random, asked);
    const text = JSON.stringify(changed) ?? '';
    const body = valid || !random.once(5) ? text : random.once(3) ? approved(text) : mutateText(random, text);
    const base64 = random.once(3);
    const found = {
      version: '2.0',
      headers: { 'content-type': 'application/json', 'x-user-arn': alex },
      requestContext: { accountId: '123456789012', authorizer: { iam: { userArn: alex, accessKey: canary } } },
      body: base64 ? Buffer.from(body).toString('base64') : body,
      isBase64Encoded: base64,
    };
    return { event: valid || random.once(2) ? found : random.once(10) ? weirdText(random) : mutate(random, found) };
  },
  run: async ({ event: given }): Promise<Outcome> => {
    const world = new World();
    world.approvals.set(id, recordOf({ validator: v, expiresAtMs: 2_000_000_000_000, token: canary }));
    const handler = httpHandlerOf({ name: 'Answer', ...contract }, read, answer, makersOf(world.deps()));
    const response = (await handler(given, lambda, undefined as never)) as HttpResponse;
    hold(statuses.includes(response.statusCode), `status ${response.statusCode}`);
    hold(!response.body.includes(canary) && !/\bat .*\.ts:/.test(response.body), 'the response tells what is nobody’s business');
    hold(response.body.length < 8_000, `a response of ${response.body.length} letters`);
    const told: unknown = JSON.parse(response.body);
    const decisions = world.approvals.get(id)?.decisions ?? [];
    if (response.statusCode !== 200) {
      check.must(isFailure, told, 'a refusal');
      same([decisions, world.handed], [[], []], 'what a refused request left behind');
      return 'refused';
    }
    check.must(isReply, told, 'a reply');
    const iam = (given as { requestContext: { authorizer: { iam: { userArn: unknown } } } }).requestContext.authorizer.iam;
    same(
      decisions.map(({ by }) => by),
      [iam.userArn],
      'who answered',
    );
    const { body, isBase64Encoded } = given as { body: string; isBase64Encoded?: boolean };
    const asked = JSON.parse(isBase64Encoded === true ? Buffer.from(body, 'base64').toString('utf8') : body) as Plain;
    check.must(isRequest, asked, 'a body');
    same([world.handed.length, world.handed[0]?.token], [1, canary], 'what was handed over');
    return 'accepted';
  },
});

const clock: Clock = Object.assign(new VirtualClock(), { sleep: async () => undefined });
const request: AnswerRequest = { validator: v, purpose: 'approval', answer: 'approve', plan: 'f'.repeat(12) };
const client = new HttpAnswers({
  url: 'https://a.execute-api.eu-west-1.amazonaws.com',
  region: undefined,
  clock,
  credentials: async () => ({ accessKeyId: 'AK', secretAccessKey: canary }),
});

const reply = target<{ status: number; body: string }>({
  name: 'answer-reply',
  about: 'aws/answers.ts: whatever stands at the address of the approvals endpoint',
  make: (random, valid) => {
    const good: Plain = {
      state: random.pick(['pending', 'approved', 'denied']),
      counted: random.below(3),
      quorum: random.between(1, 3),
      execution: executionOf(random),
      validator,
    };
    const bad: Plain = {
      code: random.pick(['PlanChanged', 'Unexpected', '']),
      message: weirdText(random),
      fix: random.once(2) ? 'Read the plan.' : weirdText(random),
      ...(random.once(2) ? { field: weirdText(random) } : {}),
    };
    const gateways: Plain = { message: weirdText(random) };
    if (valid) return { status: 200, body: JSON.stringify(good) };
    const value = random.pick([good, bad, gateways]);
    const text = JSON.stringify(random.once(2) ? value : mutate(random, value)) ?? '';
    return {
      status: random.pick([200, 200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503]),
      body: random.once(3) ? mutateText(random, text) : text,
    };
  },
  run: async ({ status, body }): Promise<Outcome> => {
    answerWith(() => ({ status, body }));
    const found = await client.give(request);
    hold(status === 200, `status ${status} was taken for a reply`);
    check.must(isReply, found, 'a reply');
    same(found, JSON.parse(body), 'the reply');
    same(found.validator, validator, 'the validator');
    return 'accepted';
  },
  close: restore,
});

export const answerTargets: readonly Target[] = [event, reply];
