import fc from 'fast-check';
import { sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyClaim, applyClosing, applyOpening, type Arbiter, type ClaimOutcome, type DutyClaim, type Unknown } from '../../../core/gate.ts';
import type { NodeId } from '../../../core/ids.ts';
import { privateKeyOf, publicKeyOf } from '../../../runtime/ed25519.ts';
import { amber, attempt, birch, v } from '../../../test/support/core.ts';
import { block, dir, hex, nil, proposal, publicKey, seed, useFolder, vote } from '../../../test/support/privval.ts';
import { StateFile } from '../../state.ts';
import { GatedSigner, type GatedOptions } from './gated-signer.ts';
import type { Proposal, Vote } from './read.ts';
import type { SignOutcome } from './signer.ts';
import { extensionBytes, signBytes } from './write.ts';

useFolder();

const unknown: Unknown = { outcome: 'unknown', cause: new TypeError('no answer') };
const floor = { kind: 'consensus', height: 3, round: 2_147_483_647, step: 3 } as const;

/** An arbiter by the rules of core, whose answers a test may lose or change. */
class Table {
  item: Arbiter | undefined;
  readonly asked: DutyClaim[] = [];
  /** What becomes of an answer: as it is when it gives none. */
  bend: (outcome: ClaimOutcome, index: number) => ClaimOutcome | Unknown | Promise<ClaimOutcome | Unknown> = (outcome) => outcome;
  constructor() {
    const opened = applyOpening(undefined, { validator: v, floor, attempt: attempt('open') });
    if (opened.outcome === 'done') this.item = opened.item;
  }
  close(): void {
    const closed = applyClosing(this.item, { validator: v, attempt: attempt('close') });
    if (closed.outcome === 'done') this.item = closed.item;
  }
  readonly claim = async (claim: DutyClaim): Promise<ClaimOutcome | Unknown> => {
    this.asked.push(claim);
    const outcome = applyClaim(this.item, claim);
    if (outcome.outcome === 'won') this.item = outcome.item;
    return this.bend(outcome, this.asked.length - 1);
  };
}

const signerOn = (table: Pick<Table, 'claim'>, of: { node?: NodeId; isOpen?: () => boolean; state?: StateFile } & Partial<GatedOptions> = {}) => {
  const signer = new GatedSigner({
    chainId: 'c',
    validator: v,
    node: of.node ?? amber,
    publicKey,
    state: of.state ?? new StateFile(join(dir, `${of.node ?? amber}.json`)),
    isOpen: of.isOpen ?? (() => true),
    claim: table.claim,
    ...(of.look ? { look: of.look } : {}),
    clock: { timeout: () => new AbortController().signal, sleep: async () => undefined },
    ...(of.clock ? { clock: of.clock } : {}),
  });
  signer.load(Buffer.from(seed));
  return signer;
};
const later = { seconds: 1_700_000_009n, nanos: 1 };
const must = (outcome: SignOutcome) => {
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.signed;
};
const refused = async (signer: GatedSigner, duty: Vote | Proposal, chainId = 'c'): Promise<[number, string] | null> => {
  const outcome = await signer.sign(duty, chainId);
  return outcome.ok ? null : [outcome.code, outcome.reason];
};

