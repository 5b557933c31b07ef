import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { applyClaim, applyClosing, applyOpening, type Arbiter, type ClaimOutcome, type DutyClaim } from '../../../core/gate.ts';
import type { NodeId } from '../../../core/ids.ts';
import { rawPublicKeyOf } from '../../../runtime/ed25519.ts';
import { amber, attempt, birch, v } from '../../../test/support/core.ts';
import type { MemberKey } from '../../gate-driver.ts';
import { StateFile } from '../../state.ts';
import { GatedSigner } from './gated-signer.ts';
import type { Vote } from './read.ts';

/** A signer that was not first leaves the others a moment, and takes what they have claimed. */

const pair = generateKeyPairSync('ed25519');
const publicKey = rawPublicKeyOf(pair.publicKey);
const seed = Buffer.from(pair.privateKey.export({ format: 'der', type: 'pkcs8' })).subarray(-32);
const dir = mkdtempSync(join(tmpdir(), 'baton-follow-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

const vote = (height: bigint, hash = 7, type: 1 | 2 = 1): Vote => ({
  kind: 'vote',
  type,
  height,
  round: 0,
  blockId: { hash: new Uint8Array(32).fill(hash), parts: { total: 1, hash: new Uint8Array(32).fill(1) } },
  timestamp: { seconds: 1_700_000_000n + height, nanos: hash },
  address: new Uint8Array(20),
  index: 0,
  extension: new Uint8Array(),
});

let item: Arbiter | undefined;
let counts = { claims: 0, looks: 0, signs: 0 };
let lookFails = false;
beforeEach(() => {
  const opened = applyOpening(undefined, { validator: v, floor: { kind: 'consensus', height: 1, round: 0, step: 3 }, attempt: attempt('open') });
  item = opened.outcome === 'done' ? opened.item : undefined;
  counts = { claims: 0, looks: 0, signs: 0 };
  lookFails = false;
});
const claim = async (one: DutyClaim): Promise<ClaimOutcome> => {
  counts.claims += 1;
  const outcome = applyClaim(item, one);
  if (outcome.outcome === 'won') item = outcome.item;
  return outcome;
};
const look = async (): Promise<Arbiter | undefined> => {
  counts.looks += 1;
  if (lookFails) throw new Error('no answer');
  return item;
};

let made = 0;
const signerOn = (node: NodeId, key?: MemberKey) => {
  const file = join(dir, `${(made += 1)}.json`);
  const load = (): GatedSigner => {
    const clock = { timeout: () => new AbortController().signal, sleep: async () => undefined };
    const signer = new GatedSigner({
      chainId: 'c',
      validator: v,
      node,
      publicKey,
      state: new StateFile(file),
      isOpen: () => true,
      claim,
      look,
      clock,
    });
    signer.load(key ?? Buffer.from(seed));
    return signer;
  };
  return { signer: load(), again: load };
};
const signatureOf = async (signer: GatedSigner, duty: Vote): Promise<string> => {
  const outcome = await signer.sign(duty, 'c');
  return outcome.ok ? Buffer.from(outcome.signed.signature).toString('hex') : outcome.reason;
};
const lastClaimed = (): string => Buffer.from(item?.claimed?.signature ?? '', 'base64').toString('hex');

/** birch loses the first race. */
const raced = async (key?: MemberKey) => {
  const [first, second] = [signerOn(amber), signerOn(birch, key)];
  await signatureOf(first.signer, vote(5n));
  await signatureOf(second.signer, vote(5n));
  return { first: first.signer, second: second.signer, again: second.again };
};

describe('who was not first', () => {
  test('takes what is claimed, by one read and no write', async () => {
    const { first, second } = await raced();
    expect(counts).toMatchObject({ claims: 2, looks: 0 });
    for (const height of [6n, 7n, 8n]) {
      const led = await signatureOf(first, vote(height));
      expect(await signatureOf(second, vote(height))).toBe(led);
    }
    expect(counts).toMatchObject({ claims: 5, looks: 3 });
  });
  test('keeps it as its own: nothing else of that duty is signed by it, were the arbiter to come back from an earlier time', async () => {
    const { first, second, again } = await raced();
    const early = item;
    await signatureOf(first, vote(6n));
    await signatureOf(second, vote(6n));
    item = early;
    expect(await signatureOf(again(), vote(6n, 8))).toBe('a duty at or above height 6, round 0, step 2 may have been signed');
  });
  test('signs nothing with its key', async () => {
    const key = {
      sign: async (message: Uint8Array): Promise<Buffer> => {
        counts.signs += 1;
        return sign(null, message, pair.privateKey);
      },
    };
    const { first, second } = await raced(key);
    expect(counts.signs).toBe(1);
    await signatureOf(first, vote(6n));
    expect(await signatureOf(second, vote(6n))).toBe(lastClaimed());
    expect(counts).toEqual({ claims: 3, looks: 1, signs: 1 });
  });
  test('claims when nobody has, and leads from then on', async () => {
    const { first, second } = await raced();
    expect(await signatureOf(second, vote(6n))).toBe(lastClaimed());
    expect(counts).toMatchObject({ claims: 3, looks: 2 });
    await signatureOf(second, vote(7n));
    expect(counts).toMatchObject({ claims: 4, looks: 2 });
    // And who led before learns it by its next claim.
    await signatureOf(first, vote(7n));
    expect(counts).toMatchObject({ claims: 5, looks: 2 });
    await signatureOf(second, vote(8n));
    await signatureOf(first, vote(8n));
    expect(counts).toMatchObject({ claims: 6, looks: 3 });
  });
  test('is refused by a look as by a claim, and signs nothing for it', async () => {
    const { first, second } = await raced();
    await signatureOf(first, vote(6n));
    expect(await signatureOf(second, vote(6n, 9))).toBe(
      'the arbiter refuses height 6, round 0, step 2: i-0a11ce0000000001 claimed height 6, round 0, step 2',
    );
    expect(second.watermark()).toMatchObject({ height: 5 });
    expect(counts).toMatchObject({ claims: 3, looks: 1 });
  });
  test('claims when it cannot look', async () => {
    const { first, second } = await raced();
    lookFails = true;
    await signatureOf(first, vote(6n));
    expect(await signatureOf(second, vote(6n))).toBe(lastClaimed());
    expect(counts).toMatchObject({ claims: 4, looks: 2 });
  });
  test('says that the arbiter is closed', async () => {
    const { second } = await raced();
    const ended = applyClosing(item, { validator: v, attempt: attempt('close') });
    if (ended.outcome === 'done') item = ended.item;
    expect(await signatureOf(second, vote(6n))).toBe('the arbiter of this validator is closed');
    expect(second.trouble).toBe('ArbiterClosed: the arbiter of this validator is closed.');
  });
  test('lets no signature leave that is none of this message', async () => {
    const { first, second } = await raced();
    await signatureOf(first, vote(6n));
    if (item?.claimed) item = { ...item, claimed: { ...item.claimed, signature: Buffer.alloc(64, 1).toString('base64') } };
    expect(await signatureOf(second, vote(6n))).toBe('what the arbiter holds is no signature of this message');
    expect(second.watermark()).toMatchObject({ height: 5 });
  });
});
