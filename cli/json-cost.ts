import { z } from 'zod';
import { validatorId } from '../core/ids.ts';

const usd = z.number().min(0);
const lines = z.array(z.strictObject({ what: z.string(), usd }));

/** All in US dollars a month. */
export const costJson = z.object({
  prices: z.object({ date: z.string(), region: z.string() }),
  stack: lines,
  validators: z.array(z.object({ validator: validatorId, custody: z.enum(['release', 'gate']), nodes: z.number().int().min(1), lines, usd })),
  usd,
  perValidatorUsd: usd,
  /** Of three small machines, for comparison. */
  quorumUsd: usd,
});
