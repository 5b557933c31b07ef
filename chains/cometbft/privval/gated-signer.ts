import { sign, verify, type KeyObject } from 'node:crypto';
import { ArbiterAsk, type LookOnce } from '../../ask-arbiter.ts';
import type { MemberKey } from '../../gate-driver.ts';
import { BatonError } from '../../../core/errors.ts';
import { claimOf, type Claimed, type ClaimOutcome, type DutyClaim, type Sought, type Unknown } from '../../../core/gate.ts';
import type { NodeId, ValidatorId } from '../../../core/ids.ts';
import { durationMs, type Clock } from '../../../core/time.ts';
import { dutyOf, judgeDuty, type LastDuty, type Watermark } from '../../../core/watermark.ts';
import { privateKeyOf, publicKeyOf } from '../../../runtime/ed25519.ts';
import type { SignState, StateFile } from '../../state.ts';
import { isSane, markOf } from './duty.ts';
import type { Proposal, Vote } from './read.ts';
import { seedBytes, type SignOutcome } from './signer.ts';
import { contentOf, extensionBytes, refusalCodes, signBytes, wantsExtension } from './write.ts';

/**
 * The signer of custody `gate`. It signs a duty once, here or in KMS, keeps that on its disk, and claims it from the arbiter; only what the arbiter answers
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
  /** A consistent read of the arbiter's item; without it every duty is claimed. */
  readonly look?: LookOnce | undefined;
  readonly clock: Pick<Clock, 'timeout' | 'sleep'>;
}

/** For a signature by a key that lies elsewhere: with the two claims it is well below the 5 s that CometBFT waits. */
export const distantSignMs = durationMs(1_500);

/** Signs, or rejects. Another one with each key that is taken in. */
type SignWith = (message: Uint8Array) => Promise<Buffer>;

interface Judged {
  readonly sought: Sought;
  /** What was signed of this very message before. */
  readonly before: NonNullable<SignState['detail']> | null;
}

interface Prepared {
  readonly claim: DutyClaim;
  readonly extensionSignature: Buffer | null;
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
  #key: SignWith | null = null;
  #last: SignState | null = null;
  readonly #arbiter: ArbiterAsk;
  #queue: Promise<unknown> = Promise.resolve();
  #trouble: string | null = null;

  constructor(options: GatedOptions) {
    this.#options = options;
    this.#public = publicKeyOf(options.publicKey);
    this.#arbiter = new ArbiterAsk({ ask: options.claim, look: options.look, clock: options.clock });
  }

  /** Takes the key in. The caller wipes what it gave. @throws when the watermark cannot be read. */
  load(key: MemberKey): void {
    const signWith = this.#signWith(key);
    this.#last = this.#options.state.load();
    this.#key = signWith;
  }

  #signWith(key: MemberKey): SignWith {
    if (!Buffer.isBuffer(key)) return (message) => key.sign(message, this.#options.clock.timeout(distantSignMs));
    if (key.length !== seedBytes) throw new Error(`the key has ${key.length} bytes, expected ${seedBytes}`);
    const own = privateKeyOf(key);
    return async (message) => sign(null, message, own);
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

  /** Why nothing could leave when a signature was asked for last: a key in KMS that does not sign; an arbiter that is silent, not there, or closed. */
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
    const judged = this.#judge(duty);
    if ('ok' in judged) return judged;
    const seen = judged.before === null ? await this.#arbiter.lookFirst(judged.sought) : null;
    if (seen !== null) this.#note(seen, judged.sought.duty);
    if (seen?.outcome === 'refused') return toldBy(seen, judged.sought.duty);
    if (seen?.outcome === 'repeat') return this.#follow(duty, seen.claimed, key);
    const prepared = await this.#prepare(duty, key, judged);
    if ('ok' in prepared) return prepared;
    const outcome = await this.#claim(prepared.claim);
    if (outcome === null) return refuse(refusalCodes.arbiter, 'the arbiter does not answer');
    if (outcome.outcome === 'refused') return toldBy(outcome, prepared.claim.duty);
    return this.#leave(duty, outcome.claimed, { key, extensionSignature: prepared.extensionSignature });
  }

