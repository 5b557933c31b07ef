import { z } from 'zod';
import { fenceResult } from '../core/fence-test.ts';
import { validatorId } from '../core/ids.ts';

/** What `--json` prints of tests, as part of json.ts. */

const text = z.string();
const ms = z.number();

/** What each destination of the relay made of an alert test, by its name; null when the relay has told nothing. */
const relays = z.record(text, z.object({ kind: text, taken: z.boolean(), how: text, atMs: ms }));

export const alertTestJson = z.union([
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
]);

export const fenceTestJson = z.object({
  ok: z.boolean(),
  validators: z.array(z.object({ validator: validatorId, ok: z.boolean(), sentence: text, results: z.array(fenceResult) })),
});
