import type { Execution } from '../../aws/workflow.ts';
import { BatonError } from '../../core/errors.ts';
import type { ExecutionName, NodeId, ValidatorId } from '../../core/ids.ts';
import { failoverName } from '../../core/names.ts';
import { durationMs, type EpochMs } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import { configOf, needRelease, parseValidator, parseWords, type Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';
import { parseAt, parseWindow, type Window } from '../window.ts';
import { stepLine, stepsOf } from './explain.ts';
import { planMove, targetOf, windowInput } from './planned.ts';

export interface FailoverOptions {
  readonly kind: 'failover' | 'switchover';
  readonly to?: string;
  readonly reason: string;
  readonly wait: boolean;
  /** For a switchover: when it may begin, as it was typed. One of the two. */
  readonly at?: string;
  readonly window?: string;
}

const windowOf = ({ at, window }: FailoverOptions, nowMs: EpochMs): Window | undefined => {
  if (at !== undefined && window !== undefined)
    throw new BatonError('InputInvalid', '--at and --window say different things', { field: '--at', fix: 'Give one of them.' });
  return at === undefined ? (window === undefined ? undefined : parseWindow(window, nowMs)) : parseAt(at, nowMs);
};

const followMs = durationMs(1_000);
const maxLooks = 7_200;

/** Prints each step as it ends, until the execution ends. @throws whatever `signal` is aborted with: the execution goes on by itself. */
export const follow = async (context: Context, execution: ExecutionName, signal?: AbortSignal): Promise<Execution> => {
  let told = 0;
  for (let look = 0; look < maxLooks; look += 1) {
    const described = await context.workflow.describe(execution);
    const steps = stepsOf(await context.workflow.history(execution));
    const finished = described.status === 'RUNNING' ? steps.slice(0, -1) : steps;
    for (const step of finished.slice(told)) context.output.progress(stepLine(step));
    told = Math.max(told, finished.length);
    if (described.status !== 'RUNNING') return described;
    await context.clock.sleep(followMs, signal);
  }
  throw new BatonError('WorkflowFailed', `${execution} still runs after ${maxLooks} looks`, { fix: `baton explain ${execution}` });
};

/** @throws BatonError HolderUnknown. */
export const nodeNamed = (nodes: readonly { name: string; id: NodeId }[], name: string): NodeId => {
  const found = nodes.find((node) => node.name === name || node.id === name);
  if (!found) {
    throw new BatonError(
      'HolderUnknown',
      `${name.slice(0, 80)} is not a node of this validator, expected one of ${nodes.map((node) => node.name).join(', ')}`,
      {
        field: '--to',
        fix: `Type it again with --to ${nodes[0]?.name ?? 'NAME'}.`,
      },
    );
  }
  return found.id;
};

/** How it ended, for people and for programs. */
export const endedAs = (validator: ValidatorId, execution: ExecutionName, ended: Execution): Answer => {
  const reached = ended.status === 'SUCCEEDED';
  return {
    lines: [reached ? `Done: ${ended.sentence ?? 'the new holder signs.'}` : `${ended.error ?? ended.status}: ${ended.cause ?? ''}`],
    json: { validator, execution, status: ended.status, error: ended.error ?? null, cause: ended.cause ?? null },
    exitCode: reached ? exitCodes.done : exitCodes.notReached,
  };
};

/** Starts an execution. It goes through Assess, approval and fencing like every other: asking for it proves nothing. */
export const failover = async (context: Context, name: string, options: FailoverOptions): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  needRelease(config);
  const reason = parseWords(options.reason, '--reason');
  const window = windowOf(options, context.clock.epochMs());
  const to = options.to === undefined ? undefined : nodeNamed(config.nodes, options.to);
  const lease = await context.lease.read(config.id);
  if (!lease) throw new BatonError('LeaseMissing', `${config.id} is not enrolled`, { fix: 'baton apply validators.yaml' });
  const by = await context.whoAmI();
  const execution = failoverName({ validator: config.id, term: lease.term, episode: `by-hand-${randomHex(4)}` });
  const asked = { validator: config.id, kind: options.kind, cause: { kind: 'operator', by, reason } };
  if (window) {
    const target = targetOf(config, lease.holder, to);
    const move = { execution, to: target, ...window, by, reason };
    return planMove(context, { config, move, input: { ...asked, to: target, ...windowInput(window) } });
  }
  await context.workflow.start({ name: execution, input: { ...asked, ...(to === undefined ? {} : { to }) } });
  const json = { validator: config.id, execution };
  if (!options.wait) return { lines: [`Started ${execution}.`, `  next: baton explain ${execution}`], json: { ...json, status: 'RUNNING' } };
  context.output.progress(`Started ${execution}.`);
  return endedAs(config.id, execution, await follow(context, execution));
};
