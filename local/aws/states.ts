import type { Clock } from '../../core/time.ts';
import { canonicalJson } from '../../core/plan.ts';
import type { Definition } from '../asl/definition.ts';
import { Run, type Checkpoint, type HistoryEntry, type RunOptions, type RunResult } from '../asl/interpreter.ts';
import { StateError } from '../asl/state-error.ts';
import type { TaskTokens } from '../asl/tokens.ts';
import { ServiceError, textOf, type Service } from './server.ts';

/** Step Functions: executions of one state machine, with history, tokens, stop and redrive. */

interface Execution {
  readonly arn: string; readonly name: string; readonly input: string; readonly startMs: number;
  status: 'RUNNING' | RunResult['status']; output?: string; error?: string; cause?: string; at?: Checkpoint;
  readonly events: HistoryEntry[]; controller: AbortController; done: Promise<void>;
}

export interface LocalStatesOptions {
  readonly arn: string;
  readonly definition: Definition;
  readonly clock: Clock;
  readonly tokens: TaskTokens;
  readonly invoke: RunOptions['invoke'];
  readonly random: () => number;
}

export type LocalStates = Service & { readonly executions: () => readonly { name: string; status: string }[]; stopAll(): Promise<void> };

const toWire = (event: HistoryEntry): Record<string, unknown> => {
  const told: Record<string, unknown> = { id: event.id, type: event.type, timestamp: event.atMs / 1_000, previousEventId: event.id - 1 };
  const failed = { error: event.error, cause: event.cause };
  if (event.type.endsWith('StateEntered')) told['stateEnteredEventDetails'] = { name: event.state, input: JSON.stringify(event.input ?? null) };
  if (event.type.endsWith('StateExited')) told['stateExitedEventDetails'] = { name: event.state, output: JSON.stringify(event.output ?? null) };
  if (event.type === 'TaskFailed') told['taskFailedEventDetails'] = { ...failed, resource: 'invoke', resourceType: 'lambda' };
  if (event.type === 'TaskTimedOut') told['taskTimedOutEventDetails'] = { ...failed, resource: 'invoke', resourceType: 'lambda' };
  if (event.type === 'ExecutionFailed') told['executionFailedEventDetails'] = failed;
  return told;
};

export const localStates = (options: LocalStatesOptions): LocalStates => {
  const executions = new Map<string, Execution>();
  const { clock, tokens } = options;
  const launch = (execution: Execution, from?: Checkpoint): void => {
    const run = new Run({
      definition: options.definition, clock, tokens, invoke: options.invoke, random: options.random, signal: execution.controller.signal,
      onEvent: (event) => { execution.events.push({ ...event, id: execution.events.length + 1 }); },
      execution: { id: execution.arn, name: execution.name, input: JSON.parse(execution.input) as unknown }, ...(from ? { from } : {}),
    });
    execution.done = run.run().then((result) => {
      execution.status = result.status;
      if (result.status === 'SUCCEEDED') execution.output = JSON.stringify(result.output);
      else Object.assign(execution, { error: result.error, cause: result.cause, at: result.at });
    });
  };
  const find = (input: Record<string, unknown>): Execution => {
    const found = executions.get(String(input['executionArn']));
    if (!found) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${String(input['executionArn'])}'`);
    return found;
  };
  const start = (input: Record<string, unknown>): unknown => {
    const [name, text] = [textOf(input, 'name'), textOf(input, 'input') || '{}'];
    if (input['stateMachineArn'] !== options.arn) throw new ServiceError('StateMachineDoesNotExist', 'State Machine Does Not Exist');
    if (!/^[A-Za-z0-9_.-]{1,80}$/.test(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
    const arn = `${options.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = executions.get(arn);
    if (known && known.status === 'RUNNING' && canonicalJson(JSON.parse(known.input)) === canonicalJson(JSON.parse(text))) return { executionArn: arn, startDate: known.startMs / 1_000 };
    if (known) throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    const execution: Execution = { arn, name, input: text, startMs: clock.epochMs(), status: 'RUNNING', events: [], controller: new AbortController(), done: Promise.resolve() };
    executions.set(arn, execution);
    launch(execution);
    return { executionArn: arn, startDate: execution.startMs / 1_000 };
  };
  const history = (input: Record<string, unknown>): unknown => {
    const { events } = find(input);
    const [from, max] = [Number(input['nextToken'] ?? 0), Number(input['maxResults'] ?? 100)];
    return { events: events.slice(from, from + max).map(toWire), ...(from + max < events.length ? { nextToken: String(from + max) } : {}) };
  };
  const answered = (act: () => void): unknown => {
    try {
      act();
      return {};
    } catch (error) {
      if (error instanceof StateError) throw new ServiceError(error.error, error.message);
      throw error;
    }
  };
  const outputOf = (input: Record<string, unknown>): unknown => {
    try {
      return JSON.parse(String(input['output'])) as unknown;
    } catch {
      throw new ServiceError('InvalidOutput', 'the output is not JSON');
    }
  };
  const redrive = (input: Record<string, unknown>): unknown => {
    const execution = find(input);
    if (execution.status === 'RUNNING' || execution.status === 'SUCCEEDED' || !execution.at) throw new ServiceError('ExecutionNotRedrivable', `a ${execution.status} execution cannot be redriven`);
    execution.controller = new AbortController();
    execution.status = 'RUNNING';
    launch(execution, execution.at);
    return { redriveDate: clock.epochMs() / 1_000 };
  };
  const actions: Record<string, (input: Record<string, unknown>) => unknown> = {
    StartExecution: start,
    DescribeExecution: (input) => {
      const { arn, name, status, startMs, input: text, output, error, cause } = find(input);
      return { executionArn: arn, stateMachineArn: options.arn, name, status, startDate: startMs / 1_000, input: text, output, error, cause };
    },
    GetExecutionHistory: history,
    ListExecutions: () => ({ executions: [...executions.values()].map(({ arn, name, status, startMs }) => ({ executionArn: arn, stateMachineArn: options.arn, name, status, startDate: startMs / 1_000 })) }),
    StopExecution: (input) => {
      find(input).controller.abort('Aborted');
      return { stopDate: clock.epochMs() / 1_000 };
    },
    RedriveExecution: redrive,
    SendTaskSuccess: (input) => answered(() => { tokens.answer(String(input['taskToken']), { ok: true, result: outputOf(input) }); }),
    SendTaskFailure: (input) => answered(() => { tokens.answer(String(input['taskToken']), { ok: false, error: textOf(input, 'error') || 'States.TaskFailed', cause: textOf(input, 'cause') }); }),
    SendTaskHeartbeat: (input) => answered(() => { tokens.beat(String(input['taskToken'])); }),
  };
  return {
    target: 'AWSStepFunctions',
    executions: () => [...executions.values()].map(({ name, status }) => ({ name, status })),
    stopAll: async () => {
      for (const { controller } of executions.values()) controller.abort('Aborted');
      await Promise.all([...executions.values()].map(({ done }) => done));
    },
    handle: async (action, input) => {
      const known = actions[action];
      if (!known) throw new ServiceError('UnknownOperationException', `states:${action} is not served here`);
      return known(input);
    },
  };
};
