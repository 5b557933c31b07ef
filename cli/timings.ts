import { z } from 'zod';
import { exitsOf, type WorkflowEvent } from '../core/history.ts';
import { jsonBy } from '../core/json.ts';

/** When an execution passed each of its steps, by the clock of the workflow service alone. */

/** Milliseconds since the execution was started; null for what did not happen. */
export interface Timings {
  readonly approvedMs: number | null;
  readonly termTakenMs: number | null;
  readonly fencedMs: number | null;
  readonly releasedMs: number | null;
  /** When Verify had seen the new holder sign. */
  readonly signedMs: number | null;
  readonly endedMs: number | null;
  /** Time in which it waited for people, of all the above. */
  readonly askedMs: number;
}

const said = z.looseObject({ state: z.string().optional(), answer: z.string().optional() });

const asks: readonly string[] = ['RequestApproval', 'RequestAttestation'];

const askedMsOf = (events: readonly WorkflowEvent[]): number => {
  let [sum, sinceMs]: [number, number | null] = [0, null];
  for (const { type, state = '', atMs } of events) {
    if (sinceMs !== null && (type.endsWith('StateEntered') || type.endsWith('StateExited') || type.startsWith('Execution'))) {
      sum += atMs - sinceMs;
      sinceMs = null;
    }
    if (type.endsWith('StateEntered') && asks.includes(state)) sinceMs = atMs;
  }
  return sum;
};

const endings: readonly string[] = ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted'];

export const timingsOf = (events: readonly WorkflowEvent[]): Timings => {
  const startedMs = events[0]?.atMs ?? 0;
  const since = (found: WorkflowEvent | undefined): number | null => (found ? found.atMs - startedMs : null);
  const left = (state: string, is: (of: z.infer<typeof said>) => boolean = () => true): number | null =>
    since(exitsOf(events, state).find(({ output }) => is(jsonBy(said, output) ?? {})));
  return {
    approvedMs: left('RequestApproval', ({ answer }) => answer === 'approved'),
    termTakenMs: left('TakeTerm', (of) => 'term' in of),
    fencedMs: left('Fence', ({ state }) => state === 'fenced'),
    releasedMs: left('ReleaseKey', (of) => 'holder' in of),
    signedMs: left('Verify', ({ state }) => state === 'signing'),
    endedMs: since(events.findLast(({ type }) => endings.includes(type))),
    askedMs: askedMsOf(events),
  };
};
