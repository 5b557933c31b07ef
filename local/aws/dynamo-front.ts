import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from '../loopback.ts';
import { accessKeyOf, bodyOf, ServiceError, type Caller, type OnCall } from './server.ts';

/** Stands before the local DynamoDB, which knows no callers: each call is judged, then handed on as it came. */

export interface DynamoFront {
  readonly endpoint: string;
  close(): Promise<void>;
}

interface Options {
  readonly upstream: string;
  readonly callerOf: (accessKeyId: string) => Caller;
  readonly onCall: OnCall;
}

const passed = ['content-type', 'x-amz-target', 'authorization', 'x-amz-date', 'x-amz-security-token'];

const forward = async (request: IncomingMessage, response: ServerResponse, { upstream, callerOf, onCall }: Options): Promise<void> => {
  const body = await bodyOf(request);
  const [target = '', action = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  await onCall({ caller: callerOf(accessKeyOf(request)), target, action, input: JSON.parse(body) as Record<string, unknown> });
  const headers = Object.fromEntries(passed.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]])));
  const answer = await fetch(upstream, { method: 'POST', headers, body });
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await answer.text());
};

export const startDynamoFront = async (options: Options): Promise<DynamoFront> => {
  const server = createServer((request, response) => {
    forward(request, response, options).catch((error: unknown) => {
      if (!(error instanceof ServiceError)) {
        response.destroy();
        return;
      }
      const told = JSON.stringify({ __type: `com.amazon.coral.service#${error.code}`, message: error.message });
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(told);
    });
  });
  return { endpoint: await listen(server), close: () => closeServer(server) };
};
