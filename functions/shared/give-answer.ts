import type { z } from 'zod';
import type { AnswerRequest } from '../../core/answer.ts';
import type { ApprovalRecord, Decision } from '../../core/approval.ts';
import { BatonError } from '../../core/errors.ts';
import { durationMs } from '../../core/time.ts';
import type { answer } from '../contract.ts';
import type { Deps } from './deps.ts';

/** One person's answer to what waits: one conditional write; when it completes the quorum or denies, the execution is told. */

type Given = z.input<typeof answer.output>;
type Needs = Pick<Deps, 'clock' | 'approvals' | 'answers' | 'measure' | 'notify'>;

const shownDigits = 12;
/** Who answered waits for it. */
const noticeMs = durationMs(800);

const openRecord = async ({ approvals }: Needs, asked: AnswerRequest, id: string | undefined, signal: AbortSignal): Promise<ApprovalRecord> => {
  const record = await approvals.findOpen(asked.validator, signal);
  if (record?.purpose !== asked.purpose || (id !== undefined && record.id !== id))
    throw new BatonError('ApprovalUnknown', `nothing of ${asked.validator} waits for an ${asked.purpose}`, {
      fix: `baton status ${asked.validator}`,
    });
  if (!record.planHash.startsWith(asked.plan)) {
    const plan = record.planHash.slice(0, shownDigits);
    throw new BatonError('PlanChanged', `plan ${asked.plan} is not the one that waits: that is ${plan}`, {
      field: 'plan',
      fix: `Read the plan that waits (baton status ${asked.validator}), then type: baton ${asked.answer} ${asked.validator} --plan ${plan}`,
    });
  }
  return record;
};

const isClosed = ({ state }: ApprovalRecord): boolean => state === 'approved' || state === 'denied';

/** The record, when this very answer of this very person is what closed it: then only the message to the execution may be missing. */
const alreadyGiven = (record: ApprovalRecord, given: Decision): ApprovalRecord | null => {
  const last = record.decisions.at(-1);
  return isClosed(record) && last?.by === given.by && last.answer === given.answer ? record : null;
};

/** The record, when it waits for others and holds this very answer: its reply may have been lost, so it is told again and counted once. */
const stillCounted = (record: ApprovalRecord, given: Decision): ApprovalRecord | null => {
  const same = (one: Decision): boolean => one.by === given.by && one.answer === given.answer && one.statement === given.statement;
  return record.state === 'pending' && record.decisions.some(same) ? record : null;
};

const tellExecution = async ({ answers }: Needs, record: ApprovalRecord, signal: AbortSignal): Promise<void> => {
  const approved = record.state === 'approved';
  const people = record.decisions.map(({ by }) => by);
  await answers.sendAnswer(
    record.token,
    {
      answer: approved ? 'approved' : 'denied',
      approvalId: record.id,
      by: people,
      sentence: `${approved ? 'Approved' : 'Denied'} by ${people.join(', ')}.`.slice(0, 2_000),
    },
    signal,
  );
};

/** Whoever was asked learns that somebody has answered, wherever that was. It was counted before: a notice that is lost changes nothing. */
const tellPeople = async (deps: Needs, record: ApprovalRecord, sentence: string, signal: AbortSignal): Promise<void> => {
  const { validator, execution, purpose } = record;
  const subject = `Baton: ${purpose} of ${validator} is ${record.state}`;
  await deps.notify.send(
    { kind: 'answered', validator, execution, subject, message: sentence },
    AbortSignal.any([signal, deps.clock.timeout(noticeMs)]),
  );
};

/**
 * @param of.by the caller as whoever checked the signature tells it.
 * @param of.id the one record that it is an answer to; whichever waits when absent.
 */
export const giveAnswer = async (of: { by: string; request: AnswerRequest; id?: string }, deps: Needs, signal: AbortSignal): Promise<Given> => {
  const { by, request } = of;
  const record = await openRecord(deps, request, of.id, signal);
  const given: Decision = {
    by,
    answer: request.answer,
    atMs: deps.clock.epochMs(),
    ...(request.statement === undefined ? {} : { statement: request.statement }),
  };
  const before = alreadyGiven(record, given) ?? stillCounted(record, given);
  const stored = before ?? (await deps.approvals.decide(record.id, given, signal));
  const counted = stored.decisions.filter(({ answer }) => answer === 'approve').length;
  const sentence =
    `${by} answers ${request.answer} to the ${stored.purpose} of ${stored.validator}: ${counted} of ${stored.quorum}, ${stored.state}.`.slice(
      0,
      2_000,
    );
  const told = before === null ? tellPeople(deps, stored, sentence, signal) : undefined;
  if (isClosed(stored)) {
    // A figure for people: two machines' wall clocks may differ by a little.
    if (before === null && stored.createdAtMs !== undefined) deps.measure.add('ApprovalWaitMs', Math.max(0, given.atMs - stored.createdAtMs));
    // Counted it is, also when the execution gives no answer.
    await tellExecution(deps, stored, signal).finally(() => told);
  }
  await told;
  return {
    state: stored.state,
    counted,
    quorum: stored.quorum,
    execution: stored.execution,
    validator: stored.validator,
    sentence,
  };
};
