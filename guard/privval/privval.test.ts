import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { publicKeyOf } from '../../cli/commands/seal.ts';
import { StateFile } from '../state.ts';
import { Connection } from './connection.ts';
import { FrameReader, maxFrameBytes } from './frames.ts';
import { readRequest, type BlockId, type Proposal, type Vote } from './read.ts';
import { Signer } from './signer.ts';
import { delimited, extensionBytes, signBytes } from './write.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const nil: BlockId = { hash: new Uint8Array(), parts: { total: 0, hash: new Uint8Array() } };
const block = (fill: number): BlockId => ({ hash: Buffer.alloc(32, fill), parts: { total: 1, hash: Buffer.alloc(32, fill + 1) } });
// The zero time of Go, as CometBFT's own vectors have it.
const goZero = { seconds: -62_135_596_800n, nanos: 0 };
const vote = (of: Partial<Vote> = {}): Vote => ({
  kind: 'vote',
  type: 2,
  height: 5n,
  round: 0,
  blockId: block(1),
  timestamp: { seconds: 1_700_000_000n, nanos: 5 },
  address: Buffer.alloc(20, 9),
  index: 0,
  extension: new Uint8Array(),
  ...of,
});
const proposal = (of: Partial<Proposal> = {}): Proposal => ({
  kind: 'proposal',
  type: 32,
  height: 5n,
  round: 0,
  polRound: -1,
  blockId: block(1),
  timestamp: { seconds: 1_700_000_000n, nanos: 5 },
  ...of,
});

describe('signed bytes are CometBFT’s own (types/vote_test.go, v0.38)', () => {
  const time = '2a0b088092b8c398feffffff01';
  const heightRound = '110100000000000000190100000000000000';
  const empty = { blockId: nil, timestamp: goZero };
  test.each<[string, Vote, string, string]>([
    ['empty', vote({ ...empty, type: 0, height: 0n, round: 0 }), '', `0d${time}`],
    ['precommit', vote({ ...empty, type: 2, height: 1n, round: 1 }), '', `210802${heightRound}${time}`],
    ['prevote', vote({ ...empty, type: 1, height: 1n, round: 1 }), '', `210801${heightRound}${time}`],
    ['no type', vote({ ...empty, type: 0, height: 1n, round: 1 }), '', `1f${heightRound}${time}`],
    ['chain id', vote({ ...empty, type: 0, height: 1n, round: 1 }), 'test_chain_id', `2e${heightRound}${time}320d746573745f636861696e5f6964`],
    [
      'an extension is not in the vote',
      vote({ ...empty, type: 0, height: 1n, round: 1, extension: Buffer.from('extension') }),
      'test_chain_id',
      `2e${heightRound}${time}320d746573745f636861696e5f6964`,
    ],
  ])('%s', (_, duty, chainId, expected) => {
    expect(hex(signBytes(duty, chainId))).toBe(expected);
  });
  test('a block id always carries its part set header', () => {
    expect(hex(signBytes(vote({ blockId: { hash: Buffer.from('ab', 'hex'), parts: { total: 0, hash: new Uint8Array() } } }), ''))).toContain(
      '22050a01ab1200',
    );
  });
  test('a proposal writes its type, the negative pol round and the later field numbers', () => {
    expect(hex(signBytes(proposal({ blockId: nil, timestamp: goZero, height: 1n, round: 1 }), 'x'))).toBe(
      `2f0820${heightRound}20ffffffffffffffffff01320b088092b8c398feffffff013a0178`,
    );
  });
  test('the extension has its own bytes', () => {
    expect(hex(extensionBytes(vote({ height: 1n, round: 1, extension: Buffer.from('x') }), 'c'))).toBe(
      `180a0178${'110100000000000000190100000000000000'}220163`,
    );
  });
});

describe('frames', () => {
  test('are put together from any pieces', () => {
    const frames = [Buffer.from('a'), Buffer.alloc(300, 7), Buffer.alloc(0)];
    const stream = Buffer.concat(frames.map((frame) => delimited(frame)));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const reader = new FrameReader();
        const found: string[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          for (const frame of reader.push(stream.subarray(at, at + size))) found.push(hex(frame));
          at += size;
        }
        expect(found).toEqual(frames.map(hex));
      }),
    );
  });
  test('over the limit end the connection', () => {
    expect(() => new FrameReader().push(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]))).toThrow(`a frame of more than ${maxFrameBytes} bytes`);
  });
  test('garbage is refused or read, never a crash of another kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(['pubKey', 'sign', 'ping']).toContain(readRequest(bytes).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

const seed = Buffer.alloc(32, 3);
const publicKey = publicKeyOf(seed);
const verifies = (bytes: Uint8Array, signature: Uint8Array): boolean =>
  verify(
    null,
    bytes,
    createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]), format: 'der', type: 'spki' }),
    signature,
  );

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pv-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const signerOf = (isOpen: () => boolean = () => true, state = new StateFile(join(dir, 'watermark.json'))): Signer => {
  const signer = new Signer({ chainId: 'c', state, isOpen });
  signer.load(Buffer.from(seed), { kind: 'consensus', height: 3, round: 2_147_483_647, step: 3 });
  return signer;
};
const refusal = (signer: Signer, duty: Vote | Proposal, chainId = 'c'): number | null => {
  const outcome = signer.sign(duty, chainId);
  return outcome.ok ? null : outcome.code;
};

