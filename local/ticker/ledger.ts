import { verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { durationMs, type Clock, type SteadyMs } from '../../core/time.ts';
import { closeServer, listen } from '../loopback.ts';
import { publicKeyOf } from '../../runtime/ed25519.ts';

/** A tiny honest chain: a height every half second, one signed duty per height and key, and every equivocation kept as proof. */

const duty = z.strictObject({
  height: z.number().int().min(1),
  node: z.string().max(40),
  publicKey: z.base64().length(44),
  signature: z.base64().max(100),
});
type Duty = z.infer<typeof duty>;

export interface Equivocation {
  readonly height: number;
  readonly nodes: readonly [string, string];
}
export interface Landed {
  readonly height: number;
  readonly node: string;
  readonly atMs: SteadyMs;
}

/** What is signed: the node's own name makes two signers of one height visible as two messages. */
export const dutyMessage = (of: { height: number; node: string }): Buffer => Buffer.from(`ticker/${of.height}/${of.node}`);

const maxBodyBytes = 4_000;

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > maxBodyBytes) throw new Error('too large');
  }
  return text;
};

export class Ledger {
  readonly #clock: Clock;
  readonly #servers: ReturnType<typeof createServer>[] = [];
  readonly #stop = new AbortController();
  readonly #signed = new Map<string, Duty>();
  readonly equivocations: Equivocation[] = [];
  readonly landed: Landed[] = [];
  #height = 1;
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  get height(): number {
    return this.#height;
  }

  /** Listens on `count` ports: as many places from which it can be seen. */
  async start(count: number, tickMs = 500): Promise<string[]> {
    const urls: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const server = createServer((request, response) => {
        this.#serve(request, response).catch(() => {
          response.writeHead(400).end();
        });
      });
      urls.push(await listen(server));
      this.#servers.push(server);
    }
    this.#ticking = this.#tick(tickMs);
    return urls;
  }

  async #tick(tickMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#clock.sleep(durationMs(tickMs), this.#stop.signal).catch(() => undefined);
      this.#height += 1;
    }
  }

  #lastSigned(publicKey: string): number {
    return this.landed.findLast(({ height }) => this.#signed.has(`${publicKey}/${height}`))?.height ?? 0;
  }

  #accept(given: Duty): number {
    const key = publicKeyOf(Buffer.from(given.publicKey, 'base64'));
    if (!verify(null, dutyMessage(given), key, Buffer.from(given.signature, 'base64'))) return 403;
    if (given.height > this.#height || given.height < this.#height - 1) return 409;
    const id = `${given.publicKey}/${given.height}`;
    const before = this.#signed.get(id);
    if (before && before.node !== given.node) this.equivocations.push({ height: given.height, nodes: [before.node, given.node] });
    if (!before) {
      this.#signed.set(id, given);
      this.landed.push({ height: given.height, node: given.node, atMs: this.#clock.steadyMs() });
    }
    return 200;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (value: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    const [, first = '', second = ''] = (request.url ?? '').split('/');
    if (request.method === 'GET' && first === 'head') json({ height: this.#height });
    else if (request.method === 'GET' && first === 'progress') json({ lastSigned: this.#lastSigned(Buffer.from(second, 'hex').toString('base64')) });
    else if (request.method === 'POST' && first === 'duty') response.writeHead(this.#accept(duty.parse(JSON.parse(await bodyOf(request))))).end();
    else response.writeHead(404).end();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ticking;
    for (const server of this.#servers) await closeServer(server);
  }
}
