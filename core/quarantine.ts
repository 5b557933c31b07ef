import * as z from 'zod';
import { evidenceKinds } from './evidence.ts';
import { term } from './ids.ts';

/** A node that was fenced is no candidate until Rejoin, or a person, has brought it back: its guard may live, and still nobody knows why it failed. */

export const quarantine = z.strictObject({
  /** The term in which it was fenced. */
  term,
  kind: z.enum(evidenceKinds),
  atMs: z.number().int().min(0),
  /** Who brought it back, and why. */
  ended: z.strictObject({ by: z.string().min(1).max(2_048), reason: z.string().min(1).max(1_000), atMs: z.number().int().min(0) }).optional(),
});
export type Quarantine = z.infer<typeof quarantine>;

export const isQuarantined = (record: Quarantine | undefined): boolean => record !== undefined && record.ended === undefined;
