import * as z from 'zod';

/** How Slack names things, and how an approver in Slack is named. */

export const slackTeam = z.string().regex(/^T[A-Z0-9]{2,20}$/);
export const slackUser = z.string().regex(/^[UW][A-Z0-9]{2,20}$/);
export const slackChannel = z.string().regex(/^[CDG][A-Z0-9]{2,20}$/);
/** Name of a message in its channel. */
export const slackTs = z.string().regex(/^\d{1,12}\.\d{1,9}$/);
/** Good for one dialog. */
export const slackTrigger = z.string().regex(/^[\w.-]{1,200}$/);
export const slackMessageAt = z.strictObject({ channel: slackChannel, ts: slackTs });
export type SlackMessageAt = z.infer<typeof slackMessageAt>;

const entry = /^slack\/(T[A-Z0-9]{2,20}\/[UW][A-Z0-9]{2,20})\/[\w+=,.@-]{2,64}$/;

/** `TEAM/USER` of an approver who answers in Slack, `slack/TEAM/USER/NAME`. NAME is the person's session name in IAM. */
export const slackUserOf = (approver: string): string | undefined => entry.exec(approver)?.[1];

/** The entry of whoever pressed, whole: so a person with a second identity in IAM is still one person. */
export const slackEntryOf = (approvers: readonly string[], who: { readonly team: string; readonly user: string }): string | undefined =>
  approvers.find((approver) => slackUserOf(approver) === `${who.team}/${who.user}`);
