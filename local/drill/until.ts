import { BatonError } from '../../core/errors.ts';
import { durationMs, elapsedMs, type Clock } from '../../core/time.ts';

const lookMs = durationMs(50);

/** Looks again and again until there is something to see. @throws BatonError DrillFailed when the time is over. */
export const until = async <T>(clock: Clock, limitMs: number, what: string, look: () => Promise<T | null | undefined | false>): Promise<T> => {
  const startedMs = clock.steadyMs();
  let trouble: unknown;
  while (elapsedMs(startedMs, clock.steadyMs()) < limitMs) {
    // A look that fails is a look that saw nothing; the last trouble is told if it never comes.
    const found = await look().catch((error: unknown) => {
      trouble = error;
      return null;
    });
    if (found !== null && found !== undefined && found !== false) return found;
    await clock.sleep(lookMs);
  }
  throw new BatonError(
    'DrillFailed',
    `${what} did not happen within ${limitMs / 1_000} s${trouble instanceof Error ? ` (${trouble.message})` : ''}`,
    {
      cause: trouble,
      fix: 'Run the drill again with --keep and read the logs in its folder.',
    },
  );
};
