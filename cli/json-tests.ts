import { z } from 'zod';
import { fenceResult } from '../core/fence-test.ts';
import { validatorId } from '../core/ids.ts';

/** What `--json` prints of fence tests, as part of json.ts. */

const text = z.string();

export const fenceTestJson = z.object({
  ok: z.boolean(),
  validators: z.array(z.object({ validator: validatorId, ok: z.boolean(), sentence: text, results: z.array(fenceResult) })),
});
