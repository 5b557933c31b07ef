import type { ClaimOutcome, DutyClaim, Unknown } from '../core/gate.ts';
import { durationMs, type Clock } from '../core/time.ts';

/** One try, and how many: together well below what a node waits for its signer (CometBFT 5 s, a vote on Ethereum 4 s of a slot). */
export const claimTimeoutMs = durationMs(400);
export const claimTries = 2;

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

/** A signer's way to the arbiter. */
export class ArbiterAsk {
  readonly #ask: AskOnce;
  readonly #clock: Pick<Clock, 'timeout'>;
  /** The most writes that an answer has shown, by lane. */
  readonly #seen = new Map<string, number>();

  constructor(of: { readonly ask: AskOnce; readonly clock: Pick<Clock, 'timeout'> }) {
    this.#ask = of.ask;
    this.#clock = of.clock;
  }

  /** Asks, and once more when there is no answer: the same claim, so that one that won and lost its reply is found again. Never rejects. */
  async ask(claim: DutyClaim): Promise<ClaimOutcome | Unknown> {
    let outcome: ClaimOutcome | Unknown = { outcome: 'unknown', cause: new Error('not asked') };
    for (let tries = 0; tries < claimTries && outcome.outcome === 'unknown'; tries += 1)
      outcome = await this.#ask(claim, this.#clock.timeout(claimTimeoutMs));
    return this.#forward(claim.lane ?? '', outcome);
  }

  #forward(lane: string, outcome: ClaimOutcome | Unknown): ClaimOutcome | Unknown {
    const version = versionOf(outcome);
    if (version === undefined) return outcome;
    const seen = this.#seen.get(lane) ?? 0;
    if (version < seen) return { outcome: 'unknown', cause: new ArbiterWentBack(`it shows ${version} writes after ${seen}`) };
    this.#seen.set(lane, version);
    return outcome;
  }
}
