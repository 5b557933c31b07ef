import { createConnection, type Socket } from 'node:net';
import { durationMs, type Clock } from '../../../core/time.ts';
import { FrameReader } from './frames.ts';
import { readRequest, type Proposal, type Request, type Vote } from './read.ts';
import type { SignOutcome } from './signer.ts';
import { pongFrame, pubKeyFrame, refusalFrame, signedFrame } from './write.ts';

/**
 * The signer's side of one privval socket: it dials the node, answers its requests one after the other, and dials again when the node goes away.
 */

const firstRetryMs = 100;
const lastRetryMs = 1_000;

export interface ConnectionOptions {
  /** Path of the unix socket on which the node listens. */
  readonly path: string;
  readonly publicKey: Buffer;
  /** Answers at once where the lease decides, later where the arbiter does. */
  readonly signer: { sign(duty: Vote | Proposal, chainId: string): SignOutcome | Promise<SignOutcome> };
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told when the node asked and was refused or served: counts for the report. */
  readonly onRefused?: (reason: string) => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #connectedNow = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The node is there. */
  get connected(): boolean {
    return this.#connectedNow;
  }

  #answer(request: Request): Buffer | Promise<Buffer> {
    const { signer, publicKey } = this.#options;
    if (request.kind === 'ping') return pongFrame();
    // The public key is no secret: without an answer the node would not start, and a standby must run.
    if (request.kind === 'pubKey') return pubKeyFrame(publicKey);
    const outcome = signer.sign(request.duty, request.chainId);
    return outcome instanceof Promise ? outcome.then((later) => this.#frameOf(request.duty, later)) : this.#frameOf(request.duty, outcome);
  }

  #frameOf(duty: Vote | Proposal, outcome: SignOutcome): Buffer {
    if (outcome.ok) return signedFrame(duty, outcome.signed);
    this.#options.onRefused?.(outcome.reason);
    return refusalFrame(duty, outcome.code, outcome.reason);
  }

  async #serve(socket: Socket): Promise<void> {
    const reader = new FrameReader();
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      for (const frame of reader.push(chunk)) {
        const answer = this.#answer(readRequest(frame));
        // Without a turn of the loop in between, a signature leaves as it was checked.
        socket.write(answer instanceof Promise ? await answer : answer);
      }
    }
  }

  #dial(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path: this.#options.path });
      socket.once('connect', () => {
        resolve(socket);
      });
      socket.once('error', reject);
    });
  }

  /** Dials and serves until the signal. Trouble with a connection ends that connection only. */
  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      let socket: Socket | null = null;
      const hangUp = (): void => {
        socket?.destroy();
      };
      signal.addEventListener('abort', hangUp, { once: true });
      try {
        socket = await this.#dial();
        if (signal.aborted) socket.destroy();
        this.#connectedNow = true;
        retryMs = firstRetryMs;
        await this.#serve(socket);
      } catch {
        retryMs = Math.min(lastRetryMs, retryMs * 2);
      } finally {
        this.#connectedNow = false;
        socket?.destroy();
        signal.removeEventListener('abort', hangUp);
      }
      await clock.sleep(durationMs(retryMs), signal).catch(() => undefined);
    }
  }
}
