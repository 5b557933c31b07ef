import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { BatonError, type ErrorCode } from '../../core/errors.ts';
import { parseWith } from '../../core/parse.ts';
import type { Deps, Makers } from './deps.ts';
import { frameOf, logged, partsOf, type Act, type Framed, type Verb } from './handler.ts';
import { warmed } from './warm.ts';

/** The frame of a function behind an HTTP API with IAM: who called, what they sent, and an HTTP response also for every error. */

/** Far above the longest answer. */
const maxBodyBytes = 16_384;

/** Nobody stands behind the request: it came past the authorizer. */
class Unidentified extends BatonError {}
export const unidentified = (message: string, fix: string): BatonError => new Unidentified('ApproverNotAllowed', message, { fix });

const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  InputInvalid: 400,
  ApproverNotAllowed: 403,
  ApprovalUnknown: 404,
  PlanChanged: 409,
  ApprovalInvalid: 409,
  ApprovalExpired: 410,
  LeaseUnreachable: 503,
  WorkflowFailed: 503,
};

/** A failure of which the caller is told within an answer of their own form: the function has failed, the request has not. */
export class Told extends BatonError {
  readonly reply: unknown;

  constructor(failure: BatonError, reply: unknown) {
    super(failure.code, failure.message, { fix: failure.fix, cause: failure });
    this.reply = reply;
  }
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Nothing is an empty body. */
const responseOf = (statusCode: number, body: unknown): HttpResponse =>
  body === undefined
    ? { statusCode, headers: always, body: '' }
    : { statusCode, headers: { 'content-type': 'application/json', ...always }, body: JSON.stringify(body) };

const failureOf = (error: unknown): HttpResponse => {
  if (error instanceof Unidentified) return responseOf(401, error);
  if (error instanceof Told) return responseOf(200, error.reply);
  if (error instanceof BatonError) return responseOf(statuses[error.code] ?? 500, error);
  // What else went wrong may hold anything; the log has it.
  return responseOf(500, { code: 'Unexpected', message: 'an unexpected failure', fix: 'Do it again; if it stays, read the log of this function.' });
};

const identified = z.looseObject({
  requestContext: z.looseObject({
    authorizer: z.looseObject({
      iam: z.looseObject({
        userArn: z
          .string()
          .regex(/^arn:[\w-]+:(iam|sts)::\d{12}:\S+$/)
          .max(2_048),
      }),
    }),
  }),
});

/**
 * The caller's ARN as the IAM authorizer tells it. Headers and body are the caller's own words and are never asked.
 * @throws Unidentified
 */
export const callerOf = (event: unknown): string => {
  const found = identified.safeParse(event);
  if (found.success) return found.data.requestContext.authorizer.iam.userArn;
  throw unidentified('the request is signed by nobody', 'Sign it with AWS Signature Version 4, as baton does.');
};

const refused = (message: string, cause?: unknown): BatonError =>
  new BatonError('InputInvalid', message, { field: 'body', fix: 'Send one JSON object of at most 16 KB.', cause });

const withBody = z.looseObject({ body: z.string(), isBase64Encoded: z.boolean().optional() });

/** The bytes that were sent, as they came. @throws BatonError InputInvalid. */
export const bytesOf = (event: unknown, maxBytes: number): Uint8Array<ArrayBuffer> => {
  const found = withBody.safeParse(event);
  if (!found.success) throw refused('the request has no body');
  const { body, isBase64Encoded } = found.data;
  // As text in base64.
  if (body.length > Math.ceil(maxBytes / 3) * 4) throw refused('the body is too long');
  const bytes = Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
  if (bytes.length > maxBytes) throw refused('the body is too long');
  return bytes;
};

/** The JSON that was sent. @throws BatonError InputInvalid. */
export const jsonOf = (event: unknown): unknown => {
  const bytes = bytesOf(event, maxBodyBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refused('the body is not JSON', cause);
  }
};

/** The whole body held to `schema`. @throws BatonError InputInvalid naming the field. */
export const bodyOf = <S extends z.ZodType>(event: unknown, schema: S): z.output<S> =>
  parseWith(schema, jsonOf(event), { what: 'body', code: 'InputInvalid' });

/** What of a result is answered: all but the sentence, which is for the log alone. */
const wholeOf = (result: unknown): unknown => {
  const { sentence: _sentence, ...told } = result as { sentence?: unknown };
  return told;
};

const asResponse = (answerOf: (result: unknown) => unknown) => ({
  after: (request: { response: unknown }): void => {
    request.response = responseOf(200, answerOf(request.response));
  },
  onError: (request: { error: Error | null; response: unknown }): void => {
    request.response = failureOf(request.error);
  },
});

/**
 * A handler around one verb; `read` takes its input from the event. What is answered for an error is no failure of the function to Lambda.
 * @param answerOf the body of an answer, nothing for an empty one.
 */
export const httpHandlerOf = <I extends z.ZodType, O extends z.ZodType, Need extends keyof Deps>(
  verb: Verb<I, O>,
  read: (event: unknown) => z.input<I>,
  act: Act<z.output<I>, z.input<O>, Need>,
  makers: Makers<Need> & Makers<Framed>,
  answerOf: (result: z.output<O>) => unknown = wholeOf,
) => {
  const { framed, deps } = partsOf<Need>(makers);
  const frame = frameOf(verb, act, deps);
  // Hooks run from the last to the first: the log sees the result, then it becomes a response.
  return middy(async (event: unknown, context: Context): Promise<unknown> => frame(read(event), context))
    .use(warmed(deps, verb.warm))
    .use(asResponse(answerOf as (result: unknown) => unknown))
    .use(logged(verb.name, framed));
};