describe('what leaves', () => {
  test('is what won: a proposal, votes, and a precommit with its extension', async () => {
    const signer = signerOn(new Table());
    for (const duty of [proposal(), vote({ type: 1 }), vote({ extension: Buffer.from('e') }), vote({ height: 6n, blockId: nil })]) {
      const signed = must(await signer.sign(duty, 'c'));
      expect(verify(null, signBytes(duty, 'c'), publicKeyOf(publicKey), signed.signature)).toBe(true);
      const extended = duty.kind === 'vote' && duty.type === 2 && duty.blockId !== nil;
      expect(signed.extensionSignature !== null).toBe(extended);
      if (extended) expect(verify(null, extensionBytes(duty, 'c'), publicKeyOf(publicKey), signed.extensionSignature ?? new Uint8Array())).toBe(true);
    }
  });
  test('is the stored signature with its time, when another signer claimed the same message', async () => {
    const table = new Table();
    const first = must(await signerOn(table).sign(vote(), 'c'));
    const other = must(await signerOn(table, { node: birch }).sign(vote({ timestamp: later }), 'c'));
    expect(hex(other.signature)).toBe(hex(first.signature));
    expect(other.timestamp).toEqual({ seconds: 1_700_000_000n, nanos: 5 });
    expect(table.item?.version).toBe(2);
  });
  test('is nothing, when another signer claimed another message, or a later duty', async () => {
    const table = new Table();
    must(await signerOn(table).sign(vote(), 'c'));
    const other = signerOn(table, { node: birch });
    expect(await refused(other, vote({ blockId: block(2) }))).toEqual([
      2,
      'the arbiter refuses height 5, round 0, step 3: i-0a11ce0000000001 claimed height 5, round 0, step 3',
    ]);
    const third = signerOn(table, { node: 'mi-0ceda00000000003' as NodeId });
    expect((await refused(third, vote({ height: 4n })))?.[0]).toBe(2);
  });
  test('is nothing at the floor, without an arbiter, and after it was closed', async () => {
    const table = new Table();
    expect(await refused(signerOn(table), vote({ height: 3n }))).toEqual([
      2,
      'the arbiter refuses height 3, round 0, step 3: it was opened with height 3, round 2147483647, step 3',
    ]);
    const signer = signerOn(table);
    must(await signer.sign(vote(), 'c'));
    expect(signer.trouble).toBe(null);
    table.close();
    expect(await refused(signer, vote())).toEqual([5, 'the arbiter of this validator is closed']);
    expect(signer.trouble).toBe('ArbiterClosed: the arbiter of this validator is closed.');
    table.item = undefined;
    expect(await refused(signer, vote({ height: 6n }))).toEqual([5, 'there is no arbiter of this validator']);
    expect(signer.trouble).toBe('ArbiterClosed: there is no arbiter of this validator.');
  });
  test.each<[string, (outcome: ClaimOutcome) => ClaimOutcome]>([
    ['a signature of something else', (one) => (one.outcome === 'won' ? { ...one, claimed: { ...one.claimed, signature: 'QQ==' } } : one)],
    ['another time', (one) => (one.outcome === 'won' ? { ...one, claimed: { ...one.claimed, time: { seconds: '1', nanos: 0 } } } : one)],
    ['no time', (one) => (one.outcome === 'won' ? { ...one, claimed: { ...one.claimed, time: null } } : one)],
    [
      'a signature by another key',
      (one) => {
        const signature = sign(null, signBytes(vote(), 'c'), privateKeyOf(Buffer.alloc(32, 7))).toString('base64');
        return one.outcome === 'won' ? { ...one, claimed: { ...one.claimed, signature } } : one;
      },
    ],
  ])('is nothing, when the arbiter gives %s', async (_, bend) => {
    const table = new Table();
    table.bend = bend;
    expect((await refused(signerOn(table), vote()))?.[0]).toBe(5);
  });
});

describe('without an answer', () => {
  test('it asks twice, refuses in words, and says so', async () => {
    const table = new Table();
    table.bend = () => unknown;
    const signals: number[] = [];
    const signer = signerOn(table, {
      clock: {
        timeout: (ms) => {
          signals.push(ms);
          return new AbortController().signal;
        },
        sleep: async () => undefined,
      },
    });
    expect(await refused(signer, vote())).toEqual([5, 'the arbiter does not answer']);
    expect(signals).toEqual([400, 400]);
    expect(signer.trouble).toBe('ArbiterSilent: no answer to the claim of height 5, round 0, step 3 (TypeError), so nothing is signed.');
    table.bend = (one) => one;
    must(await signer.sign(vote({ height: 6n }), 'c'));
    expect(signer.trouble).toBe(null);
  });
  test('a lost reply is read back: the same claim again, and the one signature that was made', async () => {
    const table = new Table();
    table.bend = (one, index) => (index === 0 ? unknown : one);
    const signed = must(await signerOn(table).sign(vote(), 'c'));
    expect(table.asked.length).toBe(2);
    expect(table.asked[1]).toEqual(table.asked[0]);
    expect(Buffer.from(signed.signature).toString('base64')).toBe(table.asked[0]?.claimed.signature);
  });
  test('a duty that is asked for again later, at another time, is claimed with what was signed first', async () => {
    const table = new Table();
    table.bend = (one, index) => (index < 2 ? unknown : one);
    const signer = signerOn(table);
    expect((await refused(signer, vote()))?.[0]).toBe(5);
    const signed = must(await signer.sign(vote({ timestamp: later }), 'c'));
    expect(signed.timestamp).toEqual({ seconds: 1_700_000_000n, nanos: 5 });
    expect(new Set(table.asked.map((one) => JSON.stringify(one))).size).toBe(1);
  });
  test('also after a restart, from the disk', async () => {
    const table = new Table();
    table.bend = () => unknown;
    expect((await refused(signerOn(table), vote()))?.[0]).toBe(5);
    table.bend = (one) => one;
    const signed = must(await signerOn(table).sign(vote({ timestamp: later }), 'c'));
    expect(signed.timestamp).toEqual({ seconds: 1_700_000_000n, nanos: 5 });
  });
  test('another message for that duty is refused without asking', async () => {
    const table = new Table();
    table.bend = () => unknown;
    const signer = signerOn(table);
    await signer.sign(vote(), 'c');
    expect(await refused(signer, vote({ blockId: block(2) }))).toEqual([2, 'a duty at or above height 5, round 0, step 3 may have been signed']);
    expect((await refused(signer, vote({ height: 4n })))?.[0]).toBe(2);
    expect(table.asked.length).toBe(2);
  });
});

