import type { SlackSettings } from '../../aws/slack-settings.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import { decide } from '../../core/approval.ts';
import { BatonError } from '../../core/errors.ts';
import type { FromSlack, SlackClick } from '../../core/slack.ts';
import { durationMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';
import { giveAnswer } from './give-answer.ts';
import { askedBy, failureOf, isRefusal, toldOf } from './slack-person.ts';
import { show } from './slack-show.ts';
import { dialogOf } from './slack-view.ts';

/** One press of a button in Slack: counted by the same rules as every answer, then told to whoever pressed and shown in the message. */

export type Needs = Pick<Deps, 'clock' | 'approvals' | 'answers' | 'measure' | 'notify' | 'slack' | 'slackThreads' | 'stateMachine'>;

/** Slack waits three seconds for us; the answer itself is counted before. */
const tellingMs = durationMs(1_500);

const count = async (click: SlackClick, settings: SlackSettings, deps: Needs, signal: AbortSignal): Promise<string> => {
  const { record, by } = await askedBy(click, settings, deps, signal);
  const answer = click.asks === 'deny' ? 'deny' : 'approve';
  // A denial is one whatever was asked for. A yes without words is none to an attestation.
  const purpose = answer === 'deny' ? record.purpose : 'approval';
  const { sentence } = await giveAnswer(
    { by, request: { validator: record.validator, purpose, answer, plan: click.plan }, id: click.approvalId },
    deps,
    signal,
  );
  return sentence;
};

/** Judged as it would be counted now, before anybody writes a word. @throws BatonError */
const mayAttest = (record: ApprovalRecord, by: string, click: SlackClick, nowMs: number): void => {
  const fix = `baton status ${record.validator}`;
  if (record.purpose !== 'attestation') throw new BatonError('ApprovalUnknown', `nothing of ${record.validator} waits for an attestation`, { fix });
  if (record.planHash !== click.plan) throw new BatonError('PlanChanged', 'it is about another plan than the one that waits', { fix });
  const judged = decide(record, { by, answer: 'approve', statement: 'not stated yet', atMs: nowMs });
  if (judged.outcome === 'refused') throw new BatonError(judged.code, judged.reason, { fix });
};

/** Opens the dialog: nothing is counted by it. */
const ask = async (click: SlackClick, settings: SlackSettings, deps: Needs, signal: AbortSignal): Promise<string> => {
  const { record, by } = await askedBy(click, settings, deps, signal);
  mayAttest(record, by, click, deps.clock.epochMs());
  if (await deps.slack.open(click.trigger, dialogOf(record, click), AbortSignal.any([signal, deps.clock.timeout(tellingMs)])))
    return `The dialog for the attestation of ${record.validator} is open for ${by}.`;
  throw new BatonError('ApprovalInvalid', 'the dialog could not be opened', {
    fix: `Press Attest again; or type: baton attest ${record.validator} --statement "…"`,
  });
};

/** The message that was pressed, and those that are known, where a try was repeated and there are two. A message that is lost stops nothing. */
export const showAll = async (asked: FromSlack, execution: string | undefined, deps: Needs, signal: AbortSignal): Promise<void> => {
  const { messages } = execution === undefined ? { messages: [] } : await deps.slackThreads.read(execution, signal);
  const others = messages.filter(({ approval, ts }) => approval === asked.approvalId && ts !== asked.message.ts);
  const at = [asked.message, ...others.map(({ channel, ts }) => ({ channel, ts }))];
  await show({ approval: asked.approvalId, at }, deps, signal);
};

/** Shown as far as there is time for it. */
export const showAfter = async (asked: FromSlack, deps: Needs, signal: AbortSignal): Promise<void> => {
  try {
    const record = await deps.approvals.shown(asked.approvalId, signal);
    if (record !== undefined) await showAll(asked, record.execution, deps, signal);
  } catch (error) {
    // The table gives no answer: the next press, or the next minute, shows it.
    failureOf(error);
  }
};

export const untilTold = (deps: Pick<Deps, 'clock'>, signal: AbortSignal): AbortSignal => AbortSignal.any([signal, deps.clock.timeout(tellingMs)]);

/** @throws BatonError when nobody can say whether it was counted: the person is told, and the function has failed. */
export const press = async (click: SlackClick, settings: SlackSettings, deps: Needs, signal: AbortSignal): Promise<string> => {
  let sentence: string;
  let failure: BatonError | undefined;
  try {
    sentence = await (click.asks === 'attest' ? ask : count)(click, settings, deps, signal);
  } catch (error) {
    failure = failureOf(error);
    sentence = failure.message;
  }
  const until = untilTold(deps, signal);
  const changesNothing = failure ? failure.code === 'ApproverNotAllowed' || failure.code === 'ApprovalUnknown' : click.asks === 'attest';
  await Promise.all([
    ...(failure ? [deps.slack.reply(click.responseUrl, toldOf(failure), until)] : []),
    ...(changesNothing ? [] : [showAfter(click, deps, until)]),
  ]);
  if (failure && !isRefusal(failure)) throw failure;
  return sentence;
};
