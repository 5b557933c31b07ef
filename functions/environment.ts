import { z } from 'zod';
import { parseWith } from '../core/parse.ts';

const schema = z.object({
  BATON_TABLE: z.string().min(3),
  BATON_KMS_KEY: z.string().min(1),
  BATON_STATE_MACHINE: z.string().startsWith('arn:'),
  BATON_FENCE_DOCUMENT: z.string().min(3),
  BATON_REJOIN_DOCUMENT: z.string().min(3),
  BATON_TOPIC: z.string().startsWith('arn:'),
});
export type Environment = z.infer<typeof schema>;

/** The function's environment. @throws BatonError ConfigInvalid naming the variable. */
export const environment = (): Environment =>
  parseWith(schema, process.env, { what: 'environment', code: 'ConfigInvalid', fix: 'Deploy the stack again: the template sets it.' });
