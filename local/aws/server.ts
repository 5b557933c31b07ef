import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bytesOf, closeServer, listen } from '../loopback.ts';

/** The AWS protocols that the SDK clients speak, on loopback: JSON 1.0/1.1 by X-Amz-Target, and the query protocol. */

export interface Caller {
  readonly arn: string;
}

/** An error as the service would answer it. */
export class ServiceError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Service {
  /** `AWSStepFunctions`, `AmazonSSM`, `TrentService`; for the query protocol the API version. */
  readonly target: string;
  /** For JSON services the result; for query services the inner XML of the answer. */
  handle(action: string, input: Record<string, unknown>, caller: Caller): Promise<unknown>;
}

/** One call as it came in. */
export interface Call {
  readonly caller: Caller;
  /** As the SDK names it: DynamoDB, SFN, KMS and so on, by `target`. */
  readonly target: string;
  readonly action: string;
  readonly input: Record<string, unknown>;
}
/** @throws ServiceError when it must not be served. */
export type OnCall = (call: Call) => void | Promise<void>;

export interface AwsServer {
  readonly endpoint: string;
  /** Credentials that make their caller known as `arn`. */
  principal(arn: string): { accessKeyId: string; secretAccessKey: string };
  /** Whose key it is. @throws ServiceError when it is nobody's. */
  callerOf(accessKeyId: string): Caller;
  /** Whose access key it is. */
  holder(accessKeyId: string): { arn: string; secretAccessKey: string } | undefined;
  close(): Promise<void>;
}

/** A text field of a request; empty when it is not there. */
export const textOf = (input: Record<string, unknown>, name: string): string => (typeof input[name] === 'string' ? input[name] : '');

export const rootArn = 'arn:aws:iam::123456789012:root';
const maxBodyBytes = 4_000_000;

export const bodyOf = async (request: IncomingMessage): Promise<string> =>
  (await bytesOf(request, maxBodyBytes, () => new ServiceError('RequestEntityTooLarge', 'the body is too large'))).toString('utf8');

export const accessKeyOf = (request: IncomingMessage): string => /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';

const escapeXml = (text: string): string => text.replace(/[<>&'"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Turns `A.1.B=c` pairs into a flat record; the services read the keys they know. */
const queryInput = (body: string): { action: string; version: string; input: Record<string, unknown> } => {
  const pairs = Object.fromEntries(new URLSearchParams(body));
  return { action: pairs['Action'] ?? '', version: pairs['Version'] ?? '', input: pairs };
};

const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value ?? {}));
};

const sendXml = (response: ServerResponse, status: number, xml: string): void => {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(`<?xml version="1.0"?>${xml}`);
};

/** Access keys, and whose they are. */
const principals = (): Pick<AwsServer, 'principal' | 'callerOf' | 'holder'> => {
  const known = new Map<string, string>([['AKLOCALROOT', rootArn]]);
  return {
    principal: (arn) => {
      const own = [...known].find(([, value]) => value === arn)?.[0];
      const accessKeyId = own ?? `AKLOCAL${String(known.size).padStart(6, '0')}`;
      known.set(accessKeyId, arn);
      return { accessKeyId, secretAccessKey: 'local' };
    },
    callerOf: (accessKeyId) => {
      const arn = known.get(accessKeyId);
      if (arn === undefined) throw new ServiceError('UnrecognizedClientException', 'the access key is not known');
      return { arn };
    },
    holder: (accessKeyId) => {
      const arn = known.get(accessKeyId);
      return arn === undefined ? undefined : { arn, secretAccessKey: 'local' };
    },
  };
};

export const startAwsServer = async (services: readonly Service[], onCall?: OnCall): Promise<AwsServer> => {
  const callers = principals();
  const byTarget = new Map(services.map((service) => [service.target, service]));
  const serve = async (service: Service, request: IncomingMessage, action: string, input: Record<string, unknown>): Promise<unknown> => {
    const caller = callers.callerOf(accessKeyOf(request));
    await onCall?.({ caller, target: service.target, action, input });
    return service.handle(action, input, caller);
  };
  const handleQuery = async (request: IncomingMessage, response: ServerResponse, body: string): Promise<void> => {
    const { action, version, input } = queryInput(body);
    try {
      const service = byTarget.get(version);
      if (!service) throw new ServiceError('InvalidAction', `no service answers ${action} ${version}`);
      const inner = String(await serve(service, request, action, input));
      sendXml(
        response,
        200,
        `<${action}Response><${action}Result>${inner}</${action}Result>${inner}<requestId>local</requestId></${action}Response>`,
      );
    } catch (error) {
      const code = error instanceof ServiceError ? error.code : 'InternalFailure';
      const told = `<Code>${escapeXml(code)}</Code><Message>${escapeXml((error as Error).message)}</Message>`;
      sendXml(
        response,
        error instanceof ServiceError ? 400 : 500,
        `<Response><Errors><Error>${told}</Error></Errors><Error>${told}</Error><RequestID>local</RequestID></Response>`,
      );
    }
  };
  const handleJson = async (request: IncomingMessage, response: ServerResponse, body: string): Promise<void> => {
    const [target = '', action = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    try {
      const service = byTarget.get(target);
      if (!service) throw new ServiceError('UnknownOperationException', `no service answers ${target}`);
      sendJson(response, 200, await serve(service, request, action, JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>));
    } catch (error) {
      const code = error instanceof ServiceError ? error.code : 'InternalFailure';
      sendJson(response, error instanceof ServiceError ? 400 : 500, { __type: code, message: (error as Error).message });
    }
  };
  const server = createServer((request, response) => {
    bodyOf(request)
      .then((body) => (request.headers['x-amz-target'] === undefined ? handleQuery(request, response, body) : handleJson(request, response, body)))
      .catch(() => {
        response.destroy();
      });
  });
  return { endpoint: await listen(server), ...callers, close: () => closeServer(server) };
};
