import { planDigits, type AnswerRequest } from '../../core/answer.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import { BatonError } from '../../core/errors.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { configOf, parseValidator, parseWords, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

export interface AnswerOptions {
  readonly answer: 'approve' | 'deny';
  readonly purpose: ApprovalRecord['purpose'];
  /** First digits of the plan hash, as the message shows it: proves that the person saw this plan and no other. */
  readonly plan?: string;
  readonly statement?: string;
}

/** The plan that is answered: the one that was typed, or the one that waits now. */
const planOf = async (context: Context, validator: ValidatorId, { answer, purpose, plan }: AnswerOptions): Promise<string> => {
  if (plan !== undefined && planDigits.test(plan)) return plan;
  const record = await context.approvals.waiting(validator);
  if (record?.purpose !== purpose)
    throw new BatonError('ApprovalUnknown', `nothing of ${validator} waits for an ${purpose}`, { fix: `baton status ${validator}` });
  if (plan === undefined) return record.planHash;
  const digits = record.planHash.slice(0, 12);
  throw new BatonError('PlanChanged', `plan ${plan.slice(0, 64)} is not the one that waits: that is ${digits}`, {
    field: '--plan',
    fix: `Read the plan that waits (baton status ${validator}), then type: baton ${answer} ${validator} --plan ${digits}`,
  });
};

/** Sends a person's answer to the endpoint, which knows by the signature who it is, counts it, and tells the execution. */
export const answer = async (context: Context, name: string, options: AnswerOptions): Promise<Answer> => {
  const statement = options.statement === undefined ? undefined : parseWords(options.statement, '--statement');
  const { config } = await configOf(context, parseValidator(name));
  const request: AnswerRequest = {
    validator: config.id,
    purpose: options.purpose,
    answer: options.answer,
    plan: await planOf(context, config.id, options),
    ...(statement === undefined ? {} : { statement }),
  };
  const { validator, state, counted, quorum, execution } = await context.answers.give(request);
  if (state === 'pending') {
    return {
      lines: [`Counted: ${counted} of ${quorum}. Another person must answer too.`],
      json: { validator, state, counted, quorum },
    };
  }
  const yes = options.purpose === 'approval' ? 'Approved' : 'Attested';
  return {
    lines: [state === 'approved' ? `${yes}; the failover goes on.` : 'Denied; nothing was changed.', `  next: baton status ${validator}`],
    json: { validator, state, counted, quorum, execution },
  };
};
