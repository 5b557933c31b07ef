import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  type ExecutionListItem,
  type HistoryEvent,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { BatonError } from '../core/errors.ts';
import { sentenceIn, type Execution, type WorkflowEvent } from '../core/history.ts';
import { executionName, type ExecutionName } from '../core/ids.ts';
import { withSignal } from './signal.ts';

/** Executions of the failover state machine. */

export type { Execution, WorkflowEvent };

/** One event with everything that the service keeps of it. */
export interface FullEvent {
  readonly id: number;
  readonly type: string;
  readonly atMs: number;
  /** The event before it; 0 for none. */
  readonly before: number;
  /** The details of its type as they came: texts that hold JSON are still texts. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** One execution of the list; times are those of the workflow service. */
export interface Listed {
  readonly name: string;
  readonly status: string;
  readonly startedMs: number;
  readonly stoppedMs?: number;
}

const maxPages = 30;
const mostRunning = 25;

const failed = (what: string, cause: unknown, fix: string): BatonError =>
  new BatonError('WorkflowFailed', `${what}: ${(cause as Error).name}`, { cause, fix });

const detailsOf = (event: HistoryEvent): { error?: string; cause?: string } => {
  const found =
    event.executionFailedEventDetails ??
    event.taskFailedEventDetails ??
    event.lambdaFunctionFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    {};
  return { ...(found.error === undefined ? {} : { error: found.error }), ...(found.cause === undefined ? {} : { cause: found.cause }) };
};

const told = (event: HistoryEvent): WorkflowEvent => {
  const state = event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name;
  const output = event.stateExitedEventDetails?.output;
  return {
    id: event.id ?? 0,
    type: event.type ?? '',
    atMs: event.timestamp?.getTime() ?? 0,
    ...(state === undefined ? {} : { state }),
    ...(output === undefined ? {} : { output }),
    ...detailsOf(event),
  };
};

const fullOf = (event: HistoryEvent): FullEvent => {
  const [, details] = Object.entries(event).find(([name, value]) => name.endsWith('EventDetails') && value !== undefined) ?? [];
  return {
    id: event.id ?? 0,
    type: event.type ?? '',
    atMs: event.timestamp?.getTime() ?? 0,
    before: event.previousEventId ?? 0,
    details: { ...(details as Record<string, unknown> | undefined) },
  };
};

const listedOf = ({ name, status, startDate, stopDate }: ExecutionListItem): Listed => ({
  name: name ?? '',
  status: status ?? 'UNKNOWN',
  startedMs: startDate?.getTime() ?? 0,
  ...(stopDate === undefined ? {} : { stoppedMs: stopDate.getTime() }),
});

const ended: readonly string[] = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

export class Workflow {
  readonly #client: SFNClient;
  readonly #stateMachine: string;

  constructor(options: { client: SFNClient; stateMachine: string }) {
    this.#client = options.client;
    this.#stateMachine = options.stateMachine;
  }

  #arnOf(name: ExecutionName): string {
    return `${this.#stateMachine.replace(':stateMachine:', ':execution:')}:${name}`;
  }

  /** Starts an execution once: false when one of this name was started before. */
  async start(of: { name: ExecutionName; input: Record<string, unknown> }, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#client.send(
        new StartExecutionCommand({ stateMachineArn: this.#stateMachine, name: of.name, input: JSON.stringify(of.input) }),
        withSignal(signal),
      );
      return true;
    } catch (cause) {
      if ((cause as Error).name === 'ExecutionAlreadyExists') return false;
      throw failed(`${of.name} could not be started`, cause, 'Run it again: the same name starts it only once.');
    }
  }

  async describe(name: ExecutionName, signal?: AbortSignal): Promise<Execution> {
    try {
      const {
        status = 'UNKNOWN',
        error,
        cause,
        output,
        startDate,
        stopDate,
      } = await this.#client.send(new DescribeExecutionCommand({ executionArn: this.#arnOf(name) }), withSignal(signal));
      const sentence = sentenceIn(output);
      return {
        status,
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
        ...(sentence === undefined ? {} : { sentence }),
        ...(startDate === undefined ? {} : { startedMs: startDate.getTime() }),
        ...(stopDate === undefined ? {} : { stoppedMs: stopDate.getTime() }),
      };
    } catch (cause) {
      throw failed(`${name} could not be looked up`, cause, 'Check the name: baton status shows the claim of each validator.');
    }
  }

  /** Undefined when the service never heard of it, or has forgotten it. */
  async find(name: ExecutionName, signal?: AbortSignal): Promise<Execution | undefined> {
    try {
      return await this.describe(name, signal);
    } catch (error) {
      if ((error as BatonError).cause instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  }

  /** True unless the service says that it ended or never was. */
  async isRunning(name: ExecutionName, signal?: AbortSignal): Promise<boolean> {
    const found = await this.find(name, signal);
    return found !== undefined && !ended.includes(found.status);
  }

  /** Names of executions that run now, the newest first; no more than `mostRunning`. */
  async running(signal?: AbortSignal): Promise<ExecutionName[]> {
    try {
      const { executions = [] } = await this.#client.send(
        new ListExecutionsCommand({ stateMachineArn: this.#stateMachine, statusFilter: 'RUNNING', maxResults: mostRunning }),
        withSignal(signal),
      );
      return executions.flatMap(({ name }) => executionName.safeParse(name).data ?? []);
    } catch (cause) {
      throw failed('what runs could not be listed', cause, 'Run it again.');
    }
  }

  history(name: ExecutionName, signal?: AbortSignal): Promise<WorkflowEvent[]> {
    return this.#events(name, told, signal);
  }

  /** The same events with all their details, for the record of an incident. Task tokens may stand in them. */
  fullHistory(name: ExecutionName): Promise<FullEvent[]> {
    return this.#events(name, fullOf);
  }

  async #events<T>(name: ExecutionName, map: (event: HistoryEvent) => T, signal?: AbortSignal): Promise<T[]> {
    const events: T[] = [];
    let next: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      try {
        const answer = await this.#client.send(
          new GetExecutionHistoryCommand({
            executionArn: this.#arnOf(name),
            maxResults: 1_000,
            includeExecutionData: true,
            nextToken: next,
          }),
          withSignal(signal),
        );
        events.push(...(answer.events ?? []).map(map));
        if (answer.nextToken === undefined) return events;
        next = answer.nextToken;
      } catch (cause) {
        throw failed(`the history of ${name} could not be read`, cause, 'Run it again.');
      }
    }
    return events;
  }

  /**
   * Executions that run now, or those that were started since `sinceMs`, newest first; at most 30,000. The service's list may lag behind by seconds.
   * @throws BatonError WorkflowFailed.
   */
  async list(of: { readonly running: true } | { readonly sinceMs: number }, signal?: AbortSignal): Promise<Listed[]> {
    const all: Listed[] = [];
    const sinceMs = 'sinceMs' in of ? of.sinceMs : 0;
    let next: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      try {
        const answer = await this.#client.send(
          new ListExecutionsCommand({
            stateMachineArn: this.#stateMachine,
            maxResults: 1_000,
            nextToken: next,
            ...('running' in of ? { statusFilter: 'RUNNING' as const } : {}),
          }),
          withSignal(signal),
        );
        const found = (answer.executions ?? []).map(listedOf);
        all.push(...found.filter(({ startedMs }) => startedMs >= sinceMs));
        if (answer.nextToken === undefined || found.some(({ startedMs }) => startedMs < sinceMs)) return all;
        next = answer.nextToken;
      } catch (cause) {
        throw failed('the executions could not be listed', cause, 'Run it again.');
      }
    }
    return all;
  }
}
