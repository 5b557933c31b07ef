import * as z from 'zod';
import { chain, validatorConfig } from '../core/config.ts';
import { timing } from '../core/timing.ts';
import { verdictStates } from '../core/verdict.ts';

/** Items of the watch as they are stored, and what it reads of those of others. */

const observation = z.enum(['signing', 'failing', 'halted', 'unobservable']);

export const watchRecord = z.strictObject({
  samples: z.array(z.strictObject({ observations: z.record(z.string(), observation) })).max(40),
  state: z.enum(verdictStates),
  /** Names the streak of bad rounds, so that one streak starts one execution. */
  episode: z.string().max(40),
  paged: z.boolean(),
});
export type WatchRecord = z.infer<typeof watchRecord>;

export const watcher = z.strictObject({
  owner: z.string(),
  generation: z.number().int(),
  round: z.number().int(),
  /** Digest of how it shares the fleet with the others of its vantage. */
  plan: z.string().max(64).optional(),
});

/** What of a configuration tells who looks at its validator, and how often. */
export const asking = z.object({
  config: z.object({
    chain: z.object({ kind: chain.shape.kind }),
    vantages: validatorConfig.shape.vantages,
    timing: z.object({ probeMs: timing.shape.probeMs }).prefault({}),
  }),
});