  /** What this disk says of the duty: whether it may be signed, and what was signed of it before. */
  #judge(duty: Vote | Proposal): Judged | Refusal {
    const { chainId, validator } = this.#options;
    const content = contentOf(duty, chainId);
    const watermark = markOf(duty);
    const last = this.#last;
    const remembered: LastDuty | null = last === null ? null : { watermark: last.watermark, content: last.detail?.content ?? '' };
    const verdict = judgeDuty({ last: remembered, floor: null, duty: { watermark, content } });
    if (verdict === 'refuse') return refuse(refusalCodes.watermark, `a duty at or above ${dutyOf(watermark)} may have been signed`);
    return { sought: { validator, duty: watermark, claimed: { content } }, before: verdict === 'repeat' ? (last?.detail ?? null) : null };
  }

  /** Another signer's signature of this very message. It is kept as if it were this one's own, before it leaves: nothing else of the duty is signed here. */
  async #follow(duty: Vote | Proposal, claimed: Claimed, key: SignWith): Promise<SignOutcome> {
    const made = await this.#make(duty, key, false);
    if ('ok' in made) return made;
    const outcome = this.#leave(duty, claimed, { key, extensionSignature: made.extensionSignature });
    const { content, signature, time } = claimed;
    if (!outcome.ok || time === null) return outcome;
    const kept = this.#keep({ watermark: markOf(duty), detail: { content, signature, ...time } });
    return kept ? outcome : refuse(refusalCodes.state, 'the watermark could not be written');
  }

  /** Its own signature of the duty, made once: on the disk before the arbiter is asked. */
  async #prepare(duty: Vote | Proposal, key: SignWith, { sought, before }: Judged): Promise<Prepared | Refusal> {
    const { validator, node } = this.#options;
    const { duty: watermark, claimed } = sought;
    const { content } = claimed;
    const signed = await this.#make(duty, key, before === null);
    if ('ok' in signed) return signed;
    const { seconds, nanos } = duty.timestamp;
    const detail = before ?? { content, signature: String(signed.signature?.toString('base64')), seconds: String(seconds), nanos };
    if (before === null && !this.#keep({ watermark, detail })) return refuse(refusalCodes.state, 'the watermark could not be written');
    const time = { seconds: detail.seconds, nanos: detail.nanos };
    const claim = claimOf({ validator, node, duty: watermark, claimed: { content, signature: detail.signature, time } });
    return { claim, extensionSignature: signed.extensionSignature };
  }

  /** The signatures, both at once; that of the duty only when it is `fresh`. KMS may take its time, in which the key may be taken away. */
  async #make(
    duty: Vote | Proposal,
    key: SignWith,
    fresh: boolean,
  ): Promise<{ readonly signature: Buffer | null; readonly extensionSignature: Buffer | null } | Refusal> {
    const { chainId, isOpen } = this.#options;
    try {
      const [signature, extensionSignature] = await Promise.all([
        fresh ? key(signBytes(duty, chainId)) : null,
        wantsExtension(duty) ? key(extensionBytes(duty, chainId)) : null,
      ]);
      if (this.#key !== key || !isOpen()) return refuse(refusalCodes.notHolder, 'this node ceased to be a member while it signed');
      return { signature, extensionSignature };
    } catch (error) {
      const [code, why] = error instanceof BatonError ? [error.code, error.message] : ['KeyServiceFailed', (error as Error).name];
      this.#trouble = `${code}: ${dutyOf(markOf(duty))} is not signed: ${why}.`;
      return refuse(refusalCodes.key, 'the key does not sign');
    }
  }

  #keep(state: SignState): boolean {
    try {
      this.#options.state.save(state);
    } catch {
      // What the disk holds now is not known: nothing more is signed until the key is loaded anew.
      this.#key = null;
      return false;
    }
    this.#last = state;
    return true;
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
    this.#note(outcome, claim.duty);
    return outcome;
  }

  #note(outcome: ClaimOutcome, duty: Watermark): void {
    const ended = outcome.outcome === 'refused' && outcome.found?.phase !== 'open';
    this.#trouble = ended ? `ArbiterClosed: ${toldBy(outcome, duty).reason}.` : null;
  }

  /** Only a signature of this very message; the machine may have been frozen, and the key taken away, while the arbiter was asked. */
  #leave(duty: Vote | Proposal, claimed: Claimed, { key, extensionSignature }: { key: SignWith; extensionSignature: Buffer | null }): SignOutcome {
    const { chainId, isOpen } = this.#options;
    if (this.#key !== key || !isOpen()) return refuse(refusalCodes.notHolder, 'this node ceased to be a member while the arbiter was asked');
    const signature = Buffer.from(claimed.signature, 'base64');
    if (claimed.time === null) return refuse(refusalCodes.arbiter, 'the arbiter holds a signature without its time');
    const timestamp = { seconds: BigInt(claimed.time.seconds), nanos: claimed.time.nanos };
    if (!verify(null, signBytes(duty, chainId, timestamp), this.#public, signature))
      return refuse(refusalCodes.arbiter, 'what the arbiter holds is no signature of this message');
    return { ok: true, signed: { signature, timestamp, extensionSignature } };
  }
}
