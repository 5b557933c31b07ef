import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { BatonError } from './errors.ts';
import { parseWith } from './parse.ts';
import { slackChannel, slackTeam, slackTs, slackUser, type SlackMessageAt } from './slack-names.ts';

/**
 * What Slack sends when a person presses a button: whose signature it is, and what it says.
 * docs.slack.dev: "Verifying requests from Slack" (version v0) and "block_actions payload".
 */

/** Older or newer than this, a request is a replay or comes from a clock that is wrong. */
export const slackWindowMs = 300_000;

/** What is signed is these bytes, as they came: no text, no form and no JSON made of them. */
export const slackSignatureOf = (secret: string, timestamp: string, body: Uint8Array): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;

export interface SlackRequest {
  /** Header `X-Slack-Request-Timestamp`, in seconds. */
  readonly timestamp: string;
  /** Header `X-Slack-Signature`. */
  readonly signature: string;
  readonly body: Uint8Array;
}

const sameText = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** True when one of the secrets has signed exactly this body within five minutes, before or after `nowMs`. */
export const isFromSlack = (request: SlackRequest, of: { secrets: readonly string[]; nowMs: number }): boolean => {
  if (!/^\d{1,12}$/.test(request.timestamp)) return false;
  const inTime = Math.abs(of.nowMs - Number(request.timestamp) * 1_000) <= slackWindowMs;
  // Every secret is tried, whatever the one before it said: how long it takes tells nothing.
  const signed = of.secrets.map((secret) => sameText(slackSignatureOf(secret, request.timestamp, request.body), request.signature));
  return inTime && signed.includes(true);
};

/** Which button of our own message was pressed. */
export const approveAction = 'baton_approve';
export const denyAction = 'baton_deny';

const idLetters = 32;
const buttonValue = /^[a-f0-9]{32}\.[a-f0-9]{64}$/;
/** The approval and the whole hash of its plan: nothing in it is a secret, and nothing in it opens anything. */
export const buttonValueOf = (record: { readonly id: string; readonly planHash: string }): string => `${record.id}.${record.planHash}`;

const pressed = z.looseObject({
  type: z.literal('button'),
  action_id: z.enum([approveAction, denyAction]),
  value: z.string().regex(buttonValue),
});

/** Slack adds fields as it likes; those that are read are held to their form. */
const interaction = z.looseObject({
  type: z.literal('block_actions'),
  team: z.looseObject({ id: slackTeam }),
  user: z.looseObject({ id: slackUser, team_id: slackTeam.optional() }),
  container: z.looseObject({ type: z.literal('message'), channel_id: slackChannel, message_ts: slackTs }),
  actions: z.tuple([pressed]),
  response_url: z.url({ protocol: /^https$/, hostname: /^hooks\.slack\.com$/ }).max(500),
});

export interface SlackClick {
  readonly team: string;
  readonly user: string;
  readonly answer: 'approve' | 'deny';
  readonly approvalId: string;
  readonly plan: string;
  readonly message: SlackMessageAt;
  /** Somebody of another workspace, in a channel that two companies share. */
  readonly guest: boolean;
  /** Where the person alone is told what became of it. */
  readonly responseUrl: string;
}

const refused = (message: string, cause?: unknown): BatonError =>
  new BatonError('InputInvalid', `the body of Slack ${message}`, {
    field: 'body',
    fix: 'Set the interactivity URL for nothing but the buttons of this app.',
    cause,
  });

const formOf = (body: Uint8Array): URLSearchParams => {
  try {
    return new URLSearchParams(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw refused('is no text', cause);
  }
};

const payloadOf = (body: Uint8Array): unknown => {
  const [text, ...more] = formOf(body).getAll('payload');
  if (text === undefined || more.length > 0) throw refused('has not one field payload');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused('holds no JSON', cause);
  }
};

/**
 * One press of one of our buttons. Called only after `isFromSlack`.
 * @throws BatonError InputInvalid.
 */
export const clickOf = (body: Uint8Array): SlackClick => {
  const found = parseWith(interaction, payloadOf(body), { what: 'payload', code: 'InputInvalid' });
  const [{ action_id: action, value }] = found.actions;
  return {
    team: found.team.id,
    user: found.user.id,
    // `team` is where it was pressed, `team_id` where the person belongs.
    guest: found.user.team_id !== undefined && found.user.team_id !== found.team.id,
    answer: action === approveAction ? 'approve' : 'deny',
    approvalId: value.slice(0, idLetters),
    plan: value.slice(idLetters + 1),
    message: { channel: found.container.channel_id, ts: found.container.message_ts },
    responseUrl: found.response_url,
  };
};
