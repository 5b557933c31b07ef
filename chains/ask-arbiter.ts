import type { ClaimOutcome, DutyClaim, Unknown } from '../core/gate.ts';
import { durationMs, type Clock } from '../core/time.ts';

/** One try, and how many: together well below what a node waits for its signer (CometBFT 5 s, a vote on Ethereum 4 s of a slot). */
export const claimTimeoutMs = durationMs(400);
export const claimTries = 2;

/**
 * Asks the arbiter, and once more when it gives no answer: the same claim, so that one that won and lost its reply is found again. Never rejects.
 * @param of.ask one request, which the signal ends; never rejects.
 */
export const askArbiter = async (of: {
  readonly ask: (claim: DutyClaim, signal: AbortSignal) => Promise<ClaimOutcome | Unknown>;
  readonly claim: DutyClaim;
  readonly clock: Pick<Clock, 'timeout'>;
}): Promise<ClaimOutcome | Unknown> => {
  let outcome: ClaimOutcome | Unknown = { outcome: 'unknown', cause: new Error('not asked') };
  for (let tries = 0; tries < claimTries && outcome.outcome === 'unknown'; tries += 1)
    outcome = await of.ask(of.claim, of.clock.timeout(claimTimeoutMs));
  return outcome;
};
