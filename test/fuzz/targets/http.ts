import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { getJson } from '../../../chains/http.ts';
import { durationMs } from '../../../core/time.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { longLength, mutateText, noise } from '../mutate.ts';
import { restore } from '../replies.ts';
import { hold, same, target, type Outcome } from '../target.ts';

/** The bounded reader: bodies without end, too large, cut, zipped. Most come from an injected response, some over loopback. */

interface Input {
  readonly status: number;
  readonly bytes: Buffer;
  readonly chunk: number;
  readonly trick: 'none' | 'endless' | 'broken' | 'empty' | 'large';
  /** Over a real socket, in this way. */
  readonly wire: 'no' | 'plain' | 'gzip' | 'bomb' | 'redirect' | 'short' | 'drip' | 'garbage';
}

const limit = 2_000_000;
const wires = ['plain', 'gzip', 'bomb', 'redirect', 'short', 'drip', 'garbage'] as const;
const bomb = gzipSync(Buffer.alloc(30_000_000, 0x20));
const never = new AbortController().signal;
let server: Server;
let base = '';
let serve: Input;

const streamOf = ({ bytes, chunk, trick }: Input): ReadableStream<Uint8Array> | null => {
  if (trick === 'empty') return null;
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (trick === 'broken' && at >= bytes.length / 2) controller.error(new Error('the peer went away'));
      else if (trick === 'endless') controller.enqueue(new Uint8Array(200_000).fill(0x20));
      else if (trick === 'large' && at < limit + 10) controller.enqueue(new Uint8Array(500_000).fill(0x20));
      else if (at >= bytes.length) controller.close();
      else controller.enqueue(new Uint8Array(bytes.subarray(at, at + chunk)));
      at += trick === 'large' ? 500_000 : chunk;
    },
  });
};

export const http = target<Input>({
  name: 'http-reader',
  about: 'chains/http.ts getJson',
  refuses: (error) => error instanceof Error && error.message.length < 3_000,
  // A body that drips is given up after 60 ms of its own; the machine may be slow to unpack the rest.
  budgetMs: ({ wire }) => (wire === 'no' ? 250 : 1_000),
  open: async () => {
    server = createServer((request, response) => {
      const { wire, bytes } = serve;
      if (wire === 'plain') response.end(bytes);
      else if (wire === 'gzip') response.setHeader('content-encoding', 'gzip').end(gzipSync(bytes));
      else if (wire === 'bomb') response.setHeader('content-encoding', 'gzip').end(bomb);
      else if (wire === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end();
      else if (wire === 'short') {
        response.writeHead(200, { 'content-length': String(bytes.length + 10) }).write(bytes);
        response.destroy();
      } else if (wire === 'drip') response.write(bytes);
      else request.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  close: async () => {
    restore();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  },
  make: (random, valid) => {
    const value = JSON.stringify({ result: random.once(20) ? 'x'.repeat(longLength(random)) : 'é😀', list: [1, 2, { a: null }] });
    const body = valid ? value : random.once(3) ? noise(random) : random.once(2) ? mutateText(random, value) : value;
    const wire = random.once(800) ? random.pick(wires) : 'no';
    return {
      status: valid || !random.once(8) ? 200 : random.pick([201, 400, 404, 500, 503]),
      bytes: !valid && random.once(20) ? random.bytes(random.below(200)) : Buffer.from(body),
      chunk: random.pick([1_000, 65_536, random.between(20, 400)]),
      trick:
        valid || !random.once(8) ? 'none' : random.once(20) ? random.pick(['endless', 'large'] as const) : random.pick(['broken', 'empty'] as const),
      wire: valid ? (wire === 'no' ? 'no' : random.pick(['plain', 'gzip'] as const)) : wire,
    };
  },
  run: async (input): Promise<Outcome> => {
    serve = input;
    restore();
    if (input.wire === 'no') globalThis.fetch = async () => new Response(streamOf(input), { status: input.status });
    const found = await getJson(base, '/status', input.wire === 'drip' ? systemClock.timeout(durationMs(60)) : never);
    const { wire, trick, status, bytes } = input;
    hold(
      ['no', 'plain', 'gzip'].includes(wire) && (wire !== 'no' || (trick !== 'endless' && trick !== 'large')),
      `an answer was taken: ${wire} ${trick}`,
    );
    hold(wire !== 'no' || (status >= 200 && status < 300), 'an answer with an error was taken');
    same(found, JSON.parse(bytes.toString('utf8')), 'the answer');
    return 'accepted';
  },
});
