import type { SlackSettings } from '../../aws/slack-settings.ts';
import { BatonError } from '../../core/errors.ts';
import { statementField, wrongIn, type SlackForm } from '../../core/slack.ts';
import { giveAnswer } from './give-answer.ts';
import { Told } from './http.ts';
import { askedBy, failureOf, isRefusal, toldOf } from './slack-person.ts';
import { showAfter, untilTold, type Needs } from './slack-press.ts';
import { notCounted } from './slack-view.ts';

/** Our dialog, sent: an attestation in a person's own words, counted by the same rules as every answer. */

interface Submitted {
  readonly sentence: string;
  readonly reply: { readonly response_action: 'errors' | 'update' | 'clear'; readonly [field: string]: unknown };
}

const count = async (form: SlackForm, settings: SlackSettings, deps: Needs, signal: AbortSignal): Promise<Submitted> => {
  const { record, by } = await askedBy(form, settings, deps, signal);
  if (record.purpose !== 'attestation')
    throw new BatonError('ApprovalUnknown', `nothing of ${record.validator} waits for an attestation`, { fix: `baton status ${record.validator}` });
  const errors = wrongIn(form, record.validator);
  const wrong = Object.keys(errors);
  if (wrong.length > 0) return { sentence: `The dialog was sent with a wrong ${wrong.join(' and ')}.`, reply: { response_action: 'errors', errors } };
  const request = { validator: record.validator, purpose: 'attestation', answer: 'approve', plan: form.plan, statement: form.statement } as const;
  const { sentence } = await giveAnswer({ by, request, id: form.approvalId }, deps, signal);
  return { sentence, reply: { response_action: 'clear' } };
};

/**
 * What is refused stands in the dialog. Where nobody knows, the dialog stays as it is, so that the same words can be sent again.
 * @throws Told when nobody can say whether it was counted.
 */
export const submit = async (form: SlackForm, settings: SlackSettings, deps: Needs, signal: AbortSignal): Promise<Submitted> => {
  try {
    const submitted = await count(form, settings, deps, signal);
    if (submitted.reply.response_action === 'clear') await showAfter(form, deps, untilTold(deps, signal));
    return submitted;
  } catch (error) {
    const failure = failureOf(error);
    if (!isRefusal(failure)) throw new Told(failure, { response_action: 'errors', errors: { [statementField]: toldOf(failure) } });
    return { sentence: failure.message, reply: { response_action: 'update', view: notCounted(failure) } };
  }
};
