import { z } from 'zod';
import { assessGate, mostGates, type AssessGate } from '../../core/assess-gates.ts';
import { exitsOf, type WorkflowEvent } from '../../core/history.ts';
import { jsonBy } from '../../core/json.ts';

/** What Assess looked at, for people. */

const withGates = z.looseObject({ gates: z.array(assessGate).max(mostGates) });

/** The gates of the last Assess in a history; null when none has answered, or an older version did. */
export const gatesIn = (events: readonly WorkflowEvent[]): AssessGate[] | null =>
  jsonBy(withGates, exitsOf(events, 'Assess').at(-1)?.output)?.gates ?? null;

/** One gate: what was seen, and what was required. */
export const gateLine = ({ gate, seen, required }: Pick<AssessGate, 'gate' | 'seen' | 'required'>, node: string): string =>
  `${[gate, node].filter((part) => part !== '').join(' ')}: ${seen}; required: ${required}`;

export const marks = { open: 'open', closed: 'CLOSED', waived: 'waived', asks: 'asks' } as const;

/** Each gate with its verdict, in the order in which they refuse. */
export const gateLines = (gates: readonly AssessGate[]): string[] =>
  gates.map((one) => `  ${marks[one.verdict].padEnd(8)}${gateLine(one, one.node ?? '')}`);
