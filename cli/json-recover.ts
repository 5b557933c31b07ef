import { z } from 'zod';
import { evidenceKinds } from '../core/evidence.ts';
import { executionName, validatorId } from '../core/ids.ts';
import { outlooks } from '../core/outlook.ts';
import { watermark } from '../core/watermark.ts';

/** What `recover --json` prints. */

const text = z.string();

export const recoverJson = z.object({
  validator: validatorId,
  /** Name of the fresh machine, as it was typed while it is no node. */
  to: text,
  /** Whose turn it is: `add` nobody said yes, `apply` a custodian's, `start` a requester's; `running` and `ended` are of the execution. */
  at: z.enum(['add', 'apply', 'start', 'running', 'ended', 'done']),
  /** The file was written, and the configuration, by this very command. */
  wrote: z.boolean(),
  applied: z.boolean(),
  /** What could prove that the recorded active cannot sign; null when it was not looked at. Never a proof. */
  evidence: z.array(z.object({ kind: z.enum(evidenceKinds), outlook: z.enum(outlooks), sentence: text })).nullable(),
  /** The least that the fresh machine will not sign at or below; null when it cannot be told from here. */
  floor: watermark.nullable(),
  execution: executionName.nullable(),
  status: text.nullable(),
  error: text.nullable(),
  cause: text.nullable(),
  next: text.nullable(),
});
