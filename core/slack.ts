import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { BatonError } from './errors.ts';
import { parseWith } from './parse.ts';
import { slackChannel, slackTeam, slackTrigger, slackTs, slackUser, type SlackMessageAt } from './slack-names.ts';

/**
 * What Slack sends when a person presses a button or sends our dialog: whose signature it is, and what it says.
 * docs.slack.dev: "Verifying requests from Slack" (version v0), "block_actions payload" and "View submission payload".
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

/** Which button of our own message was pressed. `attestAction` opens a dialog, and is its name too. */
export const approveAction = 'baton_approve';
export const denyAction = 'baton_deny';
export const attestAction = 'baton_attest';
const asked = { [approveAction]: 'approve', [denyAction]: 'deny', [attestAction]: 'attest' } as const;
/** The two fields of the dialog, each the only one of its block. */
export const statementField = 'statement';
export const validatorField = 'validator';

const idLetters = 32;
const buttonValue = /^[a-f0-9]{32}\.[a-f0-9]{64}$/;
/** The approval and the whole hash of its plan: nothing in it is a secret, and nothing in it opens anything. */
export const buttonValueOf = (record: { readonly id: string; readonly planHash: string }): string => `${record.id}.${record.planHash}`;

/** What a dialog keeps of the message that it was opened from; nothing in it is a secret. */
const metadata = /^([a-f0-9]{32})\.([a-f0-9]{64}) ([CDG][A-Z0-9]{2,20}) (\d{1,12}\.\d{1,9})$/;
export const metadataOf = (click: Pick<SlackClick, 'approvalId' | 'plan' | 'message'>): string =>
  `${click.approvalId}.${click.plan} ${click.message.channel} ${click.message.ts}`;

/** Slack adds fields as it likes; those that are read are held to their form. */
const person = { team: z.looseObject({ id: slackTeam }), user: z.looseObject({ id: slackUser, team_id: slackTeam.optional() }) };

const pressed = z.looseObject({
  type: z.literal('button'),
  action_id: z.enum([approveAction, denyAction, attestAction]),
  value: z.string().regex(buttonValue),
});

const interaction = z.looseObject({
  ...person,
  type: z.literal('block_actions'),
  container: z.looseObject({ type: z.literal('message'), channel_id: slackChannel, message_ts: slackTs }),
  actions: z.tuple([pressed]),
  trigger_id: slackTrigger,
  response_url: z.url({ protocol: /^https$/, hostname: /^hooks\.slack\.com$/ }).max(500),
});

/** What a field holds that nobody filled is null. */
const typed = z.looseObject({ type: z.literal('plain_text_input'), value: z.string().max(3_000).nullable() });
const field = <N extends string>(name: N) => z.looseObject({ [name]: typed } as Record<N, typeof typed>);

const submission = z.looseObject({
  ...person,
  type: z.literal('view_submission'),
  view: z.looseObject({
    type: z.literal('modal'),
    callback_id: z.literal(attestAction),
    private_metadata: z.string().regex(metadata),
    state: z.looseObject({
      values: z.looseObject({ [statementField]: field(statementField), [validatorField]: field(validatorField) }),
    }),
  }),
});

const requested = z.discriminatedUnion('type', [interaction, submission]);

/** Who it is, and about what. */
export interface FromSlack {
  readonly team: string;
  readonly user: string;
  /** Somebody of another workspace, in a channel that two companies share. */
  readonly guest: boolean;
  readonly approvalId: string;
  readonly plan: string;
  readonly message: SlackMessageAt;
}

/** One press of one of our buttons. */
export interface SlackClick extends FromSlack {
  readonly kind: 'click';
  readonly asks: 'approve' | 'deny' | 'attest';
  /** Opens one dialog for this person within three seconds. */
  readonly trigger: string;
  /** Where the person alone is told what became of it. */
  readonly responseUrl: string;
}

/** Our dialog, as a person sent it. */
export interface SlackForm extends FromSlack {
  readonly kind: 'form';
  /** What the person did, in their words, without spaces around it. */
  readonly statement: string;
  /** The validator's name as it was typed, without spaces around it. */
  readonly validator: string;
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

// `team` is where it was pressed, `team_id` where the person belongs.
const whoOf = ({ team, user }: z.output<typeof requested>) => ({
  team: team.id,
  user: user.id,
  guest: user.team_id !== undefined && user.team_id !== team.id,
});

const clickOf = (found: z.output<typeof interaction>): SlackClick => {
  const [{ action_id: action, value }] = found.actions;
  return {
    kind: 'click',
    ...whoOf(found),
    asks: asked[action],
    approvalId: value.slice(0, idLetters),
    plan: value.slice(idLetters + 1),
    message: { channel: found.container.channel_id, ts: found.container.message_ts },
    trigger: found.trigger_id,
    responseUrl: found.response_url,
  };
};

const submittedOf = (found: z.output<typeof submission>): SlackForm => {
  const { private_metadata: kept, state } = found.view;
  const [, approvalId, plan, channel, ts] = metadata.exec(kept) as unknown as [string, string, string, string, string];
  const { [statementField]: statement, [validatorField]: validator } = state.values;
  return {
    kind: 'form',
    ...whoOf(found),
    approvalId,
    plan,
    message: { channel, ts },
    statement: (statement[statementField].value ?? '').trim().toWellFormed(),
    validator: (validator[validatorField].value ?? '').trim(),
  };
};

/**
 * One press of one of our buttons, or our dialog. Called only after `isFromSlack`.
 * @throws BatonError InputInvalid.
 */
export const requestOf = (body: Uint8Array): SlackClick | SlackForm => {
  const found = parseWith(requested, payloadOf(body), { what: 'payload', code: 'InputInvalid' });
  return found.type === 'block_actions' ? clickOf(found) : submittedOf(found);
};

/** Fewer letters say nothing that could be looked into afterwards. */
export const shortestStatement = 10;
export const longestStatement = 1_000;

/** What is wrong in a dialog that was sent, by field; nothing when it may be counted. */
export const wrongIn = (form: SlackForm, validator: string): Readonly<Record<string, string>> => ({
  ...(form.statement.length < shortestStatement || form.statement.length > longestStatement
    ? { [statementField]: `Say what you did, in ${shortestStatement} to ${longestStatement} letters.` }
    : {}),
  ...(form.validator === validator ? {} : { [validatorField]: `This is about ${validator}. Type exactly that name.` }),
});
