import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../runtime/clock.ts';
import { Connection } from './connection.ts';
import { FrameReader } from './frames.ts';
import { delimited } from './write.ts';
import { publicKey, dir, signerOf, useFolder } from '../../../test/support/privval.ts';

useFolder();

const request = (field: number, build: (writer: BinaryWriter) => void): Buffer => {
  const writer = new BinaryWriter();
  writer.tag(field, WireType.LengthDelimited).fork();
  build(writer);
  return delimited(writer.join().finish());
};
const signVote = (height: number, fill: number): Buffer =>
  request(3, (writer) => {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).int32(2).tag(2, WireType.Varint).int64(height);
    writer.tag(4, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).bytes(Buffer.alloc(32, fill)).join();
    writer.join().tag(2, WireType.LengthDelimited).string('c');
  });

/** The node's side: listens, accepts the signer, asks, and reads one answer's field numbers. */
class Node {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  constructor(path: string) {
    this.#server = createServer((socket) => this.#sockets.push(socket)).listen(path);
  }
  async socket(index: number): Promise<Socket> {
    while (this.#sockets.length <= index) await once(this.#server, 'connection');
    return this.#sockets[index] as Socket;
  }
  async ask(socket: Socket, frame: Buffer): Promise<{ field: number; inner: number[] }> {
    const reader = new FrameReader();
    socket.write(frame);
    for (;;) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      const [answer] = reader.push(chunk);
      if (answer) return this.#fields(answer);
    }
  }
  #fields(bytes: Uint8Array): { field: number; inner: number[] } {
    const outer = new BinaryReader(bytes);
    const [field] = outer.tag();
    const message = outer.bytes();
    const inner = new BinaryReader(message);
    const fields: number[] = [];
    while (inner.pos < inner.len) {
      const [one, wire] = inner.tag();
      fields.push(one);
      inner.skip(wire, one);
    }
    return { field, inner: fields };
  }
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe('over the socket', () => {
  const talk = async (isOpen: () => boolean, conversation: (node: Node) => Promise<void>): Promise<void> => {
    const path = join(dir, 's');
    const node = new Node(path);
    const stop = new AbortController();
    const connection = new Connection({ path, publicKey, signer: signerOf(isOpen), clock: systemClock, signal: stop.signal });
    const running = connection.run();
    try {
      await conversation(node);
    } finally {
      stop.abort();
      node.close();
      await running;
    }
  };
  test('a standby answers its public key and ping, and refuses to sign in words', async () => {
    await talk(
      () => false,
      async (node) => {
        const socket = await node.socket(0);
        expect(
          await node.ask(
            socket,
            request(1, (writer) => writer.tag(1, WireType.LengthDelimited).string('c')),
          ),
        ).toEqual({ field: 2, inner: [1] });
        expect(
          await node.ask(
            socket,
            request(7, () => undefined),
          ),
        ).toEqual({ field: 8, inner: [] });
        expect(await node.ask(socket, signVote(5, 1))).toEqual({ field: 4, inner: [1, 2] });
      },
    );
  });
  test('the holder signs, and refuses the same duty with another block', async () => {
    await talk(
      () => true,
      async (node) => {
        const socket = await node.socket(0);
        expect(await node.ask(socket, signVote(5, 1))).toEqual({ field: 4, inner: [1] });
        expect(await node.ask(socket, signVote(5, 2))).toEqual({ field: 4, inner: [1, 2] });
      },
    );
  });
  test('garbage ends the connection, and the signer dials again', async () => {
    await talk(
      () => true,
      async (node) => {
        const first = await node.socket(0);
        first.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]));
        const second = await node.socket(1);
        expect(
          await node.ask(
            second,
            request(7, () => undefined),
          ),
        ).toEqual({ field: 8, inner: [] });
      },
    );
  });
});
