import { bugsOf, type Bug } from '../bug.ts';

/** The approvals endpoint: who answers, what they saw, and what is told to whom. */

const file = 'functions/shared/give-answer.ts';
const handler = 'functions/answer.ts';
const handlerTests = 'functions/answer.test.ts';
const logicTests = 'functions/shared/give-answer.test.ts';
const read = '({ by: callerOf(event), request: bodyOf(event, answerRequest) });';

const of = bugsOf('approval');

export const answerBugs: readonly Bug[] = [
  of(
    'answer-names-its-own-person',
    'The command line knows who it runs for and says so in the body, as it did when it wrote the record itself.',
    [
      {
        file: handler,
        find: read,
        replace: `{
  const { by = callerOf(event), ...request } = bodyOf(event, answerRequest.extend({ by: answerRequest.shape.statement }));
  return { by, request };
};`,
      },
    ],
    handlerTests,
    'not the body, not a header, not a query',
  ),
  of(
    'header-names-the-person',
    'A proxy in front puts the name into a header, so the header is asked first; without the proxy anybody may set it.',
    [{ file: handler, find: 'by: callerOf(event)', replace: "by: (event as any)?.headers?.['x-user-arn'] ?? callerOf(event)" }],
    handlerTests,
    'not the body, not a header, not a query',
  ),
  of(
    'answer-to-any-plan',
    'One plan waits at a time, so the digits are for people to read: an answer to the plan of yesterday approves that of today.',
    [{ file, find: 'if (!record.planHash.startsWith(asked.plan)) {', replace: 'if (asked.plan.length < 8) {' }],
    logicTests,
    'another plan is refused, nothing is written and nobody is told',
  ),
  of(
    'execution-told-before-the-record',
    'The execution waits, so it is told at once and the record is written afterwards; when that write is refused, nobody has approved.',
    [
      {
        file,
        find: '  const before = alreadyGiven',
        replace: `  const eager = { ...record, state: given.answer === 'deny' ? 'denied' : 'approved', decisions: [...record.decisions, given] } as const;
  await tellExecution(deps, eager, signal);
  const before = alreadyGiven`,
      },
    ],
    logicTests,
    'an answer that the table did not take tells nobody',
  ),
  of(
    'token-in-the-response',
    'The whole record is sent back, so that the command line can show what it likes; the task token is one of its fields.',
    [
      { file: 'core/answer.ts', find: 'answerReply = z.strictObject({', replace: 'answerReply = z.looseObject({' },
      { file, find: '    state: stored.state,\n    counted,', replace: '    ...stored,\n    counted,' },
    ],
    handlerTests,
    'an answer that counts is told in five fields',
  ),
  of(
    'lost-message-stays-lost',
    'The record is answered, so the same answer again is one too many; the execution that was never told waits until its time is over.',
    [{ file, find: 'alreadyGiven(record, given) ?? stillCounted(record, given)', replace: 'stillCounted(record, given)' }],
    logicTests,
    'hands over what did not reach the execution, without counting anew',
  ),
];
