import type { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { slackChannel, slackTeam } from '../core/slack-names.ts';
import type { Clock } from '../core/time.ts';
import { SecretParameter } from './parameter.ts';

/** The secrets of Slack, from one encrypted parameter. They are in no message, no error and no log. */

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

export class SlackParameter {
  readonly #parameter: SecretParameter<typeof slackSettings> | null;

  constructor(options: SlackParameterOptions) {
    const fix = 'Put the parameter again as docs/slack.md says.';
    const again = 'Press again; or answer with baton approve or baton deny.';
    this.#parameter = options.name === '' ? null : new SecretParameter({ ...options, schema: slackSettings, fix, again });
  }

  /**
   * Null when the stack has no Slack, or the parameter is not there.
   * @throws BatonError ConfigInvalid, or WorkflowFailed when nobody can say.
   */
  async read(signal?: AbortSignal): Promise<SlackSettings | null> {
    return this.#parameter === null ? null : this.#parameter.find(signal);
  }
}
