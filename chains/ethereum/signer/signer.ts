import { covers } from '../../../core/watermark.ts';
import { join, judgeBlock, judgeVote, type KeyHistory, type Verdict } from '../eip3076.ts';
import { epochOf, type EthereumMark } from '../mark.ts';
import type { BlsKey } from './bls.ts';
import { rooted, signRequest, signingRootOf, type Duty, type SignRequest } from './duties.ts';
import { sealedKeys } from './sealed-keys.ts';
import { hexOf } from './ssz.ts';
import type { HistoryStore } from './store.ts';

/** Signs the duties of a set of keys: blocks and votes while the gate is open and once each; what cannot be slashed whenever a key is loaded. */

/** What may be signed once only: a block or a vote of one key. */
export interface Slashable {
  /** `0x` and 96 hex in lower case. */
  readonly key: string;
  readonly kind: 'block' | 'vote';
  /** With zero for what it does not say. */
  readonly mark: EthereumMark;
  /** `0x` and 64 hex. */
  readonly signingRoot: string;
}

export type SignOutcome =
  | { readonly ok: true; readonly signature: string; /** Null for what cannot be slashed. */ readonly slashable: Slashable | null }
  /** The HTTP status as Web3Signer gives it. */
  | { readonly ok: false; readonly status: 400 | 404 | 412 | 500; readonly reason: string };

export interface SignerOptions {
  readonly publicKeys: readonly string[];
  /** `0x` and 64 hex in lower case. */
  readonly genesisValidatorsRoot: string;
  readonly genesisForkVersion: string;
  readonly slotsPerEpoch: number;
  readonly store: HistoryStore;
  /** The one mark over all keys, as the fence document reads it. Kept at or above every message before it is signed. */
  readonly mark: { load(): EthereumMark | null; save(mark: EthereumMark): void };
  /** The hold rule, asked before each block or vote and again before its signature leaves. */
  readonly isOpen: () => boolean;
}

const refused = (status: 400 | 404 | 412 | 500, reason: string): SignOutcome => ({ ok: false, status, reason });

/** What a duty may be slashed for, or null. */
const slashable = (duty: Duty): EthereumMark | null => {
  if (duty.type === 'BLOCK_V2') return { kind: 'eip3076', slot: duty.beacon_block.block_header.slot, source: 0, target: 0 };
  if (duty.type !== 'ATTESTATION') return null;
  return { kind: 'eip3076', slot: 0, source: duty.attestation.source.epoch, target: duty.attestation.target.epoch };
};

export class EthereumSigner {
  readonly #options: SignerOptions;
  readonly #known: ReadonlySet<string>;
  #keys: ReadonlyMap<string, BlsKey> = new Map();
  #mark: EthereumMark | null = null;

  constructor(options: SignerOptions) {
    this.#options = options;
    this.#known = new Set(options.publicKeys);
  }

  /** Raises what is on the disk to at least the floor. @throws when the disk cannot be read or written. */
  raise(floor: EthereumMark): void {
    const before = this.#options.mark.load();
    // A key of which there is no record may have signed all that is known of any of them.
    const unknown = join(before, floor);
    if (before === null || unknown !== before) this.#options.mark.save(unknown);
    this.#mark = unknown;
    this.#options.store.open({ keys: this.#options.publicKeys, floor, unknown });
  }

