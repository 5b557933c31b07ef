import * as z from 'zod';
import { evidenceKinds, type EvidenceKind } from './evidence.ts';
import { jsonBy } from './json.ts';

/** What the history of an execution says. Times are of the workflow service alone. */

export interface Execution {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string;
  readonly sentence?: string;
  /** By the clock of the workflow service, like `stoppedMs`. */
  readonly startedMs?: number;
  readonly stoppedMs?: number;
}

/** One event, with only the parts that people are told. */
export interface ToldEvent {
  readonly type: string;
  readonly atMs: number;
  readonly state?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

export interface WorkflowEvent extends ToldEvent {
  readonly id: number;
}

const withSentence = z.object({ sentence: z.string() });
const fenced = z.looseObject({ state: z.literal('fenced'), kind: z.enum(evidenceKinds) });
const signing = z.looseObject({ state: z.literal('signing') });

/** What an output says in words; undefined when it says nothing. */
export const sentenceIn = (output: string | undefined): string | undefined => jsonBy(withSentence, output)?.sentence;

/** Each time that this state was left. */
export const exitsOf = <E extends ToldEvent>(events: readonly E[], state: string): readonly E[] =>
  events.filter((event) => event.state === state && event.type.endsWith('StateExited'));

/** Each pass of Fence that ended it, with what proved it. */
export const fencedIn = (events: readonly ToldEvent[]): readonly { readonly kind: EvidenceKind; readonly atMs: number }[] =>
  exitsOf(events, 'Fence').flatMap(({ output, atMs }) => {
    const found = jsonBy(fenced, output);
    return found ? [{ kind: found.kind, atMs }] : [];
  });

/** The pass of Verify that first saw the new holder's signature. */
export const signedIn = (events: readonly ToldEvent[]): ToldEvent | undefined =>
  exitsOf(events, 'Verify').find(({ output }) => jsonBy(signing, output) !== undefined);

/** What proved the fence: what the last pass of Fence gave that ended it. */
export const evidenceOf = (events: readonly ToldEvent[]): EvidenceKind | null => fencedIn(events).at(-1)?.kind ?? null;

/** From the start of the execution until Verify saw the new holder's signature; null when it never did. */
export const signingAfterMs = (events: readonly ToldEvent[]): number | null => {
  const [first] = events;
  const seen = signedIn(events);
  return first === undefined || seen === undefined ? null : seen.atMs - first.atMs;
};
