import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { elapsedMs, type Clock } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { InvokeResult } from '../lambda/pool.ts';
import { bytesOf, closeServer, listen } from '../loopback.ts';

/**
 * API Gateway's HTTP API for the approvals endpoint: its IAM authorizer before the route of answers, which nothing passes unsigned, and none before
 * the route of Slack, where it is deployed.
 */

export interface ApprovalsApi {
  readonly url: string;
  close(): Promise<void>;
}

export interface ApprovalsApiOptions {
  readonly region: string;
  readonly clock: Clock;
  /** Whose access key it is. */
  readonly holder: (accessKeyId: string) => { arn: string; secretAccessKey: string } | undefined;
  readonly invoke: (event: unknown) => Promise<InvokeResult>;
  /** What stands behind `POST /slack`. */
  readonly invokeSlack?: ((event: unknown) => Promise<InvokeResult>) | undefined;
  readonly throttle?: { readonly perSecond: number; readonly burst: number };
}

/** What the gateway answers by itself. */
class Gateway extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const answersRoute = 'POST /answers';
const slackRoute = 'POST /slack';
/** As template.yaml throttles by default. */
export const defaultThrottle = { perSecond: 5, burst: 10 };
const maxBodyBytes = 10_485_760;
const longestSkewMs = 300_000;
const forbidden = (): Gateway => new Gateway(403, 'Forbidden');

const authorization = new RegExp(
  [
    '^AWS4-HMAC-SHA256 Credential=(?<key>[A-Za-z0-9]{4,128})/(?<day>[0-9]{8})/(?<region>[a-z0-9-]+)/(?<service>[a-z0-9-]+)/aws4_request',
    'SignedHeaders=(?<names>[a-z0-9;-]+)',
    'Signature=(?<signature>[a-f0-9]{64})$',
  ].join(', ?'),
);
const amzDate = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value ?? '')]));

/** Whose signature it is. @throws Gateway 403 unless it is a signature of exactly this request, made within five minutes. */
const callerOf = async (request: IncomingMessage, body: Buffer, options: ApprovalsApiOptions): Promise<{ accessKeyId: string; arn: string }> => {
  const headers = headersOf(request);
  const given = authorization.exec(headers['authorization'] ?? '')?.groups ?? {};
  const { key: accessKeyId = '', day = '', region = '', service = '', names = '', signature = '' } = given;
  const [date = '', ...parts] = amzDate.exec(headers['x-amz-date'] ?? '') ?? [];
  const holder = options.holder(accessKeyId);
  if (!holder || date === '' || service !== 'execute-api' || region !== options.region || !date.startsWith(day)) throw forbidden();
  const [year = 0, month = 1, ...rest] = parts.map(Number);
  const signedMs = Date.UTC(year, month - 1, ...rest);
  if (Math.abs(options.clock.epochMs() - signedMs) > longestSkewMs) throw forbidden();
  const signed = names.split(';');
  if (!signed.includes('host') || !signed.includes('x-amz-date')) throw forbidden();
  // The hash of the body is made anew: the one in the header is only what the caller says.
  const kept = Object.fromEntries(signed.filter((name) => name !== 'x-amz-content-sha256').map((name) => [name, headers[name] ?? '']));
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    applyChecksum: signed.includes('x-amz-content-sha256'),
    credentials: { accessKeyId, secretAccessKey: holder.secretAccessKey },
  });
  const [path = '/'] = (request.url ?? '/').split('?');
  const again = await signer.sign(new HttpRequest({ method: request.method ?? '', path, headers: kept, body }), { signingDate: new Date(signedMs) });
  const expected = authorization.exec(again.headers['authorization'] ?? '')?.groups ?? {};
  if (expected['names'] !== names || !timingSafeEqual(Buffer.from(expected['signature'] ?? ''), Buffer.from(signature))) throw forbidden();
  return { accessKeyId, arn: holder.arn };
};

const isText = (type: string | undefined): boolean => /^(text\/|application\/(json|xml|javascript)\b)/.test(type ?? '');

const iamOf = (caller: { accessKeyId: string; arn: string }, account: string): Record<string, unknown> => ({
  accessKey: caller.accessKeyId,
  accountId: account,
  callerId: `AROALOCAL:${caller.arn.split('/').at(-1) ?? ''}`,
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: caller.arn,
  userId: `AROALOCAL:${caller.arn.split('/').at(-1) ?? ''}`,
});

/** The event in payload format 2.0. */
const eventOf = (
  request: IncomingMessage,
  body: Buffer,
  of: { routeKey: string; caller: { accessKeyId: string; arn: string } | null; clock: Clock },
): Record<string, unknown> => {
  const { routeKey, caller, clock } = of;
  const headers = headersOf(request);
  const [rawPath = '', rawQueryString = ''] = (request.url ?? '').split('?');
  const account = caller?.arn.split(':')[4] ?? 'local';
  const text = isText(headers['content-type']);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    headers,
    requestContext: {
      accountId: account,
      apiId: 'local',
      ...(caller ? { authorizer: { iam: iamOf(caller, account) } } : {}),
      domainName: headers['host'],
      domainPrefix: 'local',
      http: { method: request.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: headers['user-agent'] ?? '' },
      requestId: randomHex(8),
      routeKey,
      stage: '$default',
      timeEpoch: clock.epochMs(),
    },
    body: body.toString(text ? 'utf8' : 'base64'),
    isBase64Encoded: !text,
  };
};

const integrationResponse = z.looseObject({
  statusCode: z.number().int().min(100).max(599),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** A bucket of tokens, as API Gateway throttles a route. */
const throttleOf = ({ perSecond, burst }: { perSecond: number; burst: number }, clock: Clock): (() => boolean) => {
  let tokens = burst;
  let lastMs = clock.steadyMs();
  return () => {
    const nowMs = clock.steadyMs();
    tokens = Math.min(burst, tokens + (elapsedMs(lastMs, nowMs) * perSecond) / 1_000);
    lastMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};

const sendError = (response: ServerResponse, error: unknown): void => {
  const { status, message } = error instanceof Gateway ? error : new Gateway(500, 'Internal Server Error');
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
};

export const startApprovalsApi = async (options: ApprovalsApiOptions): Promise<ApprovalsApi> => {
  const { clock } = options;
  const mayPass = throttleOf(options.throttle ?? defaultThrottle, clock);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const routeKey = `${request.method} ${(request.url ?? '').split('?')[0]}`;
    const invokeSlack = routeKey === slackRoute ? options.invokeSlack : undefined;
    if (routeKey !== answersRoute && !invokeSlack) throw new Gateway(404, 'Not Found');
    if (!mayPass()) throw new Gateway(429, 'Too Many Requests');
    const body = await bytesOf(request, maxBodyBytes, () => new Gateway(413, 'Request Entity Too Large'));
    const caller = invokeSlack ? null : await callerOf(request, body, options);
    const result = await (invokeSlack ?? options.invoke)(eventOf(request, body, { routeKey, caller, clock }));
    const found = integrationResponse.safeParse(result.ok ? result.payload : undefined);
    if (!found.success) throw new Gateway(500, 'Internal Server Error');
    const { statusCode, headers, body: text, isBase64Encoded } = found.data;
    response.writeHead(statusCode, headers).end(Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8'));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      sendError(response, error);
    });
  });
  return { url: await listen(server), close: () => closeServer(server) };
};
