import { z } from 'zod';
import { evidenceKinds, type EvidenceKind } from '../core/evidence.ts';
import type { WorkflowEvent } from './workflow.ts';

/** What the history of a failover says, beyond what each state said. */

const fenced = z.looseObject({ state: z.literal('fenced'), kind: z.enum(evidenceKinds) });
const signing = z.looseObject({ state: z.literal('signing') });

const outputOf = <S extends z.ZodType>(event: WorkflowEvent, schema: S): z.output<S> | undefined => {
  try {
    return schema.safeParse(JSON.parse(String(event.output))).data;
  } catch {
    return undefined;
  }
};

const exitsOf = (events: readonly WorkflowEvent[], state: string): WorkflowEvent[] =>
  events.filter((event) => event.state === state && event.type.endsWith('StateExited'));

/** What proved the fence: what the last pass of Fence gave that ended it. */
export const evidenceOf = (events: readonly WorkflowEvent[]): EvidenceKind | null =>
  exitsOf(events, 'Fence')
    .flatMap((event) => outputOf(event, fenced)?.kind ?? [])
    .at(-1) ?? null;

/** From the start of the execution until Verify saw the new holder's signature, by the clock of the workflow service; null when it never did. */
export const signingAfterMs = (events: readonly WorkflowEvent[]): number | null => {
  const [first] = events;
  const seen = exitsOf(events, 'Verify').find((event) => outputOf(event, signing) !== undefined);
  return first === undefined || seen === undefined ? null : seen.atMs - first.atMs;
};
