import type { SlackSettings } from '../../aws/slack-settings.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import { BatonError, type ErrorCode } from '../../core/errors.ts';
import { escaped, slackMessageOf } from '../../core/slack-message.ts';
import { slackEntryOf } from '../../core/slack-names.ts';
import type { SlackClick } from '../../core/slack.ts';
import { durationMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';
import { giveAnswer } from './give-answer.ts';

/** One press of a button in Slack: counted by the same rules as every answer, then told to whoever pressed and shown in the message. */

type Needs = Pick<Deps, 'clock' | 'approvals' | 'answers' | 'measure' | 'slack'>;

/** Slack waits three seconds for us; the answer itself is counted before. */
const tellingMs = durationMs(1_500);
const longestReply = 1_000;

/** These say that nothing was counted; after any other failure nobody knows. */
const refusals: readonly ErrorCode[] = ['ApprovalUnknown', 'ApproverNotAllowed', 'PlanChanged', 'ApprovalInvalid', 'ApprovalExpired'];

const entryOf = (record: ApprovalRecord, click: SlackClick, settings: SlackSettings): string => {
  const entry = click.guest || click.team !== settings.team ? undefined : slackEntryOf(record.approvers, click);
  if (entry !== undefined) return entry;
  throw new BatonError('ApproverNotAllowed', `${click.team}/${click.user} is not among the approvers`, {
    fix: 'Approvers in Slack stand in validators.yaml as slack/TEAM/USER/NAME.',
  });
};

const count = async (click: SlackClick, settings: SlackSettings, deps: Needs, signal: AbortSignal): Promise<string> => {
  const record = await deps.approvals.read(click.approvalId, signal);
  if (record === undefined) throw new BatonError('ApprovalUnknown', 'there is no such approval', { fix: 'baton status' });
  const by = entryOf(record, click, settings);
  const request = { validator: record.validator, purpose: 'approval', answer: click.answer, plan: click.plan } as const;
  const { sentence } = await giveAnswer({ by, request, id: click.approvalId }, deps, signal);
  return sentence;
};

const replyTo = async (failure: BatonError, click: SlackClick, deps: Needs, signal: AbortSignal): Promise<void> => {
  const what = refusals.includes(failure.code) ? 'Not counted' : 'Nobody can say whether it was counted; press again, it is counted once';
  await deps.slack.reply(click.responseUrl, escaped(`${what}: ${failure.message}. ${failure.fix}`, longestReply), signal);
};

/** The message that was pressed, and the one that the record knows, where a try was repeated and there are two. */
const show = async (click: SlackClick, deps: Needs, signal: AbortSignal): Promise<void> => {
  const record = await deps.approvals.read(click.approvalId, signal).catch(() => undefined);
  if (record === undefined) return;
  const message = slackMessageOf(record, deps.clock.epochMs());
  const known = record.slack === undefined || record.slack.ts === click.message.ts ? [] : [{ channel: record.slack.channel, ts: record.slack.ts }];
  await Promise.all([click.message, ...known].map((at) => deps.slack.update(at, message, signal)));
};

/** @throws BatonError when nobody can say whether it was counted: the person is told, and the function has failed. */
export const press = async (click: SlackClick, settings: SlackSettings, deps: Needs, signal: AbortSignal): Promise<string> => {
  let sentence: string;
  let failure: BatonError | undefined;
  try {
    sentence = await count(click, settings, deps, signal);
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    failure = error;
    sentence = error.message;
  }
  const until = AbortSignal.any([signal, deps.clock.timeout(tellingMs)]);
  const changesNothing = failure?.code === 'ApproverNotAllowed' || failure?.code === 'ApprovalUnknown';
  await Promise.all([...(failure ? [replyTo(failure, click, deps, until)] : []), ...(changesNothing ? [] : [show(click, deps, until)])]);
  if (failure && !refusals.includes(failure.code)) throw failure;
  return sentence;
};
