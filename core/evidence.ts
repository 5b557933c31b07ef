import * as z from 'zod';
import { nodeId, term } from './ids.ts';
import { watermark } from './watermark.ts';

export const evidenceKinds = ['relinquished', 'stopped', 'powered-off', 'lapsed', 'attested'] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** What proved that `node` cannot sign, in exactly this term. */
export const evidence = z.strictObject({
  kind: z.enum(evidenceKinds),
  node: nodeId,
  term,
  /** Who says so: the guard, the SSM command id, EC2, an approver's ARN. */
  by: z.string().min(1).max(2_048),
  /** Wall clock of the recorder, for people only. */
  atMs: z.number().int().min(0),
  /** One sentence. */
  how: z.string().min(1).max(1_000),
  /** The exact last duty, when the proof carries it. */
  watermark: watermark.optional(),
});
export type Evidence = z.infer<typeof evidence>;
