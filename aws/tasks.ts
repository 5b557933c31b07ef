import { SendTaskSuccessCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { BatonError } from '../core/errors.ts';
import { withSignal } from './signal.ts';

/** Tasks of the workflow that wait for people. Apart from the workflow's other calls: of all functions, one alone may make it. */
export class Tasks {
  readonly #client: SFNClient;

  constructor(client: SFNClient) {
    this.#client = client;
  }

  /** Hands an answer to the task that waits with this token. @throws BatonError ApprovalExpired when it waits no more. */
  async sendAnswer(token: string, answer: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(answer) }), withSignal(signal));
    } catch (cause) {
      const { name } = cause as Error;
      if (name === 'TaskTimedOut' || name === 'TaskDoesNotExist' || name === 'InvalidToken')
        throw new BatonError('ApprovalExpired', 'the execution no longer waits for this answer', { cause, fix: 'baton status' });
      throw new BatonError('WorkflowFailed', `the answer could not be handed over: ${name}`, { cause, fix: 'Answer again.' });
    }
  }
}
