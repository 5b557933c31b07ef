import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader, maxFrameBytes } from './frames.ts';
import { readRequest, type Vote } from './read.ts';
import { delimited, extensionBytes, signBytes } from './write.ts';
import { hex, nil, goZero, vote, proposal } from '../../../test/support/privval.ts';

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
  test('a number of more than ten bytes is refused, also in a field that is not known', () => {
    const ping = '3a00';
    expect(readRequest(Buffer.from(`a801${'ff'.repeat(9)}01${ping}`, 'hex'))).toEqual({ kind: 'ping' });
    expect(() => readRequest(Buffer.from(`a801${'ff'.repeat(10)}01${ping}`, 'hex'))).toThrow('varint');
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
