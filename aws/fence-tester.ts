import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { BatonError } from '../core/errors.ts';

/** Asks the stack's own FenceTest to test fences now: only what it may do, from where it is, shows what a failover could do. */

export interface FenceTestAsk {
  readonly by: string;
  readonly validator?: string;
  readonly node?: string;
}

const longestShown = 500;

/** What the runtime tells of a function that has failed. */
const wordsOf = (payload: Uint8Array | undefined): string => {
  try {
    const { errorMessage } = JSON.parse(Buffer.from(payload ?? []).toString('utf8')) as { errorMessage?: unknown };
    return String(errorMessage).slice(0, longestShown);
  } catch {
    return 'it tells no reason';
  }
};

export class FenceTester {
  readonly #client: LambdaClient;
  readonly #name: string;

  constructor(options: { client: LambdaClient; name: string }) {
    this.#client = options.client;
    this.#name = options.name;
  }

  /** Resolves when what was found is noted. @throws BatonError CommandFailed; it may have been tested all the same. */
  async run(ask: FenceTestAsk): Promise<void> {
    const fix = 'baton doctor';
    const command = new InvokeCommand({ FunctionName: this.#name, InvocationType: 'RequestResponse', Payload: Buffer.from(JSON.stringify(ask)) });
    const answer = await this.#client.send(command).catch((cause: unknown) => {
      throw new BatonError('CommandFailed', `${this.#name} could not be asked: ${(cause as Error).name}`, { cause, fix });
    });
    if (answer.FunctionError !== undefined) throw new BatonError('CommandFailed', `${this.#name} failed: ${wordsOf(answer.Payload)}`, { fix });
  }
}
