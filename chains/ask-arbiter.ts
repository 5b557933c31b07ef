import { judgeLook, type Arbiter, type ClaimOutcome, type DutyClaim, type Sought, type Unknown } from '../core/gate.ts';
import { durationMs, type Clock } from '../core/time.ts';

/** One try, and how many: together well below what a node waits for its signer (CometBFT 5 s, a vote on Ethereum 4 s of a slot). */
export const claimTimeoutMs = durationMs(400);
export const claimTries = 2;

/** How long the signer that was first the last time is left alone, and how many looks are made at what it has claimed. */
export const lookAfterMs = durationMs(30);
export const mostLooks = 2;
const lookTimeoutMs = durationMs(200);

/** One consistent read of the arbiter's item, which the signal ends. Rejects when there is no answer. */
export type LookOnce = (place: Pick<DutyClaim, 'validator' | 'lane'>, signal: AbortSignal) => Promise<Arbiter | undefined>;

/** One request to the arbiter, which the signal ends. Never rejects. */
export type AskOnce = (claim: DutyClaim, signal: AbortSignal) => Promise<ClaimOutcome | Unknown>;

/** The arbiter shows fewer writes than before: its table came back from an earlier time, and no longer knows what was signed since. */
export class ArbiterWentBack extends Error {
  override readonly name = 'ArbiterWentBack';
}

const versionOf = (outcome: ClaimOutcome | Unknown): number | undefined => {
  if (outcome.outcome === 'won') return outcome.item.version;
  return outcome.outcome === 'refused' ? outcome.found?.version : undefined;
};

/**
 * A signer's way to the arbiter. Where several signers race for each message all but one write in vain, and a write costs five reads. So who was
 * not first the last time *follows*: it leaves the others a moment, and looks whether the message was claimed. Who then finds nothing claims, and
 * who wins does not follow. Nobody is appointed: whoever dies is followed no more.
 */
export class ArbiterAsk {
  readonly #ask: AskOnce;
  readonly #look: LookOnce | undefined;
  readonly #clock: Pick<Clock, 'timeout' | 'sleep'>;
  /** Lanes in which another signer was first the last time. */
  readonly #follows = new Set<string>();
  /** The most writes that an answer has shown, by lane. */
  readonly #seen = new Map<string, number>();

  /** @param of.look without it every message is claimed. */
  constructor(of: { readonly ask: AskOnce; readonly look?: LookOnce | undefined; readonly clock: Pick<Clock, 'timeout' | 'sleep'> }) {
    this.#ask = of.ask;
    this.#look = of.look;
    this.#clock = of.clock;
  }

  /** What the arbiter holds of this message, when another signer was first the last time. Null: it is to be claimed. Never rejects. */
  async lookFirst(sought: Sought): Promise<ClaimOutcome | null> {
    if (!this.#look || !this.#follows.has(sought.lane ?? '')) return null;
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const seen = await this.#lookOnce(sought, this.#look);
      if (seen !== null) return seen;
    }
    return null;
  }

  async #lookOnce(sought: Sought, look: LookOnce): Promise<ClaimOutcome | null> {
    try {
      await this.#clock.sleep(lookAfterMs);
      const found = await look(sought, this.#clock.timeout(lookTimeoutMs));
      // One that went back is the claim's to tell.
      return found !== undefined && this.#goesOn(sought.lane ?? '', found.version) ? judgeLook(found, sought) : null;
    } catch {
      return null;
    }
  }

  /** Asks, and once more when there is no answer: the same claim, so that one that won and lost its reply is found again. Never rejects. */
  async ask(claim: DutyClaim): Promise<ClaimOutcome | Unknown> {
    let outcome: ClaimOutcome | Unknown = { outcome: 'unknown', cause: new Error('not asked') };
    for (let tries = 0; tries < claimTries && outcome.outcome === 'unknown'; tries += 1)
      outcome = await this.#ask(claim, this.#clock.timeout(claimTimeoutMs));
    const lane = claim.lane ?? '';
    if (outcome.outcome === 'won') this.#follows.delete(lane);
    else this.#follows.add(lane);
    return this.#forward(lane, outcome);
  }

  #forward(lane: string, outcome: ClaimOutcome | Unknown): ClaimOutcome | Unknown {
    const version = versionOf(outcome);
    if (version === undefined || this.#goesOn(lane, version)) return outcome;
    return { outcome: 'unknown', cause: new ArbiterWentBack(`it shows ${version} writes after ${this.#seen.get(lane)}`) };
  }

  /** Whether it shows no fewer writes than before; then it is remembered. */
  #goesOn(lane: string, version: number): boolean {
    if (version < (this.#seen.get(lane) ?? 0)) return false;
    this.#seen.set(lane, version);
    return true;
  }
}