describe('what is never asked', () => {
  test.each<[string, Vote, string, () => boolean, [number, string]]>([
    ['closed', vote(), 'c', () => false, [1, 'this node is no member of the validator']],
    ['another chain', vote(), 'd', () => true, [3, 'this signer is for chain c']],
    ['no such type', vote({ type: 7 }), 'c', () => true, [3, 'not a duty that can be signed']],
  ])('%s', async (_, duty, chainId, isOpen, told) => {
    const table = new Table();
    expect(await refused(signerOn(table, { isOpen }), duty, chainId)).toEqual(told);
    expect(table.asked).toEqual([]);
  });
  test('without its key it signs nothing, and a key of another length is none', async () => {
    const table = new Table();
    const signer = signerOn(table);
    expect(signer.loaded).toBe(true);
    signer.unload();
    expect(signer.loaded).toBe(false);
    expect((await refused(signer, vote()))?.[0]).toBe(1);
    expect(() => {
      signer.load(Buffer.alloc(31));
    }).toThrow('the key has 31 bytes, expected 32');
  });
});

describe('while the arbiter is asked', () => {
  test.each<[string, (signer: GatedSigner, open: { now: boolean }) => void]>([
    ['the key was taken away', (signer) => signer.unload()],
    ['the key was taken away and given anew', (signer) => (signer.unload(), signer.load(Buffer.from(seed)))],
    ['the gate was closed', (_, open) => (open.now = false)],
  ])('nothing leaves when %s', async (_, meanwhile) => {
    const table = new Table();
    const open = { now: true };
    const signer = signerOn(table, { isOpen: () => open.now });
    table.bend = (one) => {
      meanwhile(signer, open);
      return one;
    };
    expect(await refused(signer, vote())).toEqual([1, 'this node ceased to be a member while the arbiter was asked']);
    expect(signer.watermark()).toEqual({ kind: 'consensus', height: 5, round: 0, step: 3 });
  });
  test('the next duty waits for its turn', async () => {
    const table = new Table();
    let release: () => void = () => undefined;
    table.bend = (one, index) => (index > 0 ? one : new Promise((resolve) => (release = () => resolve(one))));
    const signer = signerOn(table);
    const order: string[] = [];
    const first = signer.sign(vote({ type: 1 }), 'c').then(() => order.push('prevote'));
    const second = signer.sign(vote(), 'c').then(() => order.push('precommit'));
    await expect.poll(() => table.asked.length).toBe(1);
    release();
    await Promise.all([first, second, signer.idle()]);
    expect(order).toEqual(['prevote', 'precommit']);
    expect(table.asked.map(({ duty }) => duty.kind === 'consensus' && duty.step)).toEqual([2, 3]);
  });
  test('the signature is on the disk before anybody is asked, and a disk that fails stops it for good', async () => {
    const table = new Table();
    const file = join(dir, 'w.json');
    const state = new StateFile(file);
    table.bend = (one) => {
      expect(readFileSync(file, 'utf8')).toContain(table.asked[0]?.claimed.signature);
      return one;
    };
    const signer = signerOn(table, { state });
    must(await signer.sign(vote(), 'c'));
    state.save = () => {
      throw new Error('ENOSPC');
    };
    expect(await refused(signer, vote({ height: 6n }))).toEqual([4, 'the watermark could not be written']);
    expect(table.asked.length).toBe(1);
    expect(signer.loaded).toBe(false);
  });
});

let runs = 0;
test('three signers, asked anything in any order, with lost answers and restarts: one signature for a duty', async () => {
  const nodes = [amber, birch, 'mi-0ceda00000000003' as NodeId];
  const step = fc.record({
    node: fc.integer({ min: 0, max: 2 }),
    height: fc.bigInt({ min: 3n, max: 6n }),
    type: fc.constantFrom(1, 2),
    fill: fc.constantFrom(1, 2),
    seconds: fc.bigInt({ min: 1n, max: 9n }),
    lost: fc.constantFrom(0, 0, 0, 1, 2),
    restart: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const table = new Table();
      const folder = join(dir, String((runs += 1)));
      const on = (node: NodeId) => signerOn(table, { node, state: new StateFile(join(folder, `${node}.json`)) });
      const signers = nodes.map(on);
      const left = new Map<string, string>();
      for (const { node, height, type, fill, seconds, lost, restart } of steps) {
        if (restart) signers[node] = on(nodes[node] as NodeId);
        const before = table.asked.length;
        table.bend = (one, index) => (index - before < lost ? unknown : one);
        const outcome = await signers[node]?.sign(vote({ height, type, blockId: block(fill), timestamp: { seconds, nanos: 0 } }), 'c');
        if (!outcome?.ok) continue;
        const duty = `${height}/${type}`;
        expect(left.get(duty) ?? hex(outcome.signed.signature)).toBe(hex(outcome.signed.signature));
        left.set(duty, hex(outcome.signed.signature));
      }
    }),
    { numRuns: 60 },
  );
});
