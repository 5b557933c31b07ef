import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from '../loopback.ts';
import type { Published } from './conflicts.ts';

/** Stands between a validator client and its beacon node, and writes down every vote and block that the client publishes. */

interface Checkpoint {
  readonly epoch: string;
}
interface WireVote {
  readonly aggregation_bits: string;
  readonly data: { readonly slot: string; readonly index: string; readonly source: Checkpoint; readonly target: Checkpoint };
}
interface WireBlock {
  readonly message: { readonly slot: string; readonly proposer_index: string };
}
interface WireDuty {
  readonly validator_index: string;
  readonly slot: string;
  readonly committee_index: string;
  readonly validator_committee_index: string;
}

/** The single bit that is set, of a bit list whose highest bit is its end. */
const bitOf = (hex: string): number => {
  const bits = [...Buffer.from(hex.slice(2), 'hex')].flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> at) & 1));
  bits[bits.lastIndexOf(1)] = 0;
  return bits.indexOf(1);
};

const bytesOf = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

export class RecordingProxy {
  readonly #name: string;
  readonly #target: URL;
  readonly #server = createServer((request, response) => {
    this.#pass(request, response).catch(() => response.destroy());
  });
  /** Who owes the vote of a slot, committee and place; learned from the duties that pass. */
  readonly #owed: Map<string, number>;
  readonly published: Published[] = [];
  /** What was published for a duty that never passed: it could not be told whose it is. */
  unknown = 0;

  /** @param of.owed is shared between proxies: what one has learned holds for all. */
  constructor(of: { name: string; target: string; owed: Map<string, number> }) {
    this.#name = of.name;
    this.#target = new URL(of.target);
    this.#owed = of.owed;
  }

  /** @returns its own URL. */
  start(): Promise<string> {
    return listen(this.#server);
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const path = url.split('?')[0] ?? '';
    const body = method === 'POST' ? await bytesOf(request) : Buffer.alloc(0);
    if (method === 'POST') this.#record(path, body);
    const headers = { ...request.headers, host: this.#target.host, 'accept-encoding': 'identity' };
    await new Promise<void>((resolve, reject) => {
      const onward = httpRequest({ host: this.#target.hostname, port: this.#target.port, method, path: url, headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 502, reply.headers);
        const isDuty = path.startsWith('/eth/v1/validator/duties/attester/');
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => {
          if (isDuty) chunks.push(chunk);
          response.write(chunk);
        });
        reply.on('end', () => {
          if (isDuty) this.#learn(Buffer.concat(chunks));
          response.end();
          resolve();
        });
        reply.on('error', reject);
      });
      onward.on('error', reject);
      // Event streams stay open until the client goes.
      response.on('close', () => onward.destroy());
      onward.end(body);
    });
  }

  #learn(text: Buffer): void {
    try {
      const { data } = JSON.parse(text.toString('utf8')) as { data: WireDuty[] };
      for (const one of data) this.#owed.set(`${one.slot}/${one.committee_index}/${one.validator_committee_index}`, Number(one.validator_index));
    } catch {
      // A refusal has no duties.
    }
  }

  #record(path: string, body: Buffer): void {
    if (path === '/eth/v1/beacon/pool/attestations') for (const one of JSON.parse(body.toString('utf8')) as WireVote[]) this.#recordVote(one);
    if (/^\/eth\/v[12]\/beacon\/blocks$/.test(path)) {
      const { message } = JSON.parse(body.toString('utf8')) as WireBlock;
      const data = JSON.stringify(message);
      this.published.push({ kind: 'block', by: this.#name, validator: Number(message.proposer_index), slot: Number(message.slot), data });
    }
  }

  #recordVote({ aggregation_bits: bits, data }: WireVote): void {
    const validator = this.#owed.get(`${data.slot}/${data.index}/${bitOf(bits)}`);
    if (validator === undefined) {
      this.unknown += 1;
      return;
    }
    this.published.push({
      kind: 'vote',
      by: this.#name,
      validator,
      slot: Number(data.slot),
      source: Number(data.source.epoch),
      target: Number(data.target.epoch),
      data: JSON.stringify(data),
    });
  }
}
