import { GetCommandInvocationCommand, ListCommandsCommand, SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { BatonError } from '../core/errors.ts';
import type { NodeId, Term, ValidatorId } from '../core/ids.ts';
import { withSignal } from './signal.ts';

/** What became of a command on one node. Only `done` can carry evidence; `failed` and `unknown` prove nothing. */
export type CommandResult =
  | { readonly outcome: 'done'; readonly output: unknown }
  | { readonly outcome: 'pending' }
  | { readonly outcome: 'failed'; readonly reason: string }
  | { readonly outcome: 'unknown'; readonly reason: string };

export interface CommandOptions {
  readonly client: SSMClient;
  /** Name of the document in SSM. */
  readonly document: string;
  /** How long SSM may try to deliver, in seconds (30 or more). */
  readonly deliverySeconds: number;
}

const maxPages = 5;
const pageSize = 50;
const running: readonly string[] = ['Pending', 'InProgress', 'Delayed'];
const longestReason = 300;

const lastLine = (text: string): string => {
  const trimmed = text.trimEnd();
  return trimmed.slice(trimmed.lastIndexOf('\n') + 1);
};

const doneWith = (text: string): CommandResult => {
  try {
    return { outcome: 'done', output: JSON.parse(text) as unknown };
  } catch {
    return { outcome: 'unknown', reason: 'the last line of its output is not JSON' };
  }
};

/** One SSM document. SendCommand has no client token, so an earlier send is looked for by the nonce in its comment. */
export class Command {
  readonly #options: CommandOptions;

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  async #earlier(node: NodeId, comment: string, signal?: AbortSignal): Promise<string | undefined> {
    let next: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const { Commands, NextToken } = await this.#options.client.send(
        new ListCommandsCommand({
          InstanceId: node,
          MaxResults: pageSize,
          Filters: [{ key: 'DocumentName', value: this.#options.document }],
          NextToken: next,
        }),
        withSignal(signal),
      );
      const found = Commands?.find(({ Comment }) => Comment === comment);
      if (found?.CommandId !== undefined) return found.CommandId;
      if (NextToken === undefined) return undefined;
      next = NextToken;
    }
    return undefined;
  }

  /** Sends it to this node, or finds the send that was made before; `inspect` takes no term. @throws BatonError CommandFailed; it may be sent already. */
  async sendOnce(
    of: { node: NodeId; validator: ValidatorId; term?: Term; nonce: string; more?: Readonly<Record<string, string>> },
    signal?: AbortSignal,
  ): Promise<string> {
    const comment = `baton ${of.nonce}`;
    try {
      const earlier = await this.#earlier(of.node, comment, signal);
      if (earlier !== undefined) return earlier;
      const { Command: sent } = await this.#options.client.send(
        new SendCommandCommand({
          DocumentName: this.#options.document,
          InstanceIds: [of.node],
          Comment: comment,
          TimeoutSeconds: this.#options.deliverySeconds,
          Parameters: {
            Validator: [of.validator],
            ...(of.term === undefined ? {} : { Term: [String(of.term)] }),
            Nonce: [of.nonce],
            ...Object.fromEntries(Object.entries(of.more ?? {}).map(([name, value]) => [name, [value]])),
          },
        }),
        withSignal(signal),
      );
      if (sent?.CommandId === undefined) throw new Error('the answer holds no command id');
      return sent.CommandId;
    } catch (cause) {
      throw new BatonError('CommandFailed', `${this.#options.document} could not be sent to ${of.node}: ${(cause as Error).name}`, {
        cause,
        fix: `Check that the node is online in SSM: aws ssm describe-instance-information --filters Key=InstanceIds,Values=${of.node}`,
      });
    }
  }

  /** How it stands with a command on exactly this node. Never throws: trouble is `unknown`. */
  async result(of: { commandId: string; node: NodeId }, signal?: AbortSignal): Promise<CommandResult> {
    try {
      const found = await this.#options.client.send(
        new GetCommandInvocationCommand({ CommandId: of.commandId, InstanceId: of.node }),
        withSignal(signal),
      );
      const status = found.Status ?? 'unknown';
      if (found.InstanceId !== of.node || found.CommandId !== of.commandId)
        return { outcome: 'unknown', reason: 'the answer is of another command or node' };
      if (running.includes(status)) return { outcome: 'pending' };
      const told = lastLine(found.StandardOutputContent ?? '');
      if (status === 'Failed')
        return { outcome: 'failed', reason: (told === '' ? lastLine(found.StandardErrorContent ?? '') : told).slice(0, longestReason) };
      if (status !== 'Success') return { outcome: 'unknown', reason: `SSM says ${status}` };
      return doneWith(told);
    } catch (cause) {
      if ((cause as Error).name === 'InvocationDoesNotExist') return { outcome: 'pending' };
      return { outcome: 'unknown', reason: (cause as Error).name };
    }
  }
}
