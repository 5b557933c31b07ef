import type { KeyObject } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { question, type Answer, type Question } from '../../core/ask.ts';
import type { Clock, DurationMs } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import { isSigned, lineOf, Lines, signedLine } from './wire.ts';

/** Where other guards ask this one: one question and one answer for each connection, and few connections at once. */

const mostConnections = 16;

export interface PeerServerOptions {
  readonly clock: Pick<Clock, 'timeout'>;
  readonly privateKey: KeyObject;
  /** The keys of the nodes that may ask, by node. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** Longest time for one connection. */
  readonly timeoutMs: DurationMs;
  /** Asked of a question that is signed by its asker. Synchronous: a promise is kept before its answer leaves. */
  readonly answer: (put: Question) => Answer;
}

export class PeerServer {
  readonly #options: PeerServerOptions;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor(options: PeerServerOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      this.#serve(socket)
        .catch(() => undefined)
        .finally(() => {
          socket.destroy();
        });
    });
    this.#server.maxConnections = mostConnections;
  }

  /** Resolves with the port once it listens. @throws the system's error when the address cannot be had. */
  listen(at: { host: string; port: number }, signal: AbortSignal): Promise<number> {
    signal.addEventListener('abort', () => {
      this.#server.close();
      for (const socket of this.#open) socket.destroy();
    });
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(at, () => {
        this.#server.off('error', reject);
        this.#server.on('error', () => undefined);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : at.port);
      });
    });
  }

  async #serve(socket: Socket): Promise<void> {
    const { clock, privateKey, keys, timeoutMs, answer } = this.#options;
    this.#open.add(socket);
    socket.on('error', () => undefined).once('close', () => this.#open.delete(socket));
    const signal = clock.timeout(timeoutMs);
    const challenge = randomHex(32);
    socket.write(`${JSON.stringify({ challenge })}\n`);
    const line = await new Lines(socket).read(lineOf(question), signal);
    const key = keys.get(line.said.asker);
    // Whoever cannot sign learns nothing, not even a refusal.
    if (key === undefined || !isSigned('question', challenge, line, key)) return;
    const said = signedLine('answer', challenge, answer(line.said), privateKey);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
      socket.once('close', () => {
        resolve();
      });
      socket.end(said, () => {
        resolve();
      });
    });
  }
}
