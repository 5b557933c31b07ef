import { personOf, type ApprovalRecord, type Decision } from './approval.ts';
import type { EvidenceKind } from './evidence.ts';
import { approveAction, buttonValueOf, denyAction } from './slack.ts';
import { utcOf } from './time.ts';

/** The message in Slack about what waits, in each of its states: one function of the record, so that an edit can lose nothing. */

const longestText = 3_000;
const longestPlain = 150;
const longestConfirm = 300;
const shownDigits = 12;
/** A quorum is at most ten, and one may deny. */
const mostShown = 11;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text from outside on one line: no markup of Slack's can begin in it, no line of ours can be forged, and it is never longer than `longest`. */
export const escaped = (text: string, longest: number): string => {
  const letters = [...text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ')].map((letter) => entities[letter] ?? letter);
  let shown = '';
  for (const letter of letters) {
    if (shown.length + letter.length >= longest) return `${shown}…`;
    shown += letter;
  }
  return shown;
};

/** A moment as Slack shows it in each reader's own time; in UTC where it cannot. */
export const momentOf = (atMs: number): string => `<!date^${Math.floor(atMs / 1_000)}^{date_short_pretty} {time_secs}|${utcOf(atMs)}>`;

const told = {
  relinquished: 'its own word',
  stopped: 'stopped by command',
  'powered-off': 'power cut',
  lapsed: 'lease ran out',
  attested: 'a person',
};
const evidenceOf = (accepts: readonly EvidenceKind[]): string => accepts.map((kind) => `${kind} (${told[kind]})`).join(', ');

const risk =
  'The validator stands still until one of these proofs is there; without a proof nothing is released. Approve only if nobody signs with a copy of this key.';

interface Text {
  readonly type: 'mrkdwn' | 'plain_text';
  readonly text: string;
  readonly verbatim?: true;
  readonly emoji?: false;
}
/** No bold, no pictures: a reason can look like nothing but a reason. */
const plain = (text: string, longest: number): Text => ({ type: 'plain_text', text: escaped(text, longest), emoji: false });
/** Verbatim: what looks like a link or a name in a text from outside becomes none. */
const marked = (text: string): Text => ({ type: 'mrkdwn', text, verbatim: true });
const section = (text: string) => ({ type: 'section', text: marked(text) });

type Asked = Omit<ApprovalRecord, 'token'>;
export interface SlackMessage {
  /** For notifications, and for readers that show no blocks. */
  readonly text: string;
  readonly blocks: readonly Readonly<Record<string, unknown>>[];
}

const decisionOf = ({ by, answer, atMs }: Decision): string =>
  `${answer === 'approve' ? 'Approved' : 'Denied'} by ${escaped(personOf(by), 100)}, ${momentOf(atMs)}`;

const buttonOf = (record: Asked, approve: boolean) => ({
  type: 'button',
  action_id: approve ? approveAction : denyAction,
  style: approve ? 'primary' : 'danger',
  text: plain(approve ? 'Approve' : 'Deny', 75),
  value: buttonValueOf(record),
  confirm: {
    title: plain(`${approve ? 'Approve' : 'Deny'} ${record.validator}?`, 100),
    text: plain(`Plan ${record.planHash.slice(0, shownDigits)}. ${record.sentence}`, longestConfirm),
    confirm: plain(approve ? 'Approve' : 'Deny', 30),
    deny: plain('Cancel', 30),
  },
});

const headOf = (record: Asked, isOpen: boolean): string => {
  if (isOpen) return record.purpose === 'approval' ? `Approve or deny: ${record.validator}` : `Attestation needed: ${record.validator}`;
  const ended = { pending: 'Expired', expired: 'Expired', approved: 'Approved', denied: 'Denied' };
  return `${ended[record.state]}: ${record.validator}`;
};

const openBlocks = (record: Asked, accepts: readonly EvidenceKind[] | undefined) => {
  const until = section(`*Until* ${momentOf(record.expiresAtMs)}`);
  if (record.purpose === 'attestation')
    return [until, section(`Not by a button: type \`baton attest ${record.validator} --statement "…"\`, or \`baton deny ${record.validator}\`.`)];
  return [
    ...(accepts ? [section(`*Evidence that is accepted* ${evidenceOf(accepts)}`)] : []),
    section(`*What can go wrong* ${risk}`),
    until,
    { type: 'actions', elements: [buttonOf(record, true), buttonOf(record, false)] },
  ];
};

/**
 * @param nowMs a record that nobody answered in its time counts as expired.
 * @param accepts the evidence of the plan, as long as the record does not hold it.
 */
export const slackMessageOf = (record: Asked, nowMs: number, accepts: readonly EvidenceKind[] | undefined = record.slack?.accepts): SlackMessage => {
  const isOpen = record.state === 'pending' && nowMs < record.expiresAtMs;
  const head = headOf(record, isOpen);
  // A denial would have ended it: who has answered has approved.
  const far = isOpen && record.quorum > 1 ? [`${record.decisions.length} of ${record.quorum} have approved`] : [];
  const lines = [...far, ...record.decisions.slice(-mostShown).map(decisionOf)];
  return {
    text: escaped(head, longestPlain),
    blocks: [
      { type: 'header', text: plain(head, longestPlain) },
      { type: 'section', text: plain(record.sentence, longestText) },
      ...(isOpen ? openBlocks(record, accepts) : []),
      ...(lines.length === 0 ? [] : [section(lines.join('\n'))]),
      { type: 'context', elements: [marked(`Plan \`${record.planHash.slice(0, shownDigits)}\` · ${escaped(record.execution, 100)}`)] },
    ],
  };
};
