import type { SlackMessage } from '../../core/slack-message.ts';
import type { SlackMessageAt } from '../../core/slack-names.ts';
import type { Deps } from './deps.ts';
import { show } from './slack-show.ts';

/** What every part of Announce does: say something once, and edit what is shown about an execution. */

export type Needs = Pick<Deps, 'clock' | 'approvals' | 'slack' | 'slackThreads' | 'stateMachine' | 'workflow'>;

/** Where the messages of an execution stand; the first is the one that its thread hangs under. */
export const threadOf = async (execution: string, { slackThreads }: Needs, signal: AbortSignal): Promise<SlackMessageAt | undefined> => {
  const [first] = (await slackThreads.read(execution, signal)).messages;
  return first && { channel: first.channel, ts: first.ts };
};

/**
 * Says it once, however often the event is delivered: whoever claims the mark may say it. What Slack does not take is not said later, unless it is
 * delivered again: it went to the topic too.
 * @param of.execution its name, or empty for what is about none.
 */
export const sayOnce = async (
  of: { readonly execution: string; readonly mark: string; readonly message: SlackMessage; readonly under: SlackMessageAt | undefined },
  { slack, slackThreads }: Needs,
  signal: AbortSignal,
): Promise<'said' | 'before' | 'lost'> => {
  if (!(await slackThreads.claim(of.execution, of.mark, signal))) return 'before';
  if ((await slack.post(of.message, signal, of.under)) !== null) return 'said';
  await slackThreads.forget(of.execution, of.mark, signal);
  return 'lost';
};

/** Edits every message of an execution that does not yet show how it ended. @returns how many Slack took. */
export const refresh = async (execution: string, deps: Needs, signal: AbortSignal, over = false): Promise<number> => {
  const { messages } = await deps.slackThreads.read(execution, signal);
  let edits = 0;
  for (const { approval, channel, ts, closed } of messages) {
    if (closed) continue;
    const edited = await show({ approval, at: [{ channel, ts }], over }, deps, signal);
    if (edited?.taken !== true) continue;
    edits += 1;
    if (!edited.open) await deps.slackThreads.close(execution, ts, signal);
  }
  return edits;
};
