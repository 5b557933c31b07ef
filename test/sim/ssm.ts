import { ServiceError, textOf } from '../../local/aws/server.ts';
import type { Input } from './clients.ts';
import { runDocument } from './documents.ts';
import type { Machine } from './machine.ts';
import type { Scheduler } from './scheduler.ts';

/** SSM Run Command: delivers to a machine that can be reached within the time to deliver, and tells no more than the service would. */

type Status = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Undeliverable';

interface Sent {
  readonly id: string;
  readonly document: string;
  readonly node: string;
  readonly comment: string;
  readonly sentMs: number;
  readonly parameters: Readonly<Record<string, string>>;
  status: Status;
  /** When the status became final. */
  endedMs: number;
  stdout: string;
}

const visibleAfterMs = 100;
const retryMs = 500;
const runLimitMs = 60_000;

export class SimSsm {
  readonly #sent: Sent[] = [];
  readonly #scheduler: Scheduler;
  readonly #machines: ReadonlyMap<string, Machine>;

  constructor(of: { scheduler: Scheduler; machines: ReadonlyMap<string, Machine> }) {
    this.#scheduler = of.scheduler;
    this.#machines = of.machines;
  }

  serve(action: string, input: Input, staleMs: number): unknown {
    if (action === 'SendCommand') return this.#send(input);
    if (action === 'ListCommands') return this.#list(input, staleMs);
    if (action === 'GetCommandInvocation') return this.#invocation(input, staleMs);
    throw new ServiceError('UnknownOperationException', `ssm:${action} is not served here`);
  }

  #send(input: Input): unknown {
    const [node = ''] = (input['InstanceIds'] ?? []) as string[];
    if (!this.#machines.has(node)) throw new ServiceError('InvalidInstanceId', `${node} is not registered`);
    const given = input['Parameters'] as Record<string, string[]>;
    const one: Sent = {
      id: `command-${this.#sent.length + 1}`,
      document: textOf(input, 'DocumentName'),
      node,
      comment: textOf(input, 'Comment'),
      sentMs: this.#scheduler.nowMs,
      parameters: Object.fromEntries(Object.entries(given).map(([name, [value = '']]) => [name, value])),
      status: 'Pending',
      endedMs: Infinity,
      stdout: '',
    };
    this.#sent.push(one);
    this.#deliver(one, Number(input['TimeoutSeconds']) * 1_000);
    return { Command: { CommandId: one.id, Comment: one.comment } };
  }

  #end(one: Sent, status: Status, stdout = ''): void {
    if (one.endedMs !== Infinity) return;
    Object.assign(one, { status, stdout, endedMs: this.#scheduler.nowMs });
  }

  #deliver(one: Sent, deliveryMs: number): void {
    const machine = this.#machines.get(one.node);
    if (!machine || this.#scheduler.nowMs - one.sentMs > deliveryMs) {
      this.#end(one, 'Undeliverable');
      return;
    }
    if (!machine.reachable) {
      this.#scheduler.after(retryMs, 'ssm delivery', () => {
        this.#deliver(one, deliveryMs);
      });
      return;
    }
    one.status = 'InProgress';
    this.#scheduler.after(runLimitMs, 'ssm limit', () => {
      this.#end(one, 'TimedOut');
    });
    runDocument(machine, one.document, one.parameters, (exitCode, stdout) => {
      // A machine that went away while it ran never answers.
      if (machine.reachable) this.#end(one, exitCode === 0 ? 'Success' : 'Failed', stdout);
    });
  }

  #list(input: Input, staleMs: number): unknown {
    const filters = (input['Filters'] ?? []) as { key: string; value: string }[];
    const document = filters.find(({ key }) => key === 'DocumentName')?.value;
    const shown = this.#sent.filter(
      (one) => one.document === document && one.node === input['InstanceId'] && one.sentMs <= this.#scheduler.nowMs - staleMs,
    );
    return { Commands: shown.map(({ id, comment }) => ({ CommandId: id, Comment: comment })).toReversed() };
  }

  #invocation(input: Input, staleMs: number): unknown {
    const one = this.#sent.find(({ id, node }) => id === input['CommandId'] && node === input['InstanceId']);
    const seenMs = this.#scheduler.nowMs - staleMs;
    if (!one || seenMs - one.sentMs < visibleAfterMs) throw new ServiceError('InvocationDoesNotExist', 'no such invocation');
    const ended = one.endedMs <= seenMs;
    return {
      CommandId: one.id,
      InstanceId: one.node,
      Status: ended ? one.status : 'InProgress',
      StandardOutputContent: ended ? one.stdout : '',
    };
  }
}
