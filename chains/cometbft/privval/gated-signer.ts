import { sign, verify, type KeyObject } from 'node:crypto';
import { ArbiterAsk } from '../../ask-arbiter.ts';
import { claimOf, type Claimed, type ClaimOutcome, type DutyClaim, type Unknown } from '../../../core/gate.ts';
import type { NodeId, ValidatorId } from '../../../core/ids.ts';
import type { Clock } from '../../../core/time.ts';
import { dutyOf, judgeDuty, type LastDuty, type Watermark } from '../../../core/watermark.ts';
import { privateKeyOf, publicKeyOf } from '../../../runtime/ed25519.ts';
import type { SignState, StateFile } from '../../state.ts';
import { isSane, markOf } from './duty.ts';
import type { Proposal, Vote } from './read.ts';
import { seedBytes, type SignOutcome } from './signer.ts';
import { contentOf, extensionBytes, refusalCodes, signBytes, wantsExtension } from './write.ts';

/**
 * The signer of custody `gate`. It signs a duty once, keeps that on its disk, and claims it from the arbiter; only what the arbiter answers
 * leaves: its own signature when the claim won, the stored one when this very message was claimed before, by whomever. A claim without an
 * answer is made again as it was, never signed again, so a lost reply is read back and no signature is made twice.
 */

export interface GatedOptions {
  readonly chainId: string;
  readonly validator: ValidatorId;
  readonly node: NodeId;
  /** Raw, 32 bytes: what is published is verified by it. */
  readonly publicKey: Buffer;
  readonly state: StateFile;
  /** Asked before a duty is claimed and again before its signature leaves. */
  readonly isOpen: () => boolean;
  /** One request to the arbiter, which the signal ends. Never rejects. */
  readonly claim: (claim: DutyClaim, signal: AbortSignal) => Promise<ClaimOutcome | Unknown>;
  readonly clock: Pick<Clock, 'timeout'>;
}

type Refusal = SignOutcome & { readonly ok: false };
const refuse = (code: number, reason: string): Refusal => ({ ok: false, code, reason });

const toldBy = (outcome: ClaimOutcome & { outcome: 'refused' }, duty: Watermark): Refusal => {
  const { found } = outcome;
  if (found === undefined) return refuse(refusalCodes.arbiter, 'there is no arbiter of this validator');
  if (found.phase === 'closed') return refuse(refusalCodes.arbiter, 'the arbiter of this validator is closed');
  const by = found.claimed === null ? 'it was opened with' : `${found.claimed.signer} claimed`;
  return refuse(refusalCodes.watermark, `the arbiter refuses ${dutyOf(duty)}: ${by} ${dutyOf(found.watermark)}`);
};

export class GatedSigner {
  readonly #options: GatedOptions;
  readonly #public: KeyObject;
  #key: KeyObject | null = null;
  #last: SignState | null = null;
  readonly #arbiter: ArbiterAsk;
  #queue: Promise<unknown> = Promise.resolve();
  #trouble: string | null = null;

  constructor(options: GatedOptions) {
    this.#options = options;
    this.#public = publicKeyOf(options.publicKey);
    this.#arbiter = new ArbiterAsk({ ask: options.claim, clock: options.clock });
  }

  /** Takes the key in. The caller wipes `seed`. @throws when the watermark cannot be read. */
  load(seed: Buffer): void {
    if (seed.length !== seedBytes) throw new Error(`the key has ${seed.length} bytes, expected ${seedBytes}`);
    this.#last = this.#options.state.load();
    this.#key = privateKeyOf(seed);
  }

  get loaded(): boolean {
    return this.#key !== null;
  }

  /** Drops the key. From here on nothing more is signed, and a claim that is under way publishes nothing. */
  unload(): void {
    this.#key = null;
  }

  /** The highest duty that may have been signed here, or null when nothing ever was. */
  watermark(): Watermark | null {
    return this.#last?.watermark ?? this.#options.state.load()?.watermark ?? null;
  }

  /** Why the arbiter let nothing leave when it was asked last: silence, none, or closed. A code and a sentence, or null. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  /** Signs one duty or says why not. One after the other, whatever the number of connections. Never rejects. */
  sign(duty: Vote | Proposal, chainId: string): Promise<SignOutcome> {
    const done = this.#queue.then(() => this.#sign(duty, chainId));
    this.#queue = done;
    return done;
  }

