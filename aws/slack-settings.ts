import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { firstIssue } from '../core/issue.ts';
import { slackChannel, slackTeam } from '../core/slack-names.ts';
import { elapsedMs, type Clock, type SteadyMs } from '../core/time.ts';
import { withSignal } from './signal.ts';

/** The secrets of Slack, from one encrypted parameter. They are in no message, no error and no log. */

const cachedMs = 60_000;

export const slackSettings = z.strictObject({
  /** Two while one replaces the other. */
  signingSecrets: z
    .array(z.string().regex(/^[\x21-\x7e]{16,128}$/))
    .min(1)
    .max(2),
  botToken: z.string().regex(/^xoxb-[A-Za-z0-9-]{10,250}$/),
  /** The one workspace whose people may answer. */
  team: slackTeam,
  channel: slackChannel,
});
export type SlackSettings = z.infer<typeof slackSettings>;

export interface SlackParameterOptions {
  readonly client: SSMClient;
  /** Name of the parameter; empty when the stack has no Slack. */
  readonly name: string;
  readonly clock: Clock;
}

const fix = 'Put the parameter again as docs/slack.md says.';

const settingsIn = (text: string, name: string): SlackSettings => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote what it read.
    throw new BatonError('ConfigInvalid', `parameter ${name} is not JSON`, { field: name, fix });
  }
  const found = slackSettings.safeParse(value);
  if (found.success) return found.data;
  const field = firstIssue(found.error).path.map(String).join('.') || 'the whole';
  throw new BatonError('ConfigInvalid', `parameter ${name}: ${field} is not as expected`, { field: name, fix });
};

export class SlackParameter {
  readonly #options: SlackParameterOptions;
  #kept: { readonly atMs: SteadyMs; readonly settings: SlackSettings | null } | undefined;

  constructor(options: SlackParameterOptions) {
    this.#options = options;
  }

  /**
   * Null when the stack has no Slack, or the parameter is not there.
   * @throws BatonError ConfigInvalid, or WorkflowFailed when nobody can say.
   */
  async read(signal?: AbortSignal): Promise<SlackSettings | null> {
    const { name, clock } = this.#options;
    if (name === '') return null;
    const nowMs = clock.steadyMs();
    if (this.#kept === undefined || elapsedMs(this.#kept.atMs, nowMs) >= cachedMs) this.#kept = { atMs: nowMs, settings: await this.#fetch(signal) };
    return this.#kept.settings;
  }

  async #fetch(signal: AbortSignal | undefined): Promise<SlackSettings | null> {
    const { client, name } = this.#options;
    try {
      const { Parameter: found } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }), withSignal(signal));
      return settingsIn(String(found?.Value), name);
    } catch (cause) {
      if (cause instanceof BatonError) throw cause;
      const { name: kind } = cause as Error;
      if (kind === 'ParameterNotFound') return null;
      throw new BatonError('WorkflowFailed', `parameter ${name} gives no answer: ${kind}`, {
        cause,
        fix: 'Press again; or answer with baton approve or baton deny.',
      });
    }
  }
}
