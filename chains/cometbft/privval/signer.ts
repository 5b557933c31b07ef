import { sign, type KeyObject } from 'node:crypto';
import { dutyOf, highest, judgeDuty, type LastDuty, type Watermark } from '../../../core/watermark.ts';
import { privateKeyOf } from '../../../runtime/ed25519.ts';
import type { StateFile, SignState } from '../../state.ts';
import { isSane, markOf } from './duty.ts';
import type { Proposal, Vote } from './read.ts';
import { contentOf, extensionBytes, refusalCodes, signBytes, wantsExtension, type Signed } from './write.ts';

/** Signs votes and proposals while the gate is open, each duty once. One per validator and node, whatever the number of connections. */

export type SignOutcome = { readonly ok: true; readonly signed: Signed } | { readonly ok: false; readonly code: number; readonly reason: string };

export const seedBytes = 32;

export class Signer {
  readonly #chainId: string;
  readonly #state: StateFile;
  readonly #isOpen: () => boolean;
  #key: KeyObject | null = null;
  #last: SignState | null = null;
  #floor: Watermark | null = null;

  /** @param options.isOpen the hold rule, asked before each signature and again before it leaves. */
  constructor(options: { chainId: string; state: StateFile; isOpen: () => boolean }) {
    this.#chainId = options.chainId;
    this.#state = options.state;
    this.#isOpen = options.isOpen;
  }

  /** Takes the key in and raises the floor. The caller wipes `seed`. @throws when the watermark cannot be read or written. */
  load(seed: Buffer, floor: Watermark): void {
    if (seed.length !== seedBytes) throw new Error(`the key has ${seed.length} bytes, expected ${seedBytes}`);
    this.raise(floor);
    this.#key = privateKeyOf(seed);
  }

  /** Raises the durable watermark to at least the floor. @throws when the disk cannot be read or written. */
  raise(floor: Watermark): void {
    this.#last = this.#state.load();
    const raised = highest(this.#last?.watermark ?? null, floor);
    if (raised !== null && raised !== this.#last?.watermark) {
      this.#state.save({ watermark: raised, detail: null });
      this.#last = { watermark: raised, detail: null };
    }
    this.#floor = floor;
  }

  /** A key is loaded; one that was dropped because the watermark could not be written must be loaded anew. */
  get loaded(): boolean {
    return this.#key !== null;
  }

  /** Drops the key. From here on nothing can be signed. */
  unload(): void {
    this.#key = null;
  }

  /** The highest duty that may have been signed here, or null when nothing ever was. */
  watermark(): Watermark | null {
    return this.#last?.watermark ?? this.#state.load()?.watermark ?? null;
  }

  /**
   * Signs one duty or says why not. Synchronous from the check to the durable advance: no other request can come in between,
   * so check and advance are one step.
   */
  sign(duty: Vote | Proposal, chainId: string): SignOutcome {
    if (chainId !== this.#chainId) return { ok: false, code: refusalCodes.wrongChain, reason: `this signer is for chain ${this.#chainId}` };
    if (!isSane(duty)) return { ok: false, code: refusalCodes.wrongChain, reason: 'not a duty that can be signed' };
    const key = this.#key;
    if (key === null || !this.#isOpen()) return { ok: false, code: refusalCodes.notHolder, reason: 'this node does not hold the lease' };
    const content = contentOf(duty, chainId);
    const watermark = markOf(duty);
    const last = this.#last;
    const remembered: LastDuty | null = last === null ? null : { watermark: last.watermark, content: last.detail?.content ?? '' };
    const verdict = judgeDuty({ last: remembered, floor: this.#floor, duty: { watermark, content } });
    if (verdict === 'refuse')
      return { ok: false, code: refusalCodes.watermark, reason: `a duty at or above ${dutyOf(watermark)} may have been signed` };
    const extensionSignature = wantsExtension(duty) ? sign(null, extensionBytes(duty, chainId), key) : null;
    if (verdict === 'repeat' && last?.detail) {
      const { signature, seconds, nanos } = last.detail;
      return this.#leave({ signature: Buffer.from(signature, 'base64'), timestamp: { seconds: BigInt(seconds), nanos }, extensionSignature });
    }
    const signature = sign(null, signBytes(duty, chainId), key);
    const next: SignState = {
      watermark,
      detail: { content, signature: signature.toString('base64'), seconds: String(duty.timestamp.seconds), nanos: duty.timestamp.nanos },
    };
    try {
      this.#state.save(next);
    } catch {
      // What the disk holds now is not known: nothing more is signed until the key is loaded anew.
      this.#key = null;
      return { ok: false, code: refusalCodes.state, reason: 'the watermark could not be written' };
    }
    this.#last = next;
    return this.#leave({ signature, timestamp: duty.timestamp, extensionSignature });
  }

  // The machine may have been frozen between the check and here.
  #leave(signed: Signed): SignOutcome {
    return this.#isOpen() ? { ok: true, signed } : { ok: false, code: refusalCodes.notHolder, reason: 'the lease ran out while signing' };
  }
}
