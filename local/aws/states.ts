import type { Clock } from '../../core/time.ts';
import { canonicalJson } from '../../core/plan.ts';
import type { Definition } from '../asl/definition.ts';
import { Run, type Checkpoint, type HistoryEntry, type RunOptions, type RunResult } from '../asl/interpreter.ts';
import { StateError } from '../asl/state-error.ts';
import type { TaskTokens } from '../asl/tokens.ts';
import { ServiceError, textOf, type Service } from './server.ts';

/** Step Functions: executions of one state machine, with history, tokens, stop and redrive. */

interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly input: string;
  readonly startMs: number;
  status: 'RUNNING' | RunResult['status'];
  output?: string;
  error?: string;
  cause?: string;
  at?: Checkpoint;
  readonly events: HistoryEntry[];
  controller: AbortController;
  done: Promise<void>;
}

export interface LocalStatesOptions {
  readonly arn: string;
  readonly definition: Definition;
  readonly clock: Clock;
  readonly tokens: TaskTokens;
  readonly invoke: RunOptions['invoke'];
  readonly random: () => number;
  /** Told of each execution that ended, as EventBridge is. */
  readonly onEnd?: (detail: Readonly<Record<string, unknown>>) => void;
}

const toWire = (event: HistoryEntry, region: string): Record<string, unknown> => {
  const told: Record<string, unknown> = { id: event.id, type: event.type, timestamp: event.atMs / 1_000, previousEventId: event.id - 1 };
  const failed = { error: event.error, cause: event.cause };
  const task = { resource: 'invoke', resourceType: 'lambda' };
  if (event.type === 'ExecutionStarted') told['executionStartedEventDetails'] = { input: JSON.stringify(event.input ?? null) };
  if (event.type === 'ExecutionSucceeded') told['executionSucceededEventDetails'] = { output: JSON.stringify(event.output ?? null) };
  if (event.type === 'TaskScheduled') told['taskScheduledEventDetails'] = { ...task, region, parameters: JSON.stringify(event.input ?? null) };
  if (event.type === 'TaskSubmitted') told['taskSubmittedEventDetails'] = { ...task, output: JSON.stringify(event.output ?? null) };
  if (event.type === 'TaskSucceeded') told['taskSucceededEventDetails'] = { ...task, output: JSON.stringify(event.output ?? null) };
  if (event.type.endsWith('StateEntered')) told['stateEnteredEventDetails'] = { name: event.state, input: JSON.stringify(event.input ?? null) };
  if (event.type.endsWith('StateExited')) told['stateExitedEventDetails'] = { name: event.state, output: JSON.stringify(event.output ?? null) };
  if (event.type === 'TaskFailed') told['taskFailedEventDetails'] = { ...failed, ...task };
  if (event.type === 'TaskTimedOut') told['taskTimedOutEventDetails'] = { ...failed, ...task };
  if (event.type === 'ExecutionFailed') told['executionFailedEventDetails'] = failed;
  return told;
};

type Input = Record<string, unknown>;

