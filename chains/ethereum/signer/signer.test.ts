import { Signature, PublicKey, verify } from '@chainsafe/blst';
import fc from 'fast-check';
import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blstBeside, blstIn, loadBls } from './bls.ts';
import type { EthereumSigner, SignOutcome } from './signer.ts';
import {
  blockOf,
  chainRoot,
  conflictsAmong,
  floor,
  folder,
  fork,
  keyFile,
  loadedSigner,
  publicKeys,
  secrets,
  selectionOf,
  signerOf,
  TestMark,
  useEthereumFolder,
  voteOf,
  type TestVote,
} from '../../../test/support/ethereum.ts';

useEthereumFolder();

const [first, second] = publicKeys;
const statusOf = (outcome: SignOutcome): number => (outcome.ok ? 200 : outcome.status);
const ask = (signer: EthereumSigner, body: unknown, key: string = first): number => statusOf(signer.sign(key, body));

describe('the signer', () => {
  test('signs what verifies under its key, and the same message again with the same signature', async () => {
    const signer = await loadedSigner();
    const outcome = signer.sign(first, { ...voteOf(1, 3), signingRoot: undefined });
    if (!outcome.ok) throw new Error(outcome.reason);
    const wrong = signer.sign(second, { ...voteOf(1, 3), signingRoot: `0x${'00'.repeat(32)}` });
    if (wrong.ok) throw new Error('signed a root that is not of the message');
    const root = /0x[0-9a-f]{64}/.exec(wrong.reason)?.[0] ?? '';
    const bytes = (hex: string): Buffer => Buffer.from(hex.slice(2), 'hex');
    expect(verify(bytes(root), PublicKey.fromBytes(bytes(first)), Signature.fromBytes(bytes(outcome.signature)))).toBe(true);
    expect(signer.sign(first, { ...voteOf(1, 3), signingRoot: root })).toEqual(outcome);
    expect(signer.sign(first.toUpperCase().replace('0X', ''), voteOf(1, 3))).toEqual(outcome);
  });
  test.each([
    ['a double vote', voteOf(1, 3), voteOf(1, 3, '09')],
    ['a vote that surrounds', voteOf(3, 4), voteOf(2, 5)],
    ['a vote that is surrounded', voteOf(1, 6), voteOf(2, 5)],
    ['a second block of a slot', blockOf(20), blockOf(20, '09')],
    ['a lower block', blockOf(20), blockOf(19)],
    ['a vote at the floor', voteOf(1, 3), voteOf(1, 2)],
  ])('refuses %s', async (_, before, then) => {
    const signer = await loadedSigner();
    expect(ask(signer, before)).toBe(200);
    expect(ask(signer, then)).toBe(412);
  });
  test('refuses at the floor, and each key has its own record', async () => {
    const signer = await loadedSigner();
    expect(ask(signer, blockOf(10))).toBe(412);
    expect(ask(signer, voteOf(0, 3))).toBe(412);
    expect(ask(signer, voteOf(1, 5))).toBe(200);
    expect(ask(signer, voteOf(1, 4), second)).toBe(200);
    expect(ask(signer, voteOf(1, 4, '09'), second)).toBe(412);
  });
  test('with the gate closed it answers what cannot be slashed, and nothing else', async () => {
    const signer = await loadedSigner({ isOpen: () => false });
    expect(ask(signer, voteOf(1, 3))).toBe(412);
    expect(ask(signer, blockOf(20))).toBe(412);
    expect(ask(signer, selectionOf(20))).toBe(200);
    expect(ask(signer, { type: 'RANDAO_REVEAL', fork_info: fork, randao_reveal: { epoch: '3' } })).toBe(200);
  });
  test('without keys it signs nothing, and still names them', async () => {
    const signer = await loadedSigner();
    signer.unload();
    for (const body of [voteOf(1, 3), blockOf(20), selectionOf(20)]) expect(ask(signer, body)).toBe(412);
    expect(signer.publicKeys).toEqual(publicKeys);
    expect(signer.loaded).toBe(false);
  });
  test.each([
    ['an unknown key', voteOf(1, 3), `0x${'ab'.repeat(48)}`, 404],
    ['another chain', { ...voteOf(1, 3), fork_info: { ...fork, genesis_validators_root: `0x${'0b'.repeat(32)}` } }, first, 400],
    ['no fork', { ...voteOf(1, 3), fork_info: undefined }, first, 400],
    ['no type', {}, first, 400],
    ['no object', null, first, 400],
    ['an index that is no number', { ...voteOf(1, 3), attestation: { ...(voteOf(1, 3)['attestation'] as object), index: '0x' } }, first, 400],
    ['a fork at no epoch', { ...voteOf(1, 3), fork_info: { ...fork, fork: { ...fork.fork, epoch: '; --' } } }, first, 400],
    [
      'a vote whose slot is not of its target',
      { ...voteOf(1, 3), attestation: { ...(voteOf(1, 4)['attestation'] as object), slot: '20' } },
      first,
      400,
    ],
    ['a vote under the name of a proof', { ...selectionOf(20), type: 'AGGREGATION_SLOT', signingRoot: chainRoot }, first, 400],
    ['an aggregate that is no bit list', { type: 'AGGREGATE_AND_PROOF', fork_info: fork, aggregate_and_proof: aggregateOf('0x00') }, first, 400],
  ])('refuses %s', async (_, body, key, status) => {
    expect(ask(await loadedSigner(), body, key)).toBe(status);
  });
  test('a signature that was made as the lease ran out does not leave, and its message counts as signed', async () => {
    let asked = 0;
    const signer = await loadedSigner({ isOpen: () => (asked += 1) === 1 || asked > 2 });
    expect(signer.sign(first, voteOf(1, 3))).toEqual({ ok: false, status: 412, reason: 'the lease ran out while signing' });
    expect(ask(signer, voteOf(1, 3, '09'))).toBe(412);
    expect(signer.watermark()).toEqual({ kind: 'eip3076', slot: 10, source: 1, target: 3 });
  });
  test('the mark is the highest over all keys', async () => {
    const mark = new TestMark();
    const signer = await loadedSigner({ mark });
    expect(mark.mark).toEqual(floor);
    ask(signer, voteOf(2, 5));
    ask(signer, voteOf(3, 4), second);
    ask(signer, blockOf(33), second);
    expect(signer.watermark()).toEqual({ kind: 'eip3076', slot: 33, source: 3, target: 5 });
    expect(mark.mark).toEqual({ kind: 'eip3076', slot: 33, source: 3, target: 5 });
    expect(signerOf({ mark }).watermark()).toEqual({ kind: 'eip3076', slot: 33, source: 3, target: 5 });
    expect(signerOf().watermark()).toBe(null);
  });
  test('remembers across a restart what it signed', async () => {
    const mark = new TestMark();
    const signature = (await loadedSigner({ mark })).sign(first, voteOf(1, 3));
    const later = await loadedSigner({ mark });
    expect(later.sign(first, voteOf(1, 3))).toEqual(signature);
    expect(ask(later, voteOf(1, 3, '09'))).toBe(412);
  });
  test('a record that is gone is made up from the mark', async () => {
    const mark = new TestMark();
    expect(ask(await loadedSigner({ mark }), voteOf(2, 5))).toBe(200);
    rmSync(join(folder, 'signed.jsonl'));
    const later = await loadedSigner({ mark });
    expect(ask(later, voteOf(2, 5))).toBe(412);
    expect(ask(later, voteOf(1, 4), second)).toBe(412);
    expect(ask(later, voteOf(2, 6), second)).toBe(200);
  });
});