  async #sign(duty: Vote | Proposal, chainId: string): Promise<SignOutcome> {
    const { chainId: own, isOpen } = this.#options;
    if (chainId !== own) return refuse(refusalCodes.wrongChain, `this signer is for chain ${own}`);
    if (!isSane(duty)) return refuse(refusalCodes.wrongChain, 'not a duty that can be signed');
    const key = this.#key;
    if (key === null || !isOpen()) return refuse(refusalCodes.notHolder, 'this node is no member of the validator');
    const prepared = this.#prepare(duty, key);
    if ('ok' in prepared) return prepared;
    const outcome = await this.#claim(prepared);
    if (outcome === null) return refuse(refusalCodes.arbiter, 'the arbiter does not answer');
    if (outcome.outcome === 'refused') return toldBy(outcome, prepared.duty);
    return this.#leave(duty, outcome.claimed, key);
  }

  /** Its own signature of the duty, made once: on the disk before anybody is asked. */
  #prepare(duty: Vote | Proposal, key: KeyObject): DutyClaim | Refusal {
    const { chainId, validator, node, state } = this.#options;
    const content = contentOf(duty, chainId);
    const watermark = markOf(duty);
    const last = this.#last;
    const remembered: LastDuty | null = last === null ? null : { watermark: last.watermark, content: last.detail?.content ?? '' };
    const verdict = judgeDuty({ last: remembered, floor: null, duty: { watermark, content } });
    if (verdict === 'refuse') return refuse(refusalCodes.watermark, `a duty at or above ${dutyOf(watermark)} may have been signed`);
    const made = (signature: string, seconds: string, nanos: number): DutyClaim =>
      claimOf({ validator, node, duty: watermark, claimed: { content, signature, time: { seconds, nanos } } });
    if (verdict === 'repeat' && last?.detail) return made(last.detail.signature, last.detail.seconds, last.detail.nanos);
    const detail = {
      content,
      signature: sign(null, signBytes(duty, chainId), key).toString('base64'),
      seconds: String(duty.timestamp.seconds),
      nanos: duty.timestamp.nanos,
    };
    try {
      state.save({ watermark, detail });
    } catch {
      // What the disk holds now is not known: nothing more is signed until the key is loaded anew.
      this.#key = null;
      return refuse(refusalCodes.state, 'the watermark could not be written');
    }
    this.#last = { watermark, detail };
    return made(detail.signature, detail.seconds, detail.nanos);
  }

  /** Null when the arbiter gave no answer that counts. */
  async #claim(claim: DutyClaim): Promise<ClaimOutcome | null> {
    const outcome = await this.#arbiter.ask(claim);
    if (outcome.outcome === 'unknown') {
      const why = (outcome.cause as Error).name;
      const code = why === 'ArbiterWentBack' ? why : 'ArbiterSilent';
      this.#trouble = `${code}: no answer to the claim of ${dutyOf(claim.duty)} (${why}), so nothing is signed.`;
      return null;
    }
    const ended = outcome.outcome === 'refused' && outcome.found?.phase !== 'open';
    this.#trouble = ended ? `ArbiterClosed: ${toldBy(outcome, claim.duty).reason}.` : null;
    return outcome;
  }

  /** Only a signature of this very message; the machine may have been frozen, and the key taken away, while the arbiter was asked. */
  #leave(duty: Vote | Proposal, claimed: Claimed, key: KeyObject): SignOutcome {
    const { chainId, isOpen } = this.#options;
    if (this.#key !== key || !isOpen()) return refuse(refusalCodes.notHolder, 'this node ceased to be a member while the arbiter was asked');
    const signature = Buffer.from(claimed.signature, 'base64');
    if (claimed.time === null) return refuse(refusalCodes.arbiter, 'the arbiter holds a signature without its time');
    const timestamp = { seconds: BigInt(claimed.time.seconds), nanos: claimed.time.nanos };
    if (!verify(null, signBytes(duty, chainId, timestamp), this.#public, signature))
      return refuse(refusalCodes.arbiter, 'what the arbiter holds is no signature of this message');
    const extensionSignature = wantsExtension(duty) ? sign(null, extensionBytes(duty, chainId), key) : null;
    return { ok: true, signed: { signature, timestamp, extensionSignature } };
  }
}
