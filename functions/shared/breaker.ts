import { frozenBy, longestWhat, unreadable, type Frozen } from '../../core/breaker.ts';
import { BatonError } from '../../core/errors.ts';
import { surveyLooks, type Judgement } from '../../core/survey.ts';
import type { Deps } from './deps.ts';

/**
 * What freezes the fleet now, or null.
 * @throws BatonError LeaseUnreachable: whoever cannot read it goes on with nothing.
 */
export const frozenNow = async ({ records }: Pick<Deps, 'records'>, signal?: AbortSignal): Promise<Frozen | null> => {
  try {
    return frozenBy(await records.readBreaker(signal));
  } catch (error) {
    if (error instanceof BatonError && error.code === 'LeaseInvalid') return unreadable(error.message);
    throw error;
  }
};

/** @throws BatonError FleetFrozen, or LeaseUnreachable when nobody can tell. */
export const needClosedBreaker = async (
  deps: Pick<Deps, 'records'>,
  of: { readonly may?: (frozen: Frozen) => boolean },
  signal: AbortSignal,
): Promise<void> => {
  const frozen = await frozenNow(deps, signal);
  if (frozen && of.may?.(frozen) !== true) throw new BatonError('FleetFrozen', frozen.sentence, { fix: 'baton breaker' });
};

/** Freezes the fleet for each validator of which two nodes seem to sign. */
export const suspectTwo = async (
  { records, clock }: Pick<Deps, 'records' | 'clock'>,
  judged: readonly Pick<Judgement, 'validator' | 'signers'>[],
  signal: AbortSignal,
): Promise<void> => {
  for (const { validator, signers } of judged) {
    if (signers.length < 2) continue;
    const what = `${signers.join(', ')} said in ${surveyLooks} looks that they sign.`.slice(0, longestWhat);
    await records.suspect({ kind: 'two-signers', validator, what, by: 'survey', atMs: clock.epochMs() }, signal);
  }
};