  /**
   * Takes the keys in. The caller wipes `file`.
   * @throws BatonError KeyInvalid when they are not exactly the keys of this validator, or an error of the disk.
   */
  load(file: Buffer, floor: EthereumMark, bls: (secret: Buffer) => BlsKey): void {
    this.raise(floor);
    const keys = sealedKeys(file, this.#options.publicKeys, bls);
    this.#keys = new Map(keys.map((key) => [key.publicKey, { publicKey: key.publicKey, sign: key.sign }]));
    for (const { secret } of keys) secret.fill(0);
  }

  get loaded(): boolean {
    return this.#keys.size > 0;
  }

  /** Drops the keys. From here on nothing can be signed. */
  unload(): void {
    this.#keys = new Map();
    this.#options.store.close();
  }

  /** The highest that may have been signed here, or null when nothing ever was. */
  watermark(): EthereumMark | null {
    return this.#mark ?? this.#options.mark.load();
  }

  /** Also on a standby: its clients have their duties ready. */
  get publicKeys(): readonly string[] {
    return this.#options.publicKeys;
  }

  /**
   * Signs one duty or says why not. Synchronous from the check to the durable advance, so both are one step.
   * @param body the request of Web3Signer's API, parsed from JSON.
   */
  sign(publicKey: string, body: unknown): SignOutcome {
    const name = publicKey.toLowerCase().replace(/^(0x)?/, '0x');
    if (!this.#known.has(name)) return refused(404, 'no such key');
    const parsed = signRequest.safeParse(body);
    if (!parsed.success) return refused(400, `cannot be verified: ${parsed.error.issues[0]?.path.join('.') || 'type'} is not as it must be`);
    const root = this.#rootOf(parsed.data);
    if (!Buffer.isBuffer(root)) return root;
    const key = this.#keys.get(name);
    if (key === undefined) return refused(412, 'this node does not hold the lease');
    if (slashable(parsed.data) === null) return { ok: true, signature: key.sign(root), slashable: null };
    return this.#signOnce({ name, key, duty: parsed.data, root });
  }

  #rootOf(request: SignRequest): Buffer | SignOutcome {
    const { genesisValidatorsRoot, genesisForkVersion, slotsPerEpoch } = this.#options;
    const { fork_info: fork } = request;
    if (request.type !== 'VALIDATOR_REGISTRATION' && fork?.genesis_validators_root.toLowerCase() !== genesisValidatorsRoot)
      return refused(400, `this signer is for chain ${genesisValidatorsRoot}`);
    if (request.type === 'ATTESTATION' && epochOf(request.attestation.slot, slotsPerEpoch) !== request.attestation.target.epoch)
      return refused(400, 'cannot be verified: the slot of the vote is not in its target epoch');
    let root: Buffer;
    try {
      root = signingRootOf({ duty: rooted(request, (slot) => epochOf(slot, slotsPerEpoch)), fork, genesisForkVersion });
    } catch (error) {
      return refused(400, `cannot be verified: ${(error as Error).message}`);
    }
    const given = request.signingRoot ?? request.signing_root;
    return given === undefined || given.toLowerCase() === hexOf(root) ? root : refused(400, `the signing root is ${hexOf(root)}, not ${given}`);
  }

  #signOnce(of: { name: string; key: BlsKey; duty: Duty; root: Buffer }): SignOutcome {
    const { store, isOpen } = this.#options;
    if (!isOpen()) return refused(412, 'this node does not hold the lease');
    const history = store.get(of.name);
    if (history === undefined) return refused(412, 'the record of what was signed is closed');
    const { verdict, next } = this.#judge(history, of.duty, hexOf(of.root));
    if (verdict === 'refuse') return refused(412, 'a message at or above this one may have been signed');
    try {
      if (verdict === 'sign') this.#advance(of.name, next, of.duty);
    } catch {
      // What the disk holds now is not known: nothing more is signed until the keys are loaded anew.
      this.unload();
      return refused(500, 'the record of what was signed could not be written');
    }
    const signature = of.key.sign(of.root);
    // The machine may have been frozen between the check and here.
    const mark = slashable(of.duty);
    const kind = of.duty.type === 'BLOCK_V2' ? 'block' : 'vote';
    if (!isOpen() || mark === null) return refused(412, 'the lease ran out while signing');
    return { ok: true, signature, slashable: { key: of.name, kind, mark, signingRoot: hexOf(of.root) } };
  }

  #judge(history: KeyHistory, duty: Duty, signingRoot: string): { verdict: Verdict; next: KeyHistory } {
    if (duty.type === 'BLOCK_V2') {
      const block = { slot: duty.beacon_block.block_header.slot, signingRoot };
      return { verdict: judgeBlock(history.block, block), next: { ...history, block } };
    }
    if (duty.type !== 'ATTESTATION') return { verdict: 'refuse', next: history };
    const vote = { source: duty.attestation.source.epoch, target: duty.attestation.target.epoch, signingRoot };
    return { verdict: judgeVote(history.vote, vote), next: { ...history, vote } };
  }

  // The one mark goes first: whatever stops between the two leaves it too high, never too low.
  #advance(name: string, next: KeyHistory, duty: Duty): void {
    const [before, own] = [this.#mark, slashable(duty)];
    if (before === null || own === null) throw new Error('the mark is not loaded');
    if (!covers(before, own)) {
      const raised = join(before, own);
      this.#options.mark.save(raised);
      this.#mark = raised;
    }
    this.#options.store.advance(name, next);
  }
}
