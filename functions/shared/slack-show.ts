import { isOpen, slackMessageOf } from '../../core/slack-message.ts';
import type { SlackMessageAt } from '../../core/slack-names.ts';
import type { Deps } from './deps.ts';
import { linkOf } from './slack-link.ts';

/** Edits messages into what their record says now. */

type Needs = Pick<Deps, 'clock' | 'approvals' | 'slack' | 'stateMachine'>;

/** So often somebody may answer while we edit. */
const maxRounds = 4;

export interface Edited {
  /** Slack took every edit. */
  readonly taken: boolean;
  /** An answer could still count. */
  readonly open: boolean;
}

/**
 * Whoever edits looks at the record again afterwards: of two edits that overtake each other, the one that lands last is followed by the newest.
 * Undefined when there is no such record.
 */
export const show = async (
  of: { readonly approval: string; readonly at: readonly SlackMessageAt[]; readonly over?: boolean },
  deps: Needs,
  signal: AbortSignal,
): Promise<Edited | undefined> => {
  let edited: Edited | undefined;
  let shownVersion = 0;
  for (let round = 0; round < maxRounds; round += 1) {
    const record = await deps.approvals.shown(of.approval, signal);
    if (record === undefined || record.version === shownVersion) return edited;
    const shown = { nowMs: deps.clock.epochMs(), link: linkOf(deps.stateMachine, record.execution), over: of.over === true };
    const message = slackMessageOf(record, shown);
    const taken = await Promise.all(of.at.map((at) => deps.slack.update(at, message, signal)));
    shownVersion = record.version;
    edited = { taken: !taken.includes(false), open: isOpen(record, shown) };
  }
  return edited;
};
