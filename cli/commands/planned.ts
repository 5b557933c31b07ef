import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { executionName, validatorId, type ExecutionName, type NodeId, type ValidatorId } from '../../core/ids.ts';
import { parseWith } from '../../core/parse.ts';
import { toCome, type PlannedMove } from '../../core/planned.ts';
import { utcOf } from '../../core/time.ts';
import { configOf, nodeLabel, type Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';
import { instantOf, type Window } from '../window.ts';

/** Moves that wait for their time: asked for now, assessed and approved when it has come. */

const span = ({ notBeforeMs, notAfterMs }: Pick<PlannedMove, 'notBeforeMs' | 'notAfterMs'>): string =>
  `between ${utcOf(notBeforeMs)} and ${utcOf(notAfterMs)}`;

/** For `baton status`. */
export const plannedLines = (config: ValidatorConfig, move: PlannedMove | undefined): string[] =>
  move === undefined
    ? []
    : [`  planned: to ${nodeLabel(config, move.to)} ${span(move)}, by ${move.by}: ${move.reason}   or: baton cancel ${move.execution}`];

/** Whom it is to move to. With one standby that is clear; it is settled now, so that a failover in between turns nothing round. */
export const targetOf = (config: ValidatorConfig, holder: NodeId, to: NodeId | undefined): NodeId => {
  const standbys = config.nodes.filter(({ id }) => id !== holder);
  const [only] = standbys;
  if (to !== undefined) return to;
  if (only && standbys.length === 1) return only.id;
  throw new BatonError('InputInvalid', `a planned move needs the node that it goes to: ${config.id} has ${standbys.length} standbys`, {
    field: '--to',
    fix: `Type it again with --to ${only?.name ?? 'NAME'}.`,
  });
};

const refuseSecond = (validator: ValidatorId, move: PlannedMove | undefined): BatonError =>
  new BatonError('MovePlanned', `${validator} has a planned move already${move ? `, ${span(move)}` : ''}; nothing was changed`, {
    fix: move ? `baton cancel ${move.execution}` : `baton status ${validator}`,
  });

interface Request {
  readonly config: ValidatorConfig;
  readonly move: PlannedMove;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Notes the move, then starts the execution that waits for it. @throws BatonError MovePlanned while another is to come. */
export const planMove = async (context: Context, { config, move, input }: Request): Promise<Answer> => {
  const before = await context.records.readPlanned(config.id);
  const standing = toCome(before, context.clock.epochMs());
  if (standing || !(await context.records.writePlanned(config.id, move, before?.execution))) throw refuseSecond(config.id, standing);
  try {
    await context.workflow.start({ name: move.execution, input });
  } catch (error) {
    // Whether it started or not: without its record it goes nowhere.
    await context.records.writePlanned(config.id, { ...move, cancelledBy: move.by }, move.execution);
    throw error;
  }
  const { execution, notBeforeMs, notAfterMs } = move;
  return {
    lines: [
      `Planned: ${config.id} to ${nodeLabel(config, move.to)} ${span(move)}. It is assessed then, and people are asked then when the policy says so.`,
      `  next: baton status ${config.id}   or: baton cancel ${execution}`,
    ],
    json: { validator: config.id, execution, status: 'RUNNING', planned: { to: move.to, notBeforeMs, notAfterMs } },
  };
};

export const windowInput = ({ notBeforeMs, notAfterMs }: Window): Readonly<Record<string, string>> => ({
  notBefore: instantOf(notBeforeMs),
  notAfter: instantOf(notAfterMs),
});

const validatorIn = (execution: ExecutionName): ValidatorId =>
  parseWith(validatorId, execution.split('.')[0], { what: 'EXECUTION', code: 'InputInvalid', fix: 'baton status shows the planned moves.' });

/** Whether it has gone on past its wait: then it is a failover like any other, and nothing stops that half-way. */
const hasBegun = async (context: Context, execution: ExecutionName): Promise<boolean> => {
  const events = await context.workflow.history(execution);
  return events.some(({ type, state }) => type.endsWith('StateEntered') && state === 'Assess');
};

/** Calls off a planned move that still waits. Stops no execution: the one that waits finds out when its time comes, and ends. */
export const cancel = async (context: Context, name: string): Promise<Answer> => {
  const execution = parseWith(executionName, name, { what: 'EXECUTION', code: 'InputInvalid', fix: 'baton status shows the planned moves.' });
  const { config } = await configOf(context, validatorIn(execution));
  const move = await context.records.readPlanned(config.id);
  if (move?.execution !== execution)
    throw new BatonError('MoveUnknown', `${execution} is no planned move of ${config.id}`, { field: 'EXECUTION', fix: `baton status ${config.id}` });
  const by = move.cancelledBy ?? (await context.whoAmI());
  if (move.cancelledBy === undefined && !(await context.records.writePlanned(config.id, { ...move, cancelledBy: by }, execution)))
    throw new BatonError('MovePlanned', `another move of ${config.id} was planned in between`, { fix: `baton status ${config.id}` });
  const begun = await hasBegun(context, execution);
  return {
    lines: begun
      ? [
          'It has begun already: it may go on, and nothing stops it half-way.',
          `  next: baton explain ${execution}   (baton deny ${config.id} while it waits for approval)`,
        ]
      : [`Cancelled by ${by}: ${config.id} stays as it is. The execution ends by itself when its time comes.`, `  next: baton status ${config.id}`],
    json: { validator: config.id, execution, cancelled: !begun, by },
    exitCode: begun ? exitCodes.refused : exitCodes.done,
  };
};
