import type { SlackSettings } from '../../aws/slack-settings.ts';
import { personOf, type ApprovalRecord } from '../../core/approval.ts';
import { BatonError, type ErrorCode } from '../../core/errors.ts';
import { escaped } from '../../core/slack-message.ts';
import { slackEntryOf } from '../../core/slack-names.ts';
import type { FromSlack } from '../../core/slack.ts';
import type { Deps } from './deps.ts';

/** Who it is that Slack vouches for, what that person asks about, and how a failure is told to people. */

const longestReply = 1_000;

/** These say that nothing was counted; after any other failure nobody knows. */
const refusals: readonly ErrorCode[] = ['ApprovalUnknown', 'ApproverNotAllowed', 'PlanChanged', 'ApprovalInvalid', 'ApprovalExpired'];
export const isRefusal = ({ code }: BatonError): boolean => refusals.includes(code);

/** For Slack, escaped. */
export const toldOf = (failure: BatonError): string => {
  const what = isRefusal(failure) ? 'Not counted' : 'Nobody can say whether it was counted; do it again, it is counted once';
  return escaped(`${what}: ${failure.message}. ${failure.fix}`, longestReply);
};

/** Gives back a BatonError, and throws everything else. */
export const failureOf = (error: unknown): BatonError => {
  if (error instanceof BatonError) return error;
  throw error;
};

/**
 * The record that is asked about, and the whole entry of whoever asks.
 * @throws BatonError ApprovalUnknown or ApproverNotAllowed.
 */
export const askedBy = async (
  asked: FromSlack,
  settings: SlackSettings,
  { approvals }: Pick<Deps, 'approvals'>,
  signal: AbortSignal,
): Promise<{ record: ApprovalRecord; by: string }> => {
  const record = await approvals.read(asked.approvalId, signal);
  if (record === undefined) throw new BatonError('ApprovalUnknown', 'there is no such approval', { fix: 'baton status' });
  const by = asked.guest || asked.team !== settings.team ? undefined : slackEntryOf(record.approvers, asked);
  if (by !== undefined) return { record, by };
  throw new BatonError('ApproverNotAllowed', `${asked.team}/${asked.user} is not among the approvers`, {
    fix: 'Approvers in Slack stand in validators.yaml as slack/TEAM/USER/NAME.',
  });
};

export const nameOf = (arn: string): string => escaped(personOf(arn), 100);
