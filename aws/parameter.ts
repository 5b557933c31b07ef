import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { firstIssue } from '../core/issue.ts';
import { elapsedMs, type Clock, type SteadyMs } from '../core/time.ts';
import { withSignal } from './signal.ts';

/** Secrets from one encrypted parameter. They are in no message, no error and no log: what is wrong is told by the name of its field. */

const cachedMs = 60_000;

export interface SecretParameterOptions<S extends z.ZodType> {
  readonly client: SSMClient;
  readonly name: string;
  readonly schema: S;
  readonly clock: Clock;
  /** What to do when it cannot be used. */
  readonly fix: string;
  /** What to do when nobody can say; the same when not given. */
  readonly again?: string;
}

export class SecretParameter<S extends z.ZodType> {
  readonly #options: SecretParameterOptions<S>;
  #kept: { readonly atMs: SteadyMs; readonly value: z.output<S> | null } | undefined;

  constructor(options: SecretParameterOptions<S>) {
    this.#options = options;
  }

  /**
   * What it holds, at most a minute old; null when it is not there.
   * @throws BatonError ConfigInvalid when it is not as expected, WorkflowFailed when nobody can say.
   */
  async find(signal?: AbortSignal): Promise<z.output<S> | null> {
    const nowMs = this.#options.clock.steadyMs();
    if (this.#kept === undefined || elapsedMs(this.#kept.atMs, nowMs) >= cachedMs) this.#kept = { atMs: nowMs, value: await this.#fetch(signal) };
    return this.#kept.value;
  }

  /**
   * The same, for what must be there: one that is not is looked for again at once.
   * @throws BatonError ConfigInvalid when it is not there or not as expected, WorkflowFailed when nobody can say.
   */
  async read(signal?: AbortSignal): Promise<z.output<S>> {
    const found = await this.find(signal);
    if (found !== null) return found;
    this.#kept = undefined;
    throw this.#invalid('is not there');
  }

  async #fetch(signal: AbortSignal | undefined): Promise<z.output<S> | null> {
    const { client, name, fix, again = fix } = this.#options;
    try {
      const { Parameter: found } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }), withSignal(signal));
      return this.#valueIn(String(found?.Value));
    } catch (cause) {
      if (cause instanceof BatonError) throw cause;
      const { name: kind } = cause as Error;
      if (kind === 'ParameterNotFound') return null;
      throw new BatonError('WorkflowFailed', `parameter ${name} gives no answer: ${kind}`, { cause, field: name, fix: again });
    }
  }

  #valueIn(text: string): z.output<S> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // The parser's own words quote what it read.
      throw this.#invalid('is not JSON');
    }
    const found = this.#options.schema.safeParse(value);
    if (found.success) return found.data;
    throw this.#invalid(`${firstIssue(found.error).path.map(String).join('.') || 'the whole'} is not as expected`, ':');
  }

  #invalid(what: string, sign = ''): BatonError {
    const { name, fix } = this.#options;
    return new BatonError('ConfigInvalid', `parameter ${name}${sign} ${what}`, { field: name, fix });
  }
}