const outputOf = (input: Input): unknown => {
  try {
    return JSON.parse(textOf(input, 'output')) as unknown;
  } catch {
    throw new ServiceError('InvalidOutput', 'the output is not JSON');
  }
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

export class LocalStates implements Service {
  readonly target = 'AWSStepFunctions';
  readonly #options: LocalStatesOptions;
  readonly #executions = new Map<string, Execution>();

  constructor(options: LocalStatesOptions) {
    this.#options = options;
  }

  executions(): readonly { name: string; status: string }[] {
    return [...this.#executions.values()].map(({ name, status }) => ({ name, status }));
  }

  async stopAll(): Promise<void> {
    for (const { controller } of this.#executions.values()) controller.abort('Aborted');
    await Promise.all([...this.#executions.values()].map(({ done }) => done));
  }

  #launch(execution: Execution, from?: Checkpoint): void {
    const { definition, clock, tokens, invoke, random } = this.#options;
    const run = new Run({
      definition,
      clock,
      tokens,
      invoke,
      random,
      signal: execution.controller.signal,
      onEvent: (event) => {
        execution.events.push({ ...event, id: execution.events.length + 1 });
      },
      execution: { id: execution.arn, name: execution.name, input: JSON.parse(execution.input) as unknown },
      ...(from ? { from } : {}),
    });
    execution.done = run.run().then((result) => {
      execution.status = result.status;
      if (result.status === 'SUCCEEDED') execution.output = JSON.stringify(result.output);
      else Object.assign(execution, { error: result.error, cause: result.cause, at: result.at });
      this.#options.onEnd?.(this.#detailOf(execution));
    });
  }

  #detailOf({ arn, name, status, startMs, events, input, output }: Execution): Record<string, unknown> {
    const stopDate = events.at(-1)?.atMs ?? startMs;
    const included = { included: true };
    const given = { input, inputDetails: included, output: output ?? null, outputDetails: output === undefined ? null : included };
    return { executionArn: arn, stateMachineArn: this.#options.arn, name, status, startDate: startMs, stopDate, ...given };
  }

  #find(input: Input): Execution {
    const arn = textOf(input, 'executionArn');
    const found = this.#executions.get(arn);
    if (!found) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return found;
  }

  #start(input: Input): unknown {
    const [name, text] = [textOf(input, 'name'), textOf(input, 'input') || '{}'];
    const { arn: machine, clock } = this.#options;
    if (input['stateMachineArn'] !== machine) throw new ServiceError('StateMachineDoesNotExist', 'State Machine Does Not Exist');
    if (!/^[A-Za-z0-9_.-]{1,80}$/.test(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
    const arn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = this.#executions.get(arn);
    if (known && known.status === 'RUNNING' && canonicalJson(JSON.parse(known.input)) === canonicalJson(JSON.parse(text))) {
      return { executionArn: arn, startDate: known.startMs / 1_000 };
    }
    if (known) throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    const execution: Execution = {
      arn,
      name,
      input: text,
      startMs: clock.epochMs(),
      status: 'RUNNING',
      events: [],
      controller: new AbortController(),
      done: Promise.resolve(),
    };
    this.#executions.set(arn, execution);
    this.#launch(execution);
    return { executionArn: arn, startDate: execution.startMs / 1_000 };
  }

  #describe(input: Input): unknown {
    const { arn, name, status, startMs, events, input: text, output, error, cause } = this.#find(input);
    const stopDate = status === 'RUNNING' ? undefined : (events.at(-1)?.atMs ?? startMs) / 1_000;
    const told = { name, status, startDate: startMs / 1_000, stopDate, input: text, output, error, cause };
    return { executionArn: arn, stateMachineArn: this.#options.arn, ...told };
  }

  #history(input: Input): unknown {
    const { events } = this.#find(input);
    const [from, max] = [Number(input['nextToken'] ?? 0), Number(input['maxResults'] ?? 100)];
    return {
      events: events.slice(from, from + max).map((event) => toWire(event, this.#options.arn.split(':')[3] ?? '')),
      ...(from + max < events.length ? { nextToken: String(from + max) } : {}),
    };
  }

  /** Newest first. */
  #list(input: Input): unknown {
    if (input['stateMachineArn'] !== this.#options.arn) throw new ServiceError('StateMachineDoesNotExist', 'State Machine Does Not Exist');
    const wanted = textOf(input, 'statusFilter');
    const all = [...this.#executions.values()].filter(({ status }) => wanted === '' || status === wanted).toReversed();
    const [from, max] = [Number(input['nextToken'] ?? 0), Number(input['maxResults'] ?? 100)];
    const executions = all.slice(from, from + max).map(({ arn }) => {
      const { input: _input, output: _output, error: _error, cause: _cause, ...one } = this.#describe({ executionArn: arn }) as Input;
      return one;
    });
    return { executions, ...(from + max < all.length ? { nextToken: String(from + max) } : {}) };
  }

  #redrive(input: Input): unknown {
    const execution = this.#find(input);
    if (execution.status === 'RUNNING' || execution.status === 'SUCCEEDED' || !execution.at) {
      throw new ServiceError('ExecutionNotRedrivable', `a ${execution.status} execution cannot be redriven`);
    }
    execution.controller = new AbortController();
    execution.status = 'RUNNING';
    this.#launch(execution, execution.at);
    return { redriveDate: this.#options.clock.epochMs() / 1_000 };
  }

  #stop(input: Input): unknown {
    this.#find(input).controller.abort('Aborted');
    return { stopDate: this.#options.clock.epochMs() / 1_000 };
  }

  async handle(action: string, input: Input): Promise<unknown> {
    const { tokens } = this.#options;
    const token = textOf(input, 'taskToken');
    const failure = { error: textOf(input, 'error') || 'States.TaskFailed', cause: textOf(input, 'cause') };
    switch (action) {
      case 'StartExecution':
        return this.#start(input);
      case 'DescribeExecution':
        return this.#describe(input);
      case 'ListExecutions':
        return this.#list(input);
      case 'GetExecutionHistory':
        return this.#history(input);
      case 'StopExecution':
        return this.#stop(input);
      case 'RedriveExecution':
        return this.#redrive(input);
      case 'SendTaskSuccess':
        return answered(() => {
          tokens.answer(token, { ok: true, result: outputOf(input) });
        });
      case 'SendTaskFailure':
        return answered(() => {
          tokens.answer(token, { ok: false, ...failure });
        });
      case 'SendTaskHeartbeat':
        return answered(() => {
          tokens.beat(token);
        });
      default:
        throw new ServiceError('UnknownOperationException', `states:${action} is not served here`);
    }
  }
}
