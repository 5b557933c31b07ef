import type { ApprovalRecord } from '../../core/approval.ts';
import type { BatonError } from '../../core/errors.ts';
import { escaped, momentOf, plain, section } from '../../core/slack-message.ts';
import { attestAction, longestStatement, metadataOf, shortestStatement, statementField, validatorField, type SlackClick } from '../../core/slack.ts';
import { nameOf, toldOf } from './slack-person.ts';

/** The dialog in which a person attests, and what it becomes when nothing was counted. */

type View = Readonly<Record<string, unknown>>;

const inputOf = (name: string, of: { readonly label: string; readonly hint: string; readonly element: View }): View => ({
  type: 'input',
  block_id: name,
  label: plain(of.label, 2_000),
  hint: plain(of.hint, 2_000),
  element: { type: 'plain_text_input', action_id: name, ...of.element },
});

/** What is asked, about which node, and two fields; the message that it was opened from comes back with it. */
export const dialogOf = (record: ApprovalRecord, click: Pick<SlackClick, 'approvalId' | 'plan' | 'message'>): View => ({
  type: 'modal',
  callback_id: attestAction,
  private_metadata: metadataOf(click),
  title: plain('Attest', 24),
  submit: plain('Attest', 24),
  close: plain('Cancel', 24),
  blocks: [
    { type: 'section', text: plain(record.sentence, 3_000) },
    section(
      `*Node* ${escaped(record.node ?? 'not known', 100)}\n*Validator* ${escaped(record.validator, 100)}\n` +
        `*Asked by* ${nameOf(record.requester)}\n*Until* ${momentOf(record.expiresAtMs)}`,
    ),
    section('If that node can still sign, two nodes sign and the stake is lost. Attest only what you did yourself and have seen to hold.'),
    inputOf(statementField, {
      label: 'What did you do?',
      hint: `Power cut, disk out, ticket of the provider: ${shortestStatement} to ${longestStatement} letters. It is kept as the proof, with your name.`,
      element: { multiline: true, min_length: shortestStatement, max_length: longestStatement },
    }),
    inputOf(validatorField, {
      label: 'Type the name of the validator',
      hint: 'Exactly as it stands above.',
      element: { max_length: 40 },
    }),
  ],
});

/** In place of the dialog, without a field and without a way to send it. */
export const notCounted = (failure: BatonError): View => ({
  type: 'modal',
  title: plain('Not counted', 24),
  close: plain('Close', 24),
  blocks: [section(toldOf(failure))],
});
