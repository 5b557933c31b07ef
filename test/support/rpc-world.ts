import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A JSON-RPC endpoint that can tell the truth, nothing, or nonsense. */

export type Answers = Record<string, unknown>;

/** Ways of an endpoint to answer anything but what was asked. */
export const badWays: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['answering 500', (response) => response.writeHead(500).end()],
  ['answering nonsense', (response) => response.end('<html>')],
  ['answering null', (response) => response.end('null')],
  ['answering without a result', (response) => response.end('{"jsonrpc":"2.0","id":"baton"}')],
  ['answering another question', (response) => response.end('{"jsonrpc":"2.0","id":"other","result":1}')],
  ['answering an older protocol', (response) => response.end('{"id":"baton","result":1}')],
  ['answering an error that is none', (response) => response.end('{"jsonrpc":"2.0","id":"baton","error":"x"}')],
  ['answering a result of another shape', (response) => response.end('{"jsonrpc":"2.0","id":"baton","result":{"a":[]}}')],
  ['redirecting', (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
  [
    'answering without end',
    (response) => {
      for (let count = 0; count < 40; count += 1) response.write('x'.repeat(100_000));
    },
  ],
  ['hanging up', (response) => response.destroy()],
];

export class RpcWorld {
  answers: Answers = {};
  /** By path, for GET. */
  pages: Answers = {};
  bad: ((response: ServerResponse) => void) | null = null;
  readonly asked: { method: string; params: unknown }[] = [];
  url = '';
  #server: Server | null = null;

  async open(): Promise<void> {
    this.#server = createServer((request, response) => {
      if (this.bad) {
        this.bad(response);
        return;
      }
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      request.on('end', () => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify(this.#reply(request.method ?? '', request.url ?? '/', text)));
      });
    }).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #reply(verb: string, path: string, text: string): unknown {
    if (verb === 'GET') return this.pages[path] ?? null;
    const { id, method, params } = JSON.parse(text) as { id: string; method: string; params: unknown };
    this.asked.push({ method, params });
    const answer = this.answers[method];
    if (answer instanceof Error) return { jsonrpc: '2.0', id, error: { code: Number(answer.name), message: answer.message } };
    return { jsonrpc: '2.0', id, result: answer };
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

/** An error of the endpoint, to be answered. */
export const refusal = (code: number, message: string): Error => Object.assign(new Error(message), { name: String(code) });
