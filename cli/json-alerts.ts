import { z } from 'zod';
import { clearance, suspicion } from '../core/breaker.ts';

/** The part of json.ts about what alarms people. */

const text = z.string();
const ms = z.number();
const count = z.number().int().min(0);

/** What each destination of the relay made of an alert test, by its name; null when the relay has told nothing. */
const relays = z.record(text, z.object({ kind: text, taken: z.boolean(), how: text, atMs: ms }));

export const jsonOfAlerts = {
  breaker: z.union([
    z.object({
      frozen: z.boolean(),
      sentence: text.nullable(),
      open: z.array(suspicion),
      last: count.nullable(),
      cleared: z.array(clearance.shape.history.element),
    }),
    /** With --clear. */
    z.object({ frozen: z.boolean(), cleared: count, by: text, reason: text }),
  ]),
  'alert-test': z.union([
    /** `relays` with --wait alone. */
    z.object({ sent: z.literal(true), by: text, test: text, relays: relays.nullable().optional() }),
    z.object({ acknowledged: z.literal(true), by: text, atMs: ms }),
    z.object({
      newest: z
        .object({
          test: text.nullable(),
          sentAtMs: ms,
          by: text,
          acknowledged: z.object({ by: text, atMs: ms }).nullable(),
          relays: relays.nullable(),
        })
        .nullable(),
    }),
  ]),
} as const;
