import type { Clock } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import { people, team } from '../slack/people.ts';
import { startSlack, type SlackServer } from '../slack/server.ts';

/** The Slack of a drill: a workspace with a channel of its own, and what a deployment has to know of it. */

export interface DrillSlack {
  readonly server: SlackServer;
  /** Content of the parameter, as docs/slack.md has it written. */
  readonly parameter: string;
  /** Where presses go from now on: what somebody would type into the app's Interactivity URL. */
  sendTo(requestUrl: string): void;
}

const channel = 'C0BATON';

export const startDrillSlack = async (clock: Clock): Promise<DrillSlack> => {
  const [signingSecret, botToken] = [randomHex(16), `xoxb-${randomHex(16)}`];
  let requestUrl = '';
  const server = await startSlack({
    clock,
    team,
    channel,
    channelName: 'failovers',
    people,
    botToken,
    signingSecret,
    requestUrl: () => requestUrl,
  });
  return {
    server,
    parameter: JSON.stringify({ signingSecrets: [signingSecret], botToken, team, channel }),
    sendTo: (url) => {
      requestUrl = url;
    },
  };
};
