import * as z from 'zod';
import { executionName, nodeId, type ExecutionName } from './ids.ts';
import type { EpochMs } from './time.ts';

/** A move that somebody asked for ahead of time. It only lets an execution that waits go on; no right to sign ever follows from it. */

export const plannedMove = z.strictObject({
  /** Which execution waits: it alone may go on. */
  execution: executionName,
  to: nodeId,
  notBeforeMs: z.number().int().min(0),
  notAfterMs: z.number().int().min(0),
  by: z.string().min(1).max(2_048),
  reason: z.string().min(1).max(1_000),
  /** Who called it off; absent while it stands. */
  cancelledBy: z.string().min(1).max(2_048).optional(),
});
export type PlannedMove = z.infer<typeof plannedMove>;

/** Whether this very execution may still go on. Without its record it may not: silence is no leave. */
export const stillStands = (planned: PlannedMove | undefined, execution: ExecutionName): boolean =>
  planned?.execution === execution && planned.cancelledBy === undefined;

/** The move if it is still to come, by the clock of whoever asks. */
export const toCome = (planned: PlannedMove | undefined, nowMs: EpochMs): PlannedMove | undefined =>
  planned !== undefined && planned.cancelledBy === undefined && nowMs < planned.notAfterMs ? planned : undefined;
