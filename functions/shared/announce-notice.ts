import * as z from 'zod';
import { executionName, validatorId } from '../../core/ids.ts';
import { jsonBy } from '../../core/json.ts';
import { noticeKinds } from '../../core/notice.ts';
import { isOpen } from '../../core/slack-message.ts';
import type { SlackMessageAt } from '../../core/slack-names.ts';
import type { NoticeEvent } from '../contract.ts';
import { refresh, sayOnce, threadOf, type Needs } from './announce-shared.ts';
import { noticeText, type Said } from './announce-text.ts';
import { linkOf } from './slack-link.ts';

/** What was published to the topic, in Slack: notices of Baton, and alarms of CloudWatch. */

type Sns = NoticeEvent['Records'][number]['Sns'];

const alarm = z.looseObject({
  AlarmName: z.string().min(1),
  NewStateValue: z.string(),
  NewStateReason: z.string().default(''),
  AlarmDescription: z.string().nullish(),
});

const alarmIn = (text: string): Said | undefined => {
  const found = jsonBy(alarm, text);
  return found && { subject: `${found.NewStateValue}: ${found.AlarmName}`, text: found.AlarmDescription ?? found.NewStateReason };
};

/** Under the message of its execution; without one, under what waits for this validator now. */
const placeOf = async (
  of: { readonly execution: string | undefined; readonly validator: string | undefined },
  deps: Needs,
  signal: AbortSignal,
): Promise<SlackMessageAt | undefined> => {
  if (of.execution !== undefined) return threadOf(of.execution, deps, signal);
  const validator = validatorId.safeParse(of.validator).data;
  const waiting = validator && (await deps.approvals.waiting(validator, signal));
  return waiting && isOpen(waiting, { nowMs: deps.clock.epochMs() }) ? threadOf(waiting.execution, deps, signal) : undefined;
};

export interface Told {
  readonly posted: number;
  readonly edited: number;
  readonly sentence: string;
}

export const announceNotice = async (sns: Sns, deps: Needs, signal: AbortSignal): Promise<Told> => {
  const kind = z.enum(noticeKinds).safeParse(sns.MessageAttributes['kind']?.Value).data;
  const execution = executionName.safeParse(sns.MessageAttributes['execution']?.Value).data;
  const validator = sns.MessageAttributes['validator']?.Value;
  if (kind === 'waiting') return { posted: 0, edited: 0, sentence: 'What waits is posted by RequestApproval.' };
  if (kind === 'answered') {
    const edited = execution === undefined ? 0 : await refresh(execution, deps, signal);
    return { posted: 0, edited, sentence: `Answered: ${edited} messages show it.` };
  }
  const said = (kind === undefined ? alarmIn(sns.Message) : undefined) ?? { subject: sns.Subject ?? 'Baton', text: sns.Message };
  const about = execution === undefined ? {} : { execution: { name: execution, link: linkOf(deps.stateMachine, execution) } };
  const how = await sayOnce(
    {
      execution: execution ?? '',
      mark: `sns/${sns.MessageId}`,
      message: noticeText({ ...said, ...about }),
      under: await placeOf({ execution, validator }, deps, signal),
    },
    deps,
    signal,
  );
  return { posted: how === 'said' ? 1 : 0, edited: 0, sentence: `${said.subject.slice(0, 200)}: ${sentences[how]}` };
};

const sentences = { said: 'posted.', before: 'it was posted before.', lost: 'Slack did not take it.' };
