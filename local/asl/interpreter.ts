import { durationMs, type Clock, type DurationMs } from '../../core/time.ts';
import type { Catcher, Definition, Retrier, State, TaskState } from './definition.ts';
import { evaluate, type Scope } from './query.ts';
import { matchesError, StateError } from './state-error.ts';
import type { TaskTokens } from './tokens.ts';

/** Runs a state machine: one state after the other, with timeouts, heartbeats, retries, catchers, variables and task tokens. */

export interface TaskCall {
  readonly resource: string;
  readonly args: unknown;
  readonly state: string;
  readonly signal: AbortSignal;
}

/** What a task gave: its result, or the error that Retry and Catch match. */
export type TaskReply = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: string; readonly cause: string };

export interface HistoryEntry {
  readonly id: number;
  readonly type: string;
  readonly atMs: number;
  readonly state?: string;
  readonly output?: unknown;
  readonly input?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

export interface RunOptions {
  readonly definition: Definition;
  readonly clock: Clock;
  readonly tokens: TaskTokens;
  readonly invoke: (call: TaskCall) => Promise<TaskReply>;
  /** 0 ≤ x < 1, for retries with jitter. */
  readonly random: () => number;
  readonly onEvent?: (entry: HistoryEntry) => void;
  readonly execution: { readonly id: string; readonly name: string; readonly input: unknown };
  readonly signal: AbortSignal;
  /** Where a redrive begins. */
  readonly from?: Checkpoint;
}

/** The state about to run, with its input and the variables: what a redrive needs. */
export interface Checkpoint {
  readonly state: string;
  readonly input: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type RunResult =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; readonly error: string; readonly cause: string; readonly at: Checkpoint };

const maxEvents = 25_000;
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

interface Step {
  readonly output: unknown;
  readonly next: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

export class Run {
  readonly #options: RunOptions;
  #events = 0;
  #at: Checkpoint;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#at = options.from ?? { state: options.definition.StartAt, input: options.execution.input, variables: {} };
  }

  #record(type: string, rest: Omit<HistoryEntry, 'id' | 'type' | 'atMs'> = {}): void {
    this.#events += 1;
    if (this.#events > maxEvents) throw new StateError('States.Runtime', `more than ${maxEvents} events`);
    this.#options.onEvent?.({ id: this.#events, type, atMs: this.#options.clock.epochMs(), ...rest });
  }

  #scope(input: unknown, more: Record<string, unknown> = {}, token?: string): Scope {
    const { execution, clock } = this.#options;
    const context = {
      Execution: { Id: execution.id, Name: execution.name, Input: execution.input },
      State: { Name: this.#at.state, EnteredTime: clock.epochMs() },
      ...(token === undefined ? {} : { Task: { Token: token } }),
    };
    return { states: { input, context, ...more }, variables: this.#at.variables };
  }

  async #assign(value: Readonly<Record<string, unknown>> | undefined, scope: Scope): Promise<Readonly<Record<string, unknown>>> {
    if (value === undefined) return this.#at.variables;
    const assigned = (await evaluate(value, scope, 'Assign')) as Record<string, unknown>;
    return { ...this.#at.variables, ...assigned };
  }

  /** Runs to the end. Never rejects. */
  async run(): Promise<RunResult> {
    const { definition, execution } = this.#options;
    this.#record(this.#options.from ? 'ExecutionRedriven' : 'ExecutionStarted', { input: execution.input });
    try {
      for (;;) {
        const state = definition.States[this.#at.state];
        if (!state) throw new StateError('States.Runtime', `state ${this.#at.state} does not exist`);
        this.#record(`${state.Type}StateEntered`, { state: this.#at.state, input: this.#at.input });
        const step = await this.#enter(state);
        this.#record(`${state.Type}StateExited`, { state: this.#at.state, output: step.output });
        if (step.next === null) {
          this.#record('ExecutionSucceeded', { output: step.output });
          return { status: 'SUCCEEDED', output: step.output };
        }
        this.#at = { state: step.next, input: step.output, variables: step.variables };
      }
    } catch (error) {
      return this.#ended(error);
    }
  }

  #ended(thrown: unknown): RunResult {
    if (this.#options.signal.aborted) {
      const timedOut = this.#options.signal.reason === 'States.Timeout';
      this.#options.onEvent?.({
        id: this.#events + 1,
        type: timedOut ? 'ExecutionTimedOut' : 'ExecutionAborted',
        atMs: this.#options.clock.epochMs(),
      });
      return { status: timedOut ? 'TIMED_OUT' : 'ABORTED', error: timedOut ? 'States.Timeout' : 'Aborted', cause: '', at: this.#at };
    }
    const error = thrown instanceof StateError ? thrown : new StateError('States.Runtime', String(thrown));
    this.#options.onEvent?.({
      id: this.#events + 1,
      type: 'ExecutionFailed',
      atMs: this.#options.clock.epochMs(),
      error: error.error,
      cause: error.message,
    });
    return { status: 'FAILED', error: error.error, cause: error.message, at: this.#at };
  }

