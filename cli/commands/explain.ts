import { z } from 'zod';
import type { WorkflowEvent } from '../../aws/workflow.ts';
import { executionName } from '../../core/ids.ts';
import { parseWith } from '../../core/parse.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../output.ts';
import { gateLines, gatesIn } from './gates.ts';

export interface Step {
  readonly state: string;
  readonly startedMs: number;
  readonly tookMs: number;
  readonly sentence: string;
}

const withSentence = z.looseObject({ sentence: z.string() });

const sentenceIn = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined;
  try {
    const parsed = withSentence.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.sentence : undefined;
  } catch {
    return undefined;
  }
};

/** States in the order they were entered, each with what it said and how long it took. Times are of the workflow service alone. */
export const stepsOf = (events: readonly WorkflowEvent[]): Step[] => {
  const steps: Step[] = [];
  let open: { state: string; startedMs: number; sentence: string } | undefined;
  const firstMs = events[0]?.atMs ?? 0;
  const close = (atMs: number): void => {
    if (open) steps.push({ state: open.state, startedMs: open.startedMs - firstMs, tookMs: atMs - open.startedMs, sentence: open.sentence });
    open = undefined;
  };
  for (const event of events) {
    if (event.type.endsWith('StateEntered')) {
      close(event.atMs);
      open = { state: event.state ?? '?', startedMs: event.atMs, sentence: '' };
      continue;
    }
    if (open) open.sentence = sentenceIn(event.output) ?? (event.error === undefined ? open.sentence : `${event.error}: ${event.cause ?? ''}`);
    if (event.type.endsWith('StateExited') || event.type.startsWith('Execution')) {
      if (event.type !== 'ExecutionStarted') close(event.atMs);
    }
  }
  return steps;
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export const stepLine = (step: Step): string =>
  `  +${seconds(step.startedMs).padStart(8)}  ${step.state.padEnd(18)} ${step.sentence}${step.tookMs >= 100 ? `  (${seconds(step.tookMs)})` : ''}`;

/** What an execution did and why, state by state, in the sentences that each step gave. */
export const explain = async (context: Context, name: string): Promise<Answer> => {
  const execution = parseWith(executionName, name, { what: 'EXECUTION', code: 'InputInvalid' });
  const described = await context.workflow.describe(execution);
  const events = await context.workflow.history(execution);
  const steps = stepsOf(events);
  const gates = gatesIn(events);
  const end =
    described.status === 'RUNNING'
      ? 'It is still running.'
      : `It ended ${described.status}${described.error === undefined ? '' : ` with ${described.error}`}.`;
  return {
    lines: [
      `${execution}`,
      ...steps.map(stepLine),
      ...(gates ? ['What Assess looked at:', ...gateLines(gates)] : []),
      `${end}${described.cause === undefined ? '' : ` ${described.cause}`}`,
    ],
    json: { execution, status: described.status, error: described.error ?? null, cause: described.cause ?? null, steps, gates },
  };
};
