import * as z from 'zod';
import type { ValidatorId } from '../../core/ids.ts';
import { durationMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';

/**
 * A schedule's event by which a function is warm before a failover needs it: its clients are made and one read is done. The frame ends there: no
 * verb, no contract, no line in the log and no figure.
 */

type Parts = Partial<Pick<Deps, 'records' | 'slackSettings'>>;

const mostMs = durationMs(2_000);
/** By it Node loads what asks chains; nothing leaves the process. */
const nowhere = 'data:,';
/** No validator can have this name. */
const nobody = '-' as ValidatorId;

/** Reads that change nothing, each for those whose role allows it for their verb. */
const reads = {
  config: ({ records }: Parts, signal: AbortSignal) => records?.readConfig(nobody, signal),
  history: ({ records }: Parts, signal: AbortSignal) => records?.readHistory(nobody, signal),
  slack: ({ slackSettings }: Parts, signal: AbortSignal) => slackSettings?.read(signal),
};
export type WarmRead = keyof typeof reads;

const warmUp = z.strictObject({ warm: z.literal(true) });
export const isWarmUp = (event: unknown): boolean => warmUp.safeParse(event).success;

/** Ahead of all else. A warm-up never fails: what is wrong is told by the event that needs it. */
export const warmed = (deps: () => Parts & Pick<Deps, 'clock'>, read: WarmRead | undefined) => ({
  before: async ({ event }: { event: unknown }): Promise<unknown> => {
    if (!isWarmUp(event)) return undefined;
    try {
      const made = deps();
      if (read === undefined) return { warm: true };
      const signal = made.clock.timeout(mostMs);
      await Promise.all([reads[read](made, signal), fetch(nowhere, { signal })]);
    } catch {
      // Nothing rests on it.
    }
    return { warm: true };
  },
});
