import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { EthereumMark } from '../../chains/ethereum/mark.ts';
import { loadBls } from '../../chains/ethereum/signer/bls.ts';
import { EthereumSigner } from '../../chains/ethereum/signer/signer.ts';
import { HistoryStore, type StoreDisk } from '../../chains/ethereum/signer/store.ts';

/** Keys, requests and a signer of the Ethereum kind, in a folder of the test. */

/** The first two of the interop keys that development chains use. */
export const secrets = [
  '25295f0d1d592a90b333e26e85149708208e9f8e8bc18f6c77bd62f8ad7a6866',
  '51d0b65185db6989ab0b560d6deed19c7ead0e24b9b6372cbecb1f26bdfad000',
] as const;
export const publicKeys = [
  '0xa99a76ed7796f7be22d5b7e85deeb7c5677e88e511e0b337618f8c4eb61349b4bf2d153f649f7b53359fe8b94a38e44c',
  '0xb89bebc699769726a318c8e9971bd3171297c61aea4a6578a7a4f94b547dcba5bac16a89108b6b6a1fe3695d1a874a0b',
] as const;
export const keyFile = (): Buffer => Buffer.from(`${secrets.join('\n')}\n`);

export const chainRoot = `0x${'0a'.repeat(32)}`;
const root = (fill: string): string => `0x${fill.repeat(32)}`;
export const fork = { fork: { previous_version: '0x01000001', current_version: '0x02000001', epoch: '1' }, genesis_validators_root: chainRoot };

export const voteOf = (source: number, target: number, fill = '01'): Record<string, unknown> => ({
  type: 'ATTESTATION',
  fork_info: fork,
  attestation: {
    slot: String(target * 8 + 3),
    index: '0',
    beacon_block_root: root(fill),
    source: { epoch: String(source), root: root('02') },
    target: { epoch: String(target), root: root('03') },
  },
});
export const blockOf = (slot: number, fill = '01'): Record<string, unknown> => ({
  type: 'BLOCK_V2',
  fork_info: fork,
  beacon_block: {
    version: 'BELLATRIX',
    block_header: { slot: String(slot), proposer_index: '7', parent_root: root(fill), state_root: root('02'), body_root: root('03') },
  },
});
export const selectionOf = (slot: number): Record<string, unknown> => ({
  type: 'AGGREGATION_SLOT',
  fork_info: fork,
  aggregation_slot: { slot: String(slot) },
});

export const floor: EthereumMark = { kind: 'eip3076', slot: 10, source: 1, target: 2 };

export let folder: string;
export const useEthereumFolder = (): void => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-eth-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
};

/** The one mark, where a test can see and break it. */
export class TestMark {
  mark: EthereumMark | null = null;
  onSave: () => void = () => undefined;
  load(): EthereumMark | null {
    return this.mark;
  }
  save(mark: EthereumMark): void {
    this.onSave();
    this.mark = mark;
  }
}

export const signerOf = (of: { isOpen?: () => boolean; mark?: TestMark; disk?: StoreDisk } = {}): EthereumSigner =>
  new EthereumSigner({
    publicKeys,
    genesisValidatorsRoot: chainRoot,
    genesisForkVersion: '0x00000001',
    slotsPerEpoch: 8,
    store: new HistoryStore({ file: join(folder, 'signed.jsonl'), chain: chainRoot, ...(of.disk === undefined ? {} : { disk: of.disk }) }),
    mark: of.mark ?? new TestMark(),
    isOpen: of.isOpen ?? (() => true),
  });

/** With its keys loaded, at the floor. */
export const loadedSigner = async (of: Parameters<typeof signerOf>[0] = {}): Promise<EthereumSigner> => {
  const signer = signerOf(of);
  signer.load(keyFile(), floor, await loadBls());
  return signer;
};

export interface TestVote {
  readonly key: string;
  readonly source: number;
  readonly target: number;
  /** Another one is another message. */
  readonly fill: string;
}

/** By the full history: votes of one key that are a double vote, or surround another. */
export const conflictsAmong = (votes: readonly TestVote[]): TestVote[] =>
  votes.filter((a) =>
    votes.some(
      (b) =>
        a.key === b.key && ((a.target === b.target && (a.source !== b.source || a.fill !== b.fill)) || (a.source < b.source && b.target < a.target)),
    ),
  );