describe('the keys', () => {
  test.each([
    ['one of two', secrets[0], 'is missing'],
    ['one too many', `${secrets.join('\n')}\n${'01'.repeat(32)}`, 'not those of this validator'],
    ['one twice', `${secrets.join('\n')}\n${secrets[0]}`, 'not those of this validator'],
    ['none', '\n', 'no secret key'],
    ['no hex', `${secrets[0]}\nzz`, 'in line 2'],
  ])('%s: nothing is loaded', async (_, text, message) => {
    const signer = signerOf();
    const bls = await loadBls();
    expect(() => {
      signer.load(Buffer.from(text), floor, bls);
    }).toThrow(message);
    expect(signer.loaded).toBe(false);
  });
  test('may be written with 0x and blank lines', async () => {
    const signer = signerOf();
    signer.load(Buffer.from(`\n0x${secrets[1]}\n\n${secrets[0]}`), floor, await loadBls());
    expect(signer.loaded).toBe(true);
  });
});

describe('the library', () => {
  const built = join(import.meta.dirname, '..', '..', '..', 'node_modules', '@chainsafe');
  const [file = ''] = readdirSync(built).flatMap((name) =>
    readdirSync(join(built, name))
      .filter((one) => one.endsWith('.node'))
      .map((one) => join(built, name, one)),
  );
  test('is taken from beside the guard, where there is one', () => {
    expect(blstBeside([undefined, join(folder, 'guard.mjs')])).toBe(null);
    copyFileSync(file, join(folder, 'blst.node'));
    expect(blstBeside([undefined, join(folder, 'guard.mjs')])).toBe(join(folder, 'blst.node'));
    const key = blstIn(join(folder, 'blst.node')).SecretKey.fromBytes(Buffer.from(secrets[0], 'hex'));
    expect(key.toPublicKey().toHex()).toBe(first);
    expect(() => blstIn(join(folder, 'none'))).toThrow();
  });
});

describe('whatever is asked in whatever order', () => {
  test('no two messages that conflict are signed, over loads, floors and losses of the record', async () => {
    const bls = await loadBls();
    const small = fc.integer({ min: 2, max: 7 });
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ key: fc.constantFrom(first, second), source: small, target: small, fill: fc.constantFrom('01', '09') }) },
      {
        weight: 3,
        arbitrary: fc.record({ key: fc.constantFrom(first, second), slot: fc.integer({ min: 9, max: 14 }), fill: fc.constantFrom('01', '09') }),
      },
      { weight: 1, arbitrary: fc.record({ lose: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        rmSync(join(folder, 'signed.jsonl'), { force: true });
        const mark = new TestMark();
        let signer = signerOf({ mark });
        signer.load(keyFile(), floor, bls);
        const votes: TestVote[] = [];
        const blocks = new Map<string, string>();
        for (const one of steps) {
          if ('lose' in one) {
            signer.unload();
            if (one.lose) rmSync(join(folder, 'signed.jsonl'), { force: true });
            signer = signerOf({ mark });
            signer.load(keyFile(), floor, bls);
          } else if ('slot' in one) {
            if (!signer.sign(one.key, blockOf(one.slot, one.fill)).ok) continue;
            expect(blocks.get(`${one.key}/${one.slot}`) ?? one.fill).toBe(one.fill);
            blocks.set(`${one.key}/${one.slot}`, one.fill);
          } else if (signer.sign(one.key, voteOf(one.source, one.target, one.fill)).ok) {
            votes.push(one);
          }
        }
        expect(conflictsAmong(votes)).toEqual([]);
        signer.unload();
      }),
      { numRuns: 60 },
    );
  });
});

function aggregateOf(bits: string): unknown {
  const aggregate = { aggregation_bits: bits, data: voteOf(1, 3)['attestation'], signature: `0x${'04'.repeat(96)}` };
  return { aggregator_index: '5', aggregate, selection_proof: `0x${'05'.repeat(96)}` };
}
