import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SignOutcome } from './signer.ts';

/** The signer over HTTP, in the API of Web3Signer, on loopback only. */

const maxBodyBytes = 1_000_000;
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error('too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
};

const reply = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const signPath = /^\/api\/v1\/eth2\/sign\/((?:0x)?[0-9a-fA-F]{96})$/;
// A page in a browser on this machine must not reach it by another name.
const ownHost = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/;

/** What is served: its keys, and a signature for each duty that may be signed. */
export interface Served {
  readonly publicKeys: readonly string[];
  readonly sign: (publicKey: string, body: unknown) => SignOutcome | Promise<SignOutcome>;
}

const answer = async (signer: Served, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (!ownHost.test(request.headers.host ?? '')) {
    reply(response, 400, { message: 'not for this host' });
    return;
  }
  if (request.method === 'GET' && path === '/upcheck') {
    reply(response, 200, { status: 'OK' });
    return;
  }
  if (request.method === 'GET' && path === '/api/v1/eth2/publicKeys') {
    reply(response, 200, signer.publicKeys);
    return;
  }
  const key = signPath.exec(path)?.[1];
  if (request.method !== 'POST' || key === undefined) {
    reply(response, 404, { message: 'no such path' });
    return;
  }
  let body: unknown;
  try {
    body = await bodyOf(request);
  } catch {
    reply(response, 400, { message: 'the body is no JSON of a duty' });
    return;
  }
  const outcome = await signer.sign(key, body);
  if (outcome.ok) reply(response, 200, { signature: outcome.signature });
  else reply(response, outcome.status, { message: outcome.reason });
};

/** Serves until the signal. @returns once it listens. @param of.port 0 takes a free one. */
export const serveSigner = async (of: { signer: Served; port: number; signal: AbortSignal }): Promise<{ port: number; ended: Promise<void> }> => {
  const server: Server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs }, (request, response) => {
    answer(of.signer, request, response).catch(() => response.destroy());
  });
  server.listen(of.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ended = once(server, 'close').then(() => undefined);
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  if (of.signal.aborted) stop();
  else of.signal.addEventListener('abort', stop, { once: true });
  return { port, ended };
};
