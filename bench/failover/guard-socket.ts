import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { FrameReader } from '../../chains/cometbft/privval/frames.ts';
import { voteTypes } from '../../chains/cometbft/privval/read.ts';
import { delimited } from '../../chains/cometbft/privval/write.ts';

/** The node's side of CometBFT's privval socket: listens, and asks whatever signer dials in to sign one prevote for each height. */

export const chainId = 'bench';
const [signVoteRequest, signedVoteResponse, errorField] = [3, 4, 2];

const requestOf = (height: number, hash: Buffer): Buffer => {
  const writer = new BinaryWriter();
  writer.tag(signVoteRequest, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int32(voteTypes.prevote).tag(2, WireType.Varint).int64(height);
  writer.tag(4, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).bytes(hash).join();
  writer.join().tag(2, WireType.LengthDelimited).string(chainId);
  return delimited(writer.join().finish());
};

/** True for a signed vote, false for a refusal. @throws Error on any other answer. */
const isSigned = (frame: Uint8Array): boolean => {
  const outer = new BinaryReader(frame);
  const [field] = outer.tag();
  if (field !== signedVoteResponse) throw new Error(`answer ${field} to a vote`);
  const inner = new BinaryReader(outer.bytes());
  while (inner.pos < inner.len) {
    const [one, wire] = inner.tag();
    if (one === errorField) return false;
    inner.skip(wire, one);
  }
  return true;
};

export class GuardSocket {
  readonly #hash: Buffer;
  #socket: Socket | null = null;
  #answered: ((signed: boolean) => void) | null = null;

  /** @param node whose name makes its votes conflict with those of any other node for the same height. */
  constructor(path: string, node: string) {
    this.#hash = createHash('sha256').update(node).digest();
    rmSync(path, { force: true });
    createServer((socket) => {
      this.#take(socket);
    }).listen(path);
  }

  #take(socket: Socket): void {
    const reader = new FrameReader();
    this.#socket?.destroy();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) this.#settle(isSigned(frame));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#settle(false);
    });
  }

  #settle(signed: boolean): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.(signed);
  }

  /** One question at a time. */
  sign(height: number): Promise<boolean> {
    const socket = this.#socket;
    if (socket === null) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#answered = resolve;
      socket.write(requestOf(height, this.#hash));
    });
  }
}
