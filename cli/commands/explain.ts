import { stepsOf } from '../../console/steps.ts';
import type { Step } from '../../console/view.ts';
import { executionName } from '../../core/ids.ts';
import { parseWith } from '../../core/parse.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../output.ts';
import { gateLines, gatesIn } from './gates.ts';

export { stepsOf, type Step };

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
