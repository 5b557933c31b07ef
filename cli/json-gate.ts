import { z } from 'zod';
import { nodeId, validatorId } from '../core/ids.ts';
import { watermark } from '../core/watermark.ts';

/** What `gate --json` prints, by its verb. */

const validator = validatorId;
const text = z.string();

const shown = z.object({
  validator,
  phase: z.enum(['open', 'closed']),
  /** The highest duty that may have been signed. */
  watermark,
  /** Whose claim it was; null while only the floor stands there. */
  signer: nodeId.nullable(),
  /** How often the arbiter was written with success. */
  writes: z.number().int(),
  nodes: z.array(
    z.object({
      id: nodeId,
      name: text,
      member: z.boolean(),
      /** As its guard said last; null when it never did. */
      signing: z.boolean().nullable(),
      synced: z.boolean().nullable(),
      distress: text.nullable(),
    }),
  ),
});

export const gateJson = z.union([
  shown,
  z.object({ validator, node: nodeId, member: z.boolean() }),
  z.object({ validator, closed: z.boolean(), watermark: watermark.nullable() }),
]);
