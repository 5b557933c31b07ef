import { sign, verify, type KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { signedText, type Answer, type Question } from '../../core/ask.ts';

/**
 * What goes over a connection between two guards, one line of JSON each:
 *
 *     server ── {challenge} ──▶ client ── {said: question, signature} ──▶ server ── {said: answer, signature} ──▶ client
 *
 * The challenge is drawn for the connection and the nonce for the question: what was said before, or to another, has another signature.
 */

/** Longest line; more is no guard. */
export const mostBytes = 4_096;

const signature = z.base64().length(88);
export const challengeLine = z.strictObject({ challenge: z.string().regex(/^[0-9a-f]{64}$/) });
export const lineOf = <T extends z.ZodType>(said: T) => z.strictObject({ said, signature });

type Purpose = 'question' | 'answer';

export const signedLine = (purpose: Purpose, challenge: string, said: Question | Answer, key: KeyObject): string =>
  `${JSON.stringify({ said, signature: sign(null, Buffer.from(signedText(purpose, challenge, said)), key).toString('base64') })}\n`;

export const isSigned = (purpose: Purpose, challenge: string, line: { said: Question | Answer; signature: string }, key: KeyObject): boolean =>
  verify(null, Buffer.from(signedText(purpose, challenge, line.said)), key, Buffer.from(line.signature, 'base64'));

/** The first line, and nothing after it. Rejects when it is too long, when the connection ends before it, and with the signal. */
export class Lines {
  readonly #socket: Socket;
  #rest = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  next(signal: AbortSignal): Promise<string> {
    const socket = this.#socket;
    return new Promise<string>((resolve, reject) => {
      const done = (act: () => void): void => {
        socket.off('data', onData).off('error', onEnd).off('close', onEnd);
        signal.removeEventListener('abort', onEnd);
        socket.pause();
        act();
      };
      const take = (): void => {
        const end = this.#rest.indexOf(0x0a);
        const size = end === -1 ? this.#rest.length : end;
        if (size > mostBytes) {
          done(() => {
            reject(new Error('the line is too long'));
          });
          return;
        }
        if (end === -1) return;
        const line = this.#rest.subarray(0, end).toString('utf8');
        this.#rest = this.#rest.subarray(end + 1);
        done(() => {
          resolve(line);
        });
      };
      const onData = (chunk: Buffer): void => {
        this.#rest = Buffer.concat([this.#rest, chunk]);
        take();
      };
      const onEnd = (): void => {
        done(() => {
          reject(new Error('the connection ended'));
        });
      };
      if (signal.aborted || socket.destroyed) {
        reject(new Error('the connection ended'));
        return;
      }
      socket.on('data', onData).on('error', onEnd).on('close', onEnd);
      signal.addEventListener('abort', onEnd);
      socket.resume();
      take();
    });
  }

  /** The next line as JSON of this shape. */
  async read<T extends z.ZodType>(shape: T, signal: AbortSignal): Promise<z.output<T>> {
    return shape.parse(JSON.parse(await this.next(signal)));
  }
}
