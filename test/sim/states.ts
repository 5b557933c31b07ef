import type { Definition } from '../../local/asl/definition.ts';
import { Run, type Checkpoint, type RunResult, type TaskCall, type TaskReply } from '../../local/asl/interpreter.ts';
import { StateError } from '../../local/asl/state-error.ts';
import { TaskTokens } from '../../local/asl/tokens.ts';
import { ServiceError, textOf } from '../../local/aws/server.ts';
import type { Clock } from '../../core/time.ts';
import type { Input } from './clients.ts';
import type { Prng } from './prng.ts';
import type { Scheduler } from './scheduler.ts';

/** Step Functions: executions of the real state machine in the interpreter. */

export interface Execution {
  readonly name: string;
  readonly input: string;
  readonly startMs: number;
  status: 'RUNNING' | RunResult['status'];
  error: string;
  endedMs: number;
  at: Checkpoint | null;
  /** The task states it entered, for redrives from further back. */
  readonly entered: Checkpoint[];
  controller: AbortController;
}

export interface StatesOptions {
  readonly definition: Definition;
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly clock: Clock;
  readonly invoke: (execution: Execution, call: TaskCall) => Promise<TaskReply>;
  readonly onEnd: (execution: Execution, result: RunResult) => void;
  readonly say: (sentence: string) => void;
}

export class SimStates {
  readonly executions = new Map<string, Execution>();
  readonly tokens: TaskTokens;
  readonly #options: StatesOptions;

  constructor(options: StatesOptions) {
    this.#options = options;
    this.tokens = new TaskTokens(() => `task-token-${options.random.hex(8)}`);
  }

  get running(): boolean {
    for (const { status } of this.executions.values()) if (status === 'RUNNING') return true;
    return false;
  }

  serve(action: string, input: Input, staleMs: number): unknown {
    switch (action) {
      case 'StartExecution':
        return this.#start(textOf(input, 'name'), textOf(input, 'input'));
      case 'DescribeExecution':
        return this.#describe(textOf(input, 'executionArn').split(':').at(-1) ?? '', staleMs);
      case 'ListExecutions':
        return this.#list(staleMs);
      case 'SendTaskSuccess':
        try {
          this.tokens.answer(textOf(input, 'taskToken'), { ok: true, result: JSON.parse(textOf(input, 'output')) as unknown });
          return {};
        } catch (error) {
          throw error instanceof StateError ? new ServiceError(error.error, error.message) : error;
        }
      default:
        throw new ServiceError('UnknownOperationException', `states:${action} is not served here`);
    }
  }

  #start(name: string, input: string): unknown {
    const known = this.executions.get(name);
    if (known?.status === 'RUNNING' && known.input === input) return { executionArn: name };
    if (known) throw new ServiceError('ExecutionAlreadyExists', 'Execution Already Exists');
    const made: Execution = {
      name,
      input,
      startMs: this.#options.scheduler.nowMs,
      status: 'RUNNING',
      error: '',
      endedMs: Infinity,
      at: null,
      entered: [],
      controller: new AbortController(),
    };
    this.executions.set(name, made);
    this.#options.say(`Execution ${name} starts.`);
    this.#launch(made, null);
    return { executionArn: name };
  }

  #describe(name: string, staleMs: number): unknown {
    const found = this.executions.get(name);
    const seenMs = this.#options.scheduler.nowMs - staleMs;
    if (!found || found.startMs > seenMs) throw new ServiceError('ExecutionDoesNotExist', 'Execution Does Not Exist');
    return { status: found.endedMs > seenMs ? 'RUNNING' : found.status, error: found.error };
  }

  /** Those that run, as they were seen. */
  #list(staleMs: number): unknown {
    const seenMs = this.#options.scheduler.nowMs - staleMs;
    const running = [...this.executions.values()].filter(({ startMs, endedMs }) => startMs <= seenMs && endedMs > seenMs);
    return { executions: running.map(({ name, startMs }) => ({ name, status: 'RUNNING', startDate: new Date(startMs) })) };
  }

  /** A person stops it; it can be redriven. */
  stop(execution: Execution): void {
    if (execution.status !== 'RUNNING') return;
    this.#options.say(`Execution ${execution.name} is stopped by a person.`);
    execution.controller.abort('Aborted');
  }

  /** Goes on from where it ended, or from a state it entered before: nothing that it remembers may still be true. */
  redrive(execution: Execution, from: Checkpoint | null = execution.at): void {
    if (execution.status === 'RUNNING' || execution.status === 'SUCCEEDED' || from === null) return;
    this.#options.say(`Execution ${execution.name} is redriven from ${from.state}.`);
    execution.status = 'RUNNING';
    execution.endedMs = Infinity;
    execution.controller = new AbortController();
    this.#launch(execution, from);
  }

  #launch(execution: Execution, from: Checkpoint | null): void {
    const { definition, clock, random, scheduler } = this.#options;
    const run = new Run({
      definition,
      clock,
      tokens: this.tokens,
      invoke: (call) => this.#options.invoke(execution, call),
      random: () => random.next(),
      signal: execution.controller.signal,
      onEvent: ({ type, state }) => {
        if (type.endsWith('StateEntered') && state !== undefined) this.#options.say(`Execution ${execution.name} enters ${state}.`);
      },
      execution: { id: `arn:${execution.name}`, name: execution.name, input: JSON.parse(execution.input) as unknown },
      ...(from ? { from } : {}),
    });
    void run.run().then((result) => {
      execution.status = result.status;
      execution.endedMs = scheduler.nowMs;
      if (result.status !== 'SUCCEEDED') {
        execution.error = result.error;
        execution.at = result.at;
      }
      this.#options.onEnd(execution, result);
    });
  }
}
