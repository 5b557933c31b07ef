import fc from 'fast-check';
import { verify } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StateFile } from '../../state.ts';
import { type Proposal, type Vote } from './read.ts';
import { type Signer } from './signer.ts';
import { extensionBytes, signBytes } from './write.ts';
import { hex, nil, block, vote, proposal, publicKey, dir, signerOf, useFolder } from '../../../test/support/privval.ts';
import { publicKeyOf } from '../../../runtime/ed25519.ts';

useFolder();

const verifies = (bytes: Uint8Array, signature: Uint8Array): boolean => verify(null, bytes, publicKeyOf(publicKey), signature);

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
