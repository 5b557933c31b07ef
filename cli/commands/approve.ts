import { decide, type ApprovalRecord, type Decision } from '../../core/approval.ts';
import { BatonError } from '../../core/errors.ts';
import { configOf, parseValidator, parseWords, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

export interface AnswerOptions {
  readonly answer: 'approve' | 'deny';
  readonly purpose: ApprovalRecord['purpose'];
  /** First digits of the plan hash, as the message shows it: proves that the person saw this plan and no other. */
  readonly plan?: string;
  readonly statement?: string;
}

const minPlanDigits = 8;

const openRecord = async (context: Context, name: string, options: AnswerOptions): Promise<ApprovalRecord> => {
  const { config } = await configOf(context, parseValidator(name));
  const record = await context.approvals.findOpen(config.id);
  if (!record || record.purpose !== options.purpose) {
    throw new BatonError('ApprovalUnknown', `nothing of ${config.id} waits for an ${options.purpose}`, { fix: `baton status ${config.id}` });
  }
  if (options.plan !== undefined && (options.plan.length < minPlanDigits || !record.planHash.startsWith(options.plan))) {
    throw new BatonError('PlanChanged', `plan ${options.plan.slice(0, 64)} is not the one that waits: that is ${record.planHash.slice(0, 12)}`, {
      field: '--plan',
      fix: `Read the plan that waits (baton status ${config.id}), then type: baton ${options.answer} ${config.id} --plan ${record.planHash.slice(0, 12)}`,
    });
  }
  return record;
};

/** The record, when this very answer of this very person is what closed it: then only the message to the execution may be missing. */
const alreadyGiven = (record: ApprovalRecord, given: Decision): ApprovalRecord | null => {
  const last = record.decisions.at(-1);
  return record.state !== 'pending' && last?.by === given.by && last.answer === given.answer ? record : null;
};

const give = async (context: Context, record: ApprovalRecord, given: Decision): Promise<ApprovalRecord> => {
  const judged = decide(record, given);
  if (judged.outcome === 'refused') throw new BatonError(judged.code, judged.reason, { fix: `baton status ${record.validator}` });
  return context.approvals.decide(record.id, given);
};

/** One conditional write; when it completes the quorum or denies, the execution is told. */
export const answer = async (context: Context, name: string, options: AnswerOptions): Promise<Answer> => {
  const statement = options.statement === undefined ? undefined : parseWords(options.statement, '--statement');
  const record = await openRecord(context, name, options);
  const by = await context.whoAmI();
  const given: Decision = {
    by,
    answer: options.answer,
    atMs: context.clock.epochMs(),
    ...(statement === undefined ? {} : { statement }),
  };
  const stored = alreadyGiven(record, given) ?? (await give(context, record, given));
  const counted = stored.decisions.filter(({ answer: said }) => said === 'approve').length;
  if (stored.state === 'pending') {
    return {
      lines: [`Counted: ${counted} of ${stored.quorum}. Another person must answer too.`],
      json: { validator: record.validator, state: stored.state, counted, quorum: stored.quorum },
    };
  }
  const approved = stored.state === 'approved';
  const people = stored.decisions.map((one) => one.by);
  await context.workflow.sendAnswer(stored.token, {
    answer: approved ? 'approved' : 'denied',
    approvalId: stored.id,
    by: people,
    sentence: `${approved ? 'Approved' : 'Denied'} by ${people.join(', ')}.`,
  });
  return {
    lines: [
      approved ? `${record.purpose === 'approval' ? 'Approved' : 'Attested'}; the failover goes on.` : 'Denied; nothing was changed.',
      `  next: baton status ${record.validator}`,
    ],
    json: { validator: record.validator, state: stored.state, counted, quorum: stored.quorum, execution: record.execution },
  };
};
