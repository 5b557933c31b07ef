import { personOf, type Decision, type ShownRecord } from './approval.ts';
import type { EvidenceKind } from './evidence.ts';
import { approveAction, attestAction, buttonValueOf, denyAction } from './slack.ts';
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

const happens = {
  approval:
    'The node that signs is fenced until there is a proof that it cannot sign; then the other node gets the key and signs in a new term. ' +
    'In between nobody signs.',
  attestation: 'Your words become the proof: the other node then gets the key and signs in a new term. Until then nobody signs.',
};
const risks = {
  approval:
    'The validator stands still until one of these proofs is there; without a proof nothing is released. Approve only if nobody signs with a copy of this key.',
  attestation: 'If that node can still sign, two nodes sign and the stake is lost. Attest only what you did yourself and have seen to hold.',
};

interface Text {
  readonly type: 'mrkdwn' | 'plain_text';
  readonly text: string;
  readonly verbatim?: true;
  readonly emoji?: false;
}
/** No bold, no pictures: a reason can look like nothing but a reason. */
export const plain = (text: string, longest: number): Text => ({ type: 'plain_text', text: escaped(text, longest), emoji: false });
/** Verbatim: what looks like a link or a name in a text from outside becomes none. */
const marked = (text: string): Text => ({ type: 'mrkdwn', text, verbatim: true });
/** Text of ours with markup; what is from outside in it is escaped before. */
export const section = (text: string) => ({ type: 'section', text: marked(text) });

export interface SlackMessage {
  /** For notifications, and for readers that show no blocks. */
  readonly text: string;
  readonly blocks: readonly Readonly<Record<string, unknown>>[];
}

const words = {
  approval: { yes: 'Approved', asked: 'Approve or deny', have: 'approved' },
  attestation: { yes: 'Attested', asked: 'Attestation needed', have: 'attested' },
};

const decisionOf =
  ({ purpose }: ShownRecord) =>
  ({ by, answer, atMs }: Decision): string =>
    `${answer === 'approve' ? words[purpose].yes : 'Denied'} by ${escaped(personOf(by), 100)}, ${momentOf(atMs)}`;

const confirmOf = (record: ShownRecord, word: string) => ({
  title: plain(`${word} ${record.validator}?`, 100),
  text: plain(`Plan ${record.planHash.slice(0, shownDigits)}. ${record.sentence}`, longestConfirm),
  confirm: plain(word, 30),
  deny: plain('Cancel', 30),
});

/** The dialog that Attest opens asks more than a confirmation could. */
const buttonsOf = (record: ShownRecord) => {
  const value = buttonValueOf(record);
  const button = (own: Readonly<Record<string, unknown>>) => ({ type: 'button', ...own, value });
  const yes =
    record.purpose === 'approval'
      ? { action_id: approveAction, style: 'primary', text: plain('Approve', 75), confirm: confirmOf(record, 'Approve') }
      : { action_id: attestAction, style: 'primary', text: plain('Attest…', 75) };
  return {
    type: 'actions',
    elements: [button(yes), button({ action_id: denyAction, style: 'danger', text: plain('Deny', 75), confirm: confirmOf(record, 'Deny') })],
  };
};

export interface Shown {
  /** A record that nobody answered in its time counts as expired. */
  readonly nowMs: number;
  /** Address of the execution, for people who may look at it. */
  readonly link: string;
  /** The execution has ended: whatever the record says, nothing waits any more. */
  readonly over?: boolean;
}

const headOf = (record: ShownRecord, shown: Shown): string => {
  const isLate = shown.nowMs >= record.expiresAtMs;
  const of = words[record.purpose];
  const heads = {
    pending: isLate ? 'Expired' : shown.over === true ? 'Withdrawn' : of.asked,
    expired: 'Expired',
    approved: of.yes,
    denied: 'Denied',
  };
  return `${heads[record.state]}: ${record.validator}`;
};

const minuteMs = 60_000;
const leftOf = (leftMs: number): string => (leftMs < minuteMs ? 'in less than a minute' : `in about ${Math.floor(leftMs / minuteMs)} min`);

const commandOf = (record: ShownRecord): string =>
  record.purpose === 'approval'
    ? `baton approve ${record.validator} --plan ${record.planHash.slice(0, shownDigits)}`
    : `baton attest ${record.validator} --statement "…"`;

const openBlocks = (record: ShownRecord, { nowMs }: Shown) => [
  section(`*What will happen* ${happens[record.purpose]}`),
  ...(record.purpose === 'approval' && record.accepts ? [section(`*Evidence that is accepted* ${evidenceOf(record.accepts)}`)] : []),
  section(`*What can go wrong* ${risks[record.purpose]}`),
  section(`*Until* ${momentOf(record.expiresAtMs)}, ${leftOf(record.expiresAtMs - nowMs)}`),
  buttonsOf(record),
  section(`Or type \`${commandOf(record)}\`, or \`baton deny ${record.validator}\`.`),
];

/** True as long as an answer to it could count. */
export const isOpen = (record: ShownRecord, { nowMs, over }: Pick<Shown, 'nowMs' | 'over'>): boolean =>
  record.state === 'pending' && nowMs < record.expiresAtMs && over !== true;

/** The message about a record as it is now: the same for everybody who makes it. */
export const slackMessageOf = (record: ShownRecord, shown: Shown): SlackMessage => {
  const open = isOpen(record, shown);
  const head = headOf(record, shown);
  // A denial would have ended it: who has answered has approved.
  const far = open && record.quorum > 1 ? [`${record.decisions.length} of ${record.quorum} have ${words[record.purpose].have}`] : [];
  const lines = [...far, ...record.decisions.slice(-mostShown).map(decisionOf(record))];
  const asked = `Asked by ${escaped(personOf(record.requester), 100)}`;
  return {
    text: escaped(head, longestPlain),
    blocks: [
      { type: 'header', text: plain(head, longestPlain) },
      { type: 'section', text: plain(record.sentence, longestText) },
      ...(open ? openBlocks(record, shown) : []),
      ...(lines.length === 0 ? [] : [section(lines.join('\n'))]),
      {
        type: 'context',
        elements: [marked(`${asked} · plan \`${record.planHash.slice(0, shownDigits)}\` · <${shown.link}|${escaped(record.execution, 100)}>`)],
      },
    ],
  };
};
