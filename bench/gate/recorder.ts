import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { FrameReader } from '../../chains/cometbft/privval/frames.ts';
import { markOf } from '../../chains/cometbft/privval/duty.ts';
import { readRequest } from '../../chains/cometbft/privval/read.ts';
import type { Clock, SteadyMs } from '../../core/time.ts';
import { dutyOf } from '../../core/watermark.ts';

/** Stands between nodes and their signers, hands on every byte as it came, and writes down what left: a witness beside the chain. */

export interface Answered {
  /** Whose signer it was. */
  readonly name: string;
  readonly duty: string;
  readonly height: number;
  /** When it was asked. */
  readonly atMs: SteadyMs;
  readonly tookMs: number;
  /** Hex, or null when it was refused. */
  readonly signature: string | null;
  readonly reason: string;
}

/** Fields of a message; those that are no bytes are left out. */
const bytesIn = (bytes: Uint8Array): Map<number, Uint8Array> => {
  const found = new Map<number, Uint8Array>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) found.set(field, reader.bytes());
    else reader.skip(wire, field);
  }
  return found;
};

const [signedVote, signedProposal] = [4, 6];

/** The signature of an answer, or why there is none; undefined for an answer to something else. */
const answerIn = (frame: Uint8Array): Pick<Answered, 'signature' | 'reason'> | undefined => {
  const outer = bytesIn(frame);
  const answer = outer.get(signedVote) ?? outer.get(signedProposal);
  if (!answer) return undefined;
  const fields = bytesIn(answer);
  const error = fields.get(2);
  if (error) return { signature: null, reason: Buffer.from(bytesIn(error).get(2) ?? []).toString('utf8') };
  const signature = bytesIn(fields.get(1) ?? new Uint8Array()).get(outer.has(signedVote) ? 8 : 7);
  return { signature: Buffer.from(signature ?? []).toString('hex'), reason: '' };
};

export class Recorder {
  readonly answers: Answered[] = [];
  readonly #clock: Clock;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param of.near where the signer dials. @param of.far where the node listens. */
  stand(of: { readonly name: string; readonly near: string; readonly far: string }): void {
    const server = createServer((signer) => {
      this.#join(of.name, signer, createConnection({ path: of.far }));
    });
    this.#servers.push(server.listen(of.near));
  }

  #join(name: string, signer: Socket, node: Socket): void {
    const asked: { duty: string; height: number; atMs: SteadyMs }[] = [];
    const [requests, answers] = [new FrameReader(), new FrameReader()];
    const wire = (from: Socket, to: Socket, note: (chunk: Buffer) => void): void => {
      this.#sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        note(chunk);
        if (!to.destroyed) to.write(chunk);
      });
      from.on('error', () => {
        from.destroy();
      });
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    };
    wire(node, signer, (chunk) => {
      for (const frame of requests.push(chunk)) {
        const request = readRequest(frame);
        if (request.kind === 'sign')
          asked.push({ duty: dutyOf(markOf(request.duty)), height: Number(request.duty.height), atMs: this.#clock.steadyMs() });
      }
    });
    wire(signer, node, (chunk) => {
      for (const frame of answers.push(chunk)) {
        const answer = answerIn(frame);
        const question = answer && asked.shift();
        if (question) this.answers.push({ name, ...question, tookMs: this.#clock.steadyMs() - question.atMs, ...answer });
      }
    });
  }

  /** Duties of which two different signatures left. */
  conflicts(): string[] {
    const left = new Map<string, Set<string>>();
    for (const { duty, signature } of this.answers) if (signature !== null) left.set(duty, (left.get(duty) ?? new Set()).add(signature));
    return [...left].flatMap(([duty, signatures]) => (signatures.size > 1 ? [duty] : []));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => {
              resolve();
            });
          }),
      ),
    );
  }
}
