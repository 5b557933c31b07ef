import { sign, verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyClaim, applyOpening, type Arbiter, type ClaimOutcome, type DutyClaim } from '../../../core/gate.ts';
import { BatonError } from '../../../core/errors.ts';
import { privateKeyOf, publicKeyOf } from '../../../runtime/ed25519.ts';
import { amber, attempt, v } from '../../../test/support/core.ts';
import { block, dir, publicKey, seed, useFolder, vote } from '../../../test/support/privval.ts';
import { StateFile } from '../../state.ts';
import { GatedSigner } from './gated-signer.ts';
import { extensionBytes, signBytes } from './write.ts';

/** The gated signer with a key that lies elsewhere: signed first, claimed then, and nothing at all when the key does not sign. */

useFolder();

const floor = { kind: 'consensus', height: 3, round: 2_147_483_647, step: 3 } as const;
const failed = new BatonError('KeyServiceFailed', 'KMS did not sign: TimeoutError', { fix: 'x' });

class Key {
  readonly asked: Buffer[] = [];
  readonly signals: AbortSignal[] = [];
  meanwhile: () => void | Promise<void> = () => undefined;
  async sign(message: Uint8Array, signal: AbortSignal): Promise<Buffer> {
    this.asked.push(Buffer.from(message));
    this.signals.push(signal);
    await this.meanwhile();
    return sign(null, message, privateKeyOf(seed));
  }
}

const bench = () => {
  let item: Arbiter | undefined;
  const opened = applyOpening(undefined, { validator: v, floor, attempt: attempt('open') });
  if (opened.outcome === 'done') item = opened.item;
  const claims: DutyClaim[] = [];
  const open = { now: true };
  const limits: number[] = [];
  const key = new Key();
  const file = join(dir, 'w.json');
  const signer = new GatedSigner({
    chainId: 'c',
    validator: v,
    node: amber,
    publicKey,
    state: new StateFile(file),
    isOpen: () => open.now,
    claim: async (claim): Promise<ClaimOutcome> => {
      claims.push(claim);
      const outcome = applyClaim(item, claim);
      if (outcome.outcome === 'won') item = outcome.item;
      return outcome;
    },
    clock: {
      timeout: (ms) => {
        limits.push(ms);
        return new AbortController().signal;
      },
      sleep: async () => undefined,
    },
  });
  signer.load(key);
  return { signer, key, claims, open, file, limits };
};

test('signs the duty and its extension there, each within 1.5 s, and then claims', async () => {
  const { signer, key, claims, limits } = bench();
  const duty = vote({ extension: Buffer.from('e') });
  const outcome = await signer.sign(duty, 'c');
  if (!outcome.ok) throw new Error(outcome.reason);
  const { signature, extensionSignature } = outcome.signed;
  expect(verify(null, signBytes(duty, 'c'), publicKeyOf(publicKey), signature)).toBe(true);
  expect(verify(null, extensionBytes(duty, 'c'), publicKeyOf(publicKey), extensionSignature ?? new Uint8Array())).toBe(true);
  expect(key.asked).toEqual([signBytes(duty, 'c'), extensionBytes(duty, 'c')]);
  expect(claims.length).toBe(1);
  expect(limits).toEqual([1_500, 1_500, 400]);
});

test('asks for no signature of what it has signed, and none of a duty that it refuses', async () => {
  const { signer, key } = bench();
  await signer.sign(vote({ type: 1 }), 'c');
  expect((await signer.sign(vote({ type: 1 }), 'c')).ok).toBe(true);
  expect(key.asked.length).toBe(1);
  expect(await signer.sign(vote({ type: 1, blockId: block(2) }), 'c')).toMatchObject({ ok: false, code: 2 });
  expect(await signer.sign(vote(), 'd')).toMatchObject({ ok: false, code: 3 });
  expect(key.asked.length).toBe(1);
});

describe('a key that does not sign', () => {
  test('lets nothing leave: nothing is kept, nothing is claimed, and it says so until the next signature', async () => {
    const { signer, key, claims, file } = bench();
    key.meanwhile = () => Promise.reject(failed);
    expect(await signer.sign(vote(), 'c')).toEqual({ ok: false, code: 6, reason: 'the key does not sign' });
    expect(signer.trouble).toBe('KeyServiceFailed: height 5, round 0, step 3 is not signed: KMS did not sign: TimeoutError.');
    expect(claims).toEqual([]);
    expect(existsSync(file)).toBe(false);
    expect(signer.loaded).toBe(true);
    key.meanwhile = () => undefined;
    expect((await signer.sign(vote({ blockId: block(2) }), 'c')).ok).toBe(true);
    expect(signer.trouble).toBe(null);
  });
  test('for the extension alone keeps the vote back too', async () => {
    const { signer, key, claims } = bench();
    key.meanwhile = () => (key.asked.length === 2 ? Promise.reject(new TypeError('x')) : undefined);
    expect(await signer.sign(vote(), 'c')).toMatchObject({ ok: false, code: 6 });
    expect(signer.trouble).toBe('KeyServiceFailed: height 5, round 0, step 3 is not signed: TypeError.');
    expect(claims).toEqual([]);
  });
});

describe('while KMS signs', () => {
  test.each<[string, (of: ReturnType<typeof bench>) => void]>([
    ['the key was taken away', ({ signer }) => signer.unload()],
    ['it was given anew', ({ signer, key }) => (signer.unload(), signer.load(key))],
    ['the gate was closed', ({ open }) => (open.now = false)],
  ])('nothing is kept or claimed when %s', async (_, act) => {
    const of = bench();
    of.key.meanwhile = () => act(of);
    expect(await of.signer.sign(vote(), 'c')).toEqual({ ok: false, code: 1, reason: 'this node ceased to be a member while it signed' });
    expect(of.claims).toEqual([]);
    expect(existsSync(of.file)).toBe(false);
  });
  test('no second duty is begun', async () => {
    const of = bench();
    let release: () => void = () => undefined;
    of.key.meanwhile = () => (of.key.asked.length > 1 ? undefined : new Promise((resolve) => (release = resolve)));
    const [first, second] = [of.signer.sign(vote({ type: 1 }), 'c'), of.signer.sign(vote({ type: 1, blockId: block(2) }), 'c')];
    await expect.poll(() => of.key.asked.length).toBe(1);
    release();
    expect([await first, await second]).toMatchObject([{ ok: true }, { ok: false, code: 2 }]);
    expect(of.key.asked.length).toBe(1);
  });
});
