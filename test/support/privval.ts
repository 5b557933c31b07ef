import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { BlockId, Proposal, Vote } from '../../chains/cometbft/privval/read.ts';
import { Signer } from '../../chains/cometbft/privval/signer.ts';
import { StateFile } from '../../chains/state.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';

/** Duties and a signer that tests of privval begin from. */

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const nil: BlockId = { hash: new Uint8Array(), parts: { total: 0, hash: new Uint8Array() } };
export const block = (fill: number): BlockId => ({ hash: Buffer.alloc(32, fill), parts: { total: 1, hash: Buffer.alloc(32, fill + 1) } });
/** The zero time of Go, as CometBFT's own vectors have it. */
export const goZero = { seconds: -62_135_596_800n, nanos: 0 };
export const vote = (of: Partial<Vote> = {}): Vote => ({
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
export const proposal = (of: Partial<Proposal> = {}): Proposal => ({
  kind: 'proposal',
  type: 32,
  height: 5n,
  round: 0,
  polRound: -1,
  blockId: block(1),
  timestamp: { seconds: 1_700_000_000n, nanos: 5 },
  ...of,
});

export const seed = Buffer.alloc(32, 3);
export const publicKey = rawPublicKeyOf(privateKeyOf(seed));
export let dir = '';
/** Call it once at the top of a test file: a fresh folder for each test. */
export const useFolder = (): void => {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pv-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });
};

export const signerOf = (isOpen: () => boolean = () => true, state = new StateFile(join(dir, 'watermark.json'))): Signer => {
  const signer = new Signer({ chainId: 'c', state, isOpen });
  signer.load(Buffer.from(seed), { kind: 'consensus', height: 3, round: 2_147_483_647, step: 3 });
  return signer;
};