  async #enter(state: State): Promise<Step> {
    const { input } = this.#at;
    switch (state.Type) {
      case 'Task':
        return this.#task(state);
      case 'Choice': {
        const scope = this.#scope(input);
        for (const rule of state.Choices) {
          const met = await evaluate(rule.Condition, scope, 'Condition');
          if (typeof met !== 'boolean')
            throw new StateError('States.QueryEvaluationError', `Condition gives ${JSON.stringify(met)}, not true or false`);
          if (met)
            return {
              output: rule.Output === undefined ? input : await evaluate(rule.Output, scope, 'Output'),
              next: rule.Next,
              variables: await this.#assign(rule.Assign, scope),
            };
        }
        if (state.Default === undefined) throw new StateError('States.NoChoiceMatched', 'no choice matched and there is no Default');
        return {
          output: state.Output === undefined ? input : await evaluate(state.Output, scope, 'Output'),
          next: state.Default,
          variables: await this.#assign(state.Assign, scope),
        };
      }
      case 'Wait': {
        await this.#options.clock.sleep(await this.#waitMs(state, this.#scope(input)), this.#options.signal);
        return this.#leave(state, input);
      }
      case 'Pass':
        return this.#leave(state, input);
      case 'Succeed':
        return {
          output: state.Output === undefined ? input : await evaluate(state.Output, this.#scope(input), 'Output'),
          next: null,
          variables: this.#at.variables,
        };
      case 'Fail':
        throw new StateError(
          String(await evaluate(state.Error, this.#scope(input), 'Error')),
          String(await evaluate(state.Cause, this.#scope(input), 'Cause')),
        );
    }
  }

  async #waitMs(state: Extract<State, { Type: 'Wait' }>, scope: Scope): Promise<DurationMs> {
    if (state.Timestamp === undefined) return durationMs(Number(await evaluate(state.Seconds, scope, 'Seconds')) * 1_000);
    const at = await evaluate(state.Timestamp, scope, 'Timestamp');
    if (typeof at !== 'string' || !rfc3339.test(at) || Number.isNaN(Date.parse(at)))
      throw new StateError('States.QueryEvaluationError', `Timestamp gives ${JSON.stringify(at)}, not a moment`);
    return durationMs(Math.max(0, Date.parse(at) - this.#options.clock.epochMs()));
  }

  async #leave(state: Extract<State, { Type: 'Task' | 'Pass' | 'Wait' }>, result: unknown): Promise<Step> {
    const scope = this.#scope(this.#at.input, { result });
    const output = state.Output === undefined ? result : await evaluate(state.Output, scope, 'Output');
    return { output, next: state.Next ?? null, variables: await this.#assign(state.Assign, scope) };
  }

  async #task(state: TaskState): Promise<Step> {
    const attempts = new Map<Retrier, number>();
    for (;;) {
      let failure: StateError;
      try {
        return await this.#leave(state, await this.#attempt(state));
      } catch (error) {
        if (this.#options.signal.aborted || !(error instanceof StateError)) throw error;
        failure = error;
      }
      const retrier = state.Retry?.find(({ ErrorEquals }) => matchesError(ErrorEquals, failure.error));
      const made = retrier ? (attempts.get(retrier) ?? 0) : 0;
      if (retrier && made < (retrier.MaxAttempts ?? 3)) {
        attempts.set(retrier, made + 1);
        await this.#options.clock.sleep(durationMs(this.#retryDelayMs(retrier, made)), this.#options.signal);
        continue;
      }
      const catcher = state.Catch?.find(({ ErrorEquals }) => matchesError(ErrorEquals, failure.error));
      if (!catcher) throw failure;
      return this.#caught(catcher, failure);
    }
  }

  #retryDelayMs(retrier: Retrier, made: number): number {
    const full = Math.min((retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** made, retrier.MaxDelaySeconds ?? Infinity) * 1_000;
    return retrier.JitterStrategy === 'FULL' ? full * this.#options.random() : full;
  }

  async #caught(catcher: Catcher, failure: StateError): Promise<Step> {
    const errorOutput = { Error: failure.error, Cause: failure.message };
    const scope = this.#scope(this.#at.input, { errorOutput });
    const output = catcher.Output === undefined ? errorOutput : await evaluate(catcher.Output, scope, 'Output');
    return { output, next: catcher.Next, variables: await this.#assign(catcher.Assign, scope) };
  }

  async #attempt(state: TaskState): Promise<unknown> {
    const { clock, tokens, signal } = this.#options;
    const waits = state.Resource.endsWith('.waitForTaskToken');
    const token = waits ? tokens.create() : undefined;
    const scope = this.#scope(this.#at.input, {}, token);
    const args = state.Arguments === undefined ? this.#at.input : await evaluate(state.Arguments, scope, 'Arguments');
    const timeoutMs = Number(await evaluate(state.TimeoutSeconds, scope, 'TimeoutSeconds')) * 1_000;
    const heartbeatMs =
      state.HeartbeatSeconds === undefined ? null : Number(await evaluate(state.HeartbeatSeconds, scope, 'HeartbeatSeconds')) * 1_000;
    const controller = new AbortController();
    const ends = AbortSignal.any([signal, controller.signal]);
    this.#record('TaskScheduled', { state: this.#at.state, input: args });
    const timeout = clock
      .sleep(durationMs(timeoutMs), ends)
      .then((): TaskReply => ({ ok: false, error: 'States.Timeout', cause: `no answer within ${timeoutMs / 1_000} s` }));
    try {
      const called = this.#options.invoke({ resource: state.Resource, args, state: this.#at.state, signal: ends });
      const answered =
        token === undefined
          ? called
          : called.then((reply) => {
              if (!reply.ok) return reply;
              if (!ends.aborted) this.#record('TaskSubmitted', { state: this.#at.state, output: reply.result });
              return tokens.wait(token, { clock, heartbeatMs, signal: ends });
            });
      const reply = await Promise.race([answered, timeout]);
      if (reply.ok) {
        this.#record('TaskSucceeded', { state: this.#at.state, output: reply.result });
        return reply.result;
      }
      this.#record(reply.error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed', {
        state: this.#at.state,
        error: reply.error,
        cause: reply.cause,
      });
      throw new StateError(reply.error, reply.cause);
    } finally {
      if (token !== undefined) tokens.forget(token);
      timeout.catch(() => undefined);
      controller.abort();
    }
  }
}
