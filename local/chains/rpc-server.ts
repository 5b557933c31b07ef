import { createServer, type Server } from 'node:http';
import { bytesOf, closeServer, listen } from '../loopback.ts';

/** A JSON-RPC 2.0 endpoint on loopback, strict about what it is asked. */

const maxBytes = 100_000;

export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export type Answer = (method: string, params: unknown) => unknown;

interface Question {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** The reply to one request, as JSON-RPC has it. */
export const replyTo = (text: string, answer: Answer): unknown => {
  let asked: Question;
  try {
    asked = JSON.parse(text) as Question;
  } catch {
    return { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null };
  }
  const { jsonrpc, id, method, params } = asked;
  if (jsonrpc !== '2.0' || typeof method !== 'string') return { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid request' }, id: id ?? null };
  try {
    return { jsonrpc: '2.0', result: answer(method, params), id };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { jsonrpc: '2.0', error: { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) }, id };
  }
};

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** @param get answers GET requests by path; undefined is a 404. */
export const serveRpc = async (answer: Answer, get: (path: string) => unknown = () => undefined): Promise<Endpoint> => {
  const server: Server = createServer((request, response) => {
    const send = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (request.method === 'GET') {
      const found = get(new URL(request.url ?? '/', 'http://x').pathname);
      send(found === undefined ? 404 : 200, found ?? null);
      return;
    }
    bytesOf(request, maxBytes, () => new Error('too large')).then(
      (bytes) => {
        send(200, replyTo(bytes.toString('utf8'), answer));
      },
      () => {
        send(413, null);
      },
    );
  });
  const url = await listen(server);
  return { url, close: () => closeServer(server) };
};
