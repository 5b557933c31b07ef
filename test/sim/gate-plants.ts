import type { Plant } from './gate-world.ts';

/** Mistakes that a signer could make with what the arbiter answers: the simulator must find each. */
export const plants: Readonly<Record<string, Plant>> = {
  /** The claim is on its way, and will surely win. */
  'publish-first': (ask) => async (claim, signal) => {
    void ask(claim, signal);
    return { outcome: 'repeat', claimed: claim.claimed };
  },
  /** Refused means that it was claimed before, so the signature must be known already. */
  'ignore-refusal': (ask) => async (claim, signal) => {
    const outcome = await ask(claim, signal);
    return outcome.outcome === 'refused' ? { outcome: 'repeat', claimed: claim.claimed } : outcome;
  },
  /** The same message was claimed, so one's own signature of it is as good. */
  'own-signature': (ask) => async (claim, signal) => {
    const outcome = await ask(claim, signal);
    return outcome.outcome === 'repeat' ? { outcome: 'repeat', claimed: claim.claimed } : outcome;
  },
  /** No answer is a table that is slow; the duty is lost if nothing leaves. */
  'silence-is-consent': (ask) => async (claim, signal) => {
    const outcome = await ask(claim, signal);
    return outcome.outcome === 'unknown' ? { outcome: 'repeat', claimed: claim.claimed } : outcome;
  },
};