describe('the signer', () => {
  test('signs a proposal, a prevote, a nil vote, a later round and a precommit with its extension', () => {
    const signer = signerOf();
    for (const duty of [
      proposal(),
      vote({ type: 1 }),
      vote({ blockId: nil }),
      vote({ type: 1, round: 1, blockId: nil }),
      vote({ round: 1, extension: Buffer.from('e') }),
    ]) {
      const outcome = signer.sign(duty, 'c');
      if (!outcome.ok) throw new Error(outcome.reason);
      expect(verifies(signBytes(duty, 'c'), outcome.signed.signature)).toBe(true);
      const extended = duty.kind === 'vote' && duty.type === 2 && duty.blockId !== nil;
      expect(outcome.signed.extensionSignature !== null).toBe(extended);
      if (extended) expect(verifies(extensionBytes(duty, 'c'), outcome.signed.extensionSignature ?? new Uint8Array())).toBe(true);
    }
  });
  test('gives the same signature and timestamp for the same message at another time', () => {
    const signer = signerOf();
    const first = signer.sign(vote(), 'c');
    const again = signer.sign(vote({ timestamp: { seconds: 1_700_000_009n, nanos: 1 } }), 'c');
    if (!first.ok || !again.ok) throw new Error('refused');
    expect(hex(again.signed.signature)).toBe(hex(first.signed.signature));
    expect(again.signed.timestamp).toEqual({ seconds: 1_700_000_000n, nanos: 5 });
  });
  test('refuses another block for the same height, round and step', () => {
    const signer = signerOf();
    expect(refusal(signer, vote())).toBe(null);
    expect(refusal(signer, vote({ blockId: block(2) }))).toBe(2);
    expect(refusal(signer, vote({ blockId: nil }))).toBe(2);
  });
  test.each([
    ['a lower height', vote({ height: 4n })],
    ['a lower step', vote({ type: 1 })],
    ['a proposal after the vote', proposal()],
  ])('refuses %s', (_, duty) => {
    const signer = signerOf();
    expect(refusal(signer, vote())).toBe(null);
    expect(refusal(signer, duty)).toBe(2);
  });
  test('refuses at and below the floor of the lease', () => {
    expect(refusal(signerOf(), vote({ height: 3n }))).toBe(2);
    expect(refusal(signerOf(), vote({ height: 2n }))).toBe(2);
  });
  test.each<[string, Vote, string, () => boolean, number]>([
    ['closed', vote(), 'c', () => false, 1],
    ['another chain', vote(), 'd', () => true, 3],
    ['no such type', vote({ type: 7 }), 'c', () => true, 3],
    ['height 0', vote({ height: 0n }), 'c', () => true, 3],
    ['a negative round', vote({ round: -1 }), 'c', () => true, 3],
  ])('refuses when %s', (_, duty, chainId, isOpen, code) => {
    expect(refusal(signerOf(isOpen), duty, chainId)).toBe(code);
  });
  test('without its key it signs nothing', () => {
    const signer = signerOf();
    signer.unload();
    expect(refusal(signer, vote())).toBe(1);
  });
  test('a signature that was made as the lease ran out does not leave', () => {
    let asked = 0;
    const signer = signerOf(() => (asked += 1) === 1);
    expect(signer.sign(vote(), 'c')).toEqual({ ok: false, code: 1, reason: 'the lease ran out while signing' });
    expect(signer.watermark()).toEqual({ kind: 'consensus', height: 5, round: 0, step: 3 });
  });
  test('remembers across a restart what it signed', () => {
    const first = signerOf().sign(vote(), 'c');
    const later = signerOf();
    const again = later.sign(vote(), 'c');
    if (!first.ok || !again.ok) throw new Error('refused');
    expect(hex(again.signed.signature)).toBe(hex(first.signed.signature));
    expect(refusal(later, vote({ blockId: block(4) }))).toBe(2);
  });
  test('the watermark is on the disk before a signature exists outside, and a disk that fails stops it for good', () => {
    let broken = false;
    const file = new StateFile(join(dir, 'watermark.json'));
    const save = file.save.bind(file);
    file.save = (state) => {
      if (broken) throw new Error('ENOSPC');
      save(state);
    };
    const signer = signerOf(() => true, file);
    expect(refusal(signer, vote())).toBe(null);
    expect(new StateFile(join(dir, 'watermark.json')).load()?.watermark).toEqual({ kind: 'consensus', height: 5, round: 0, step: 3 });
    broken = true;
    expect(refusal(signer, vote({ height: 6n }))).toBe(4);
    broken = false;
    expect(refusal(signer, vote({ height: 7n }))).toBe(1);
  });
  test('never signs two contents for one duty, whatever is asked in whatever order', () => {
    const duty = fc.record({
      height: fc.bigInt({ min: 4n, max: 6n }),
      round: fc.integer({ min: 0, max: 1 }),
      type: fc.constantFrom(1, 2),
      fill: fc.constantFrom(1, 2, 3),
    });
    fc.assert(
      fc.property(fc.array(duty, { maxLength: 25 }), (list) => {
        rmSync(join(dir, 'watermark.json'), { force: true });
        const signer = signerOf();
        const signed = new Map<string, number>();
        for (const { height, round, type, fill } of list) {
          if (!signer.sign(vote({ height, round, type, blockId: block(fill) }), 'c').ok) continue;
          const key = `${height}/${round}/${type}`;
          expect(signed.get(key) ?? fill).toBe(fill);
          signed.set(key, fill);
        }
      }),
      { numRuns: 60 },
    );
  });
});

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
