import { bugsOf, type Bug } from '../bug.ts';

/** Answers by buttons in Slack: whose request it is, who pressed, and what leaves. */

const core = 'core/slack.ts';
const coreTests = 'core/slack.test.ts';
const handler = 'functions/slack.ts';
const handlerTests = 'functions/slack.test.ts';
const formTests = 'functions/slack-form.test.ts';

const of = bugsOf('approval');

export const slackBugs: readonly Bug[] = [
  of(
    'slack-parsed-before-its-signature',
    'The form is parsed first, to know which workspace and so which secret it is; whoever knows the address then feeds the parser.',
    [
      {
        file: handler,
        find: '  const settings = await deps.slackSettings.read(signal);',
        replace: '  const asked = requestOf(input.body);\n  const settings = await deps.slackSettings.read(signal);',
      },
      { file: handler, find: '  const asked = requestOf(input.body);\n', replace: '', nth: [2, 2] },
    ],
    handlerTests,
    'what is no form is 401',
  ),
  of(
    'slack-window-of-one-side',
    'A request is too old when now less its time is more than five minutes; one dated years ahead is good until then, and can be replayed.',
    [{ file: core, find: 'Math.abs(of.nowMs - Number(request.timestamp) * 1_000)', replace: '(of.nowMs - Number(request.timestamp) * 1_000)' }],
    coreTests,
    'from further ahead',
  ),
  of(
    'slack-workspace-ignored',
    'A user id is enough to know who pressed, most of the time: the same id in another workspace is somebody else.',
    [
      {
        file: 'core/slack-names.ts',
        find: 'slackUserOf(approver) === `${who.team}/${who.user}`',
        replace: 'slackUserOf(approver)?.endsWith(`/${who.user}`) === true',
      },
    ],
    'core/slack-names.test.ts',
    'T0B/U0B is none of them',
  ),
  of(
    'slack-guest-counts',
    'In a channel shared with another company the payload names the workspace of the channel; where the person belongs is one field further.',
    [{ file: core, find: 'user.team_id !== undefined && user.team_id !== team.id', replace: 'false' }],
    handlerTests,
    'a guest from another workspace',
  ),
  of(
    'slack-token-in-the-button',
    'The button carries the task token, so that the function can wake the execution without a read of the table; everybody in the channel has it.',
    [
      {
        file: core,
        find: '`${record.id}.${record.planHash}`;',
        replace: '`${record.id}.${record.planHash}.${String((record as { token?: unknown }).token)}`;',
      },
    ],
    coreTests,
    'its value is an approval and a plan, and no more',
  ),
  of(
    'slack-requester-approves',
    'A Slack entry has no session of IAM, so it is compared whole; who asked by IAM then approves it in Slack, and answers twice.',
    [
      {
        file: 'core/approval.ts',
        find: "export const personOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);",
        replace: "export const personOf = (arn: string): string => (arn.startsWith('slack/') ? arn : arn.slice(arn.lastIndexOf('/') + 1));",
      },
    ],
    handlerTests,
    'who asked for it by IAM',
  ),
  of(
    'slack-second-secret-ignored',
    'The first secret is the one that counts; in the hour in which a secret is replaced nobody can approve.',
    [{ file: core, find: 'signed.includes(true)', replace: 'signed[0] === true' }],
    coreTests,
    'may be of either of two secrets, and of none when there is none',
  ),
  of(
    'slack-old-button-approves-the-new',
    'One plan of a validator waits at a time, so a press is an answer to whatever waits; a button of an hour ago approves it too.',
    [{ file: 'functions/shared/slack-press.ts', find: ', id: click.approvalId }', replace: ' }' }],
    handlerTests,
    'a press in an old message of the same plan is not one in the new',
  ),
  of(
    'slack-reason-as-markup',
    'The reason is shown as it was given; whoever asks writes <!channel>, a link that says Deny, or a line that says who has approved.',
    [{ file: 'core/slack-message.ts', find: "{ type: 'section', text: plain(record.sentence, longestText) }", replace: 'section(record.sentence)' }],
    'core/slack-message.test.ts',
    'with what will happen, what can go wrong, how long there is, and both ways to answer',
  ),
  of(
    'slack-approve-attests',
    'Both buttons say yes, so the press is an answer to whatever the record asks for; an attestation is then given without a word.',
    [
      {
        file: 'functions/shared/slack-press.ts',
        find: "answer === 'deny' ? record.purpose : 'approval'",
        replace: 'record.purpose',
      },
      {
        file: 'functions/shared/slack-press.ts',
        find: 'purpose, answer, plan: click.plan }',
        replace: "purpose, answer, plan: click.plan, statement: 'Pressed in Slack.' }",
      },
    ],
    formTests,
    'a yes without words attests nothing',
  ),
  of(
    'slack-any-validator-attested',
    'The name is there to make a person look; whatever was typed is taken, and a tired person attests for the validator of another message.',
    [{ file: core, find: '...(form.validator === validator ?', replace: "...(form.validator !== '' ?" }],
    coreTests,
    'what is wrong in a dialog',
  ),
  of(
    'slack-dialog-without-its-plan',
    'The dialog keeps which approval it is about, and that is enough to find the record; its plan may be another one by now.',
    [{ file: 'functions/shared/slack-form.ts', find: 'plan: form.plan', replace: 'plan: record.planHash' }],
    formTests,
    'by or about another plan becomes a dialog that says why',
  ),
  of(
    'slack-guest-attests',
    'Who sent the dialog has opened it, and whoever opened it was looked at then.',
    [{ file: 'functions/shared/slack-person.ts', find: 'asked.guest || asked.team !== settings.team ?', replace: 'asked.team !== settings.team ?' }],
    formTests,
    'by or about a guest becomes a dialog that says why',
  ),
  of(
    'slack-said-before-it-is-claimed',
    'It is posted first and noted then, so that nothing is lost when the post fails; of two deliveries at once both post it.',
    [
      {
        file: 'functions/shared/announce-shared.ts',
        find: "  if (!(await slackThreads.claim(of.execution, of.mark, signal))) return 'before';\n",
        replace: '',
      },
    ],
    'functions/announce.test.ts',
    'is posted once, however often it is delivered',
  ),
  of(
    'slack-older-edit-stays',
    'The record is read once and the message edited once; of two presses in one second the edit that lands last may show the older state.',
    [{ file: 'functions/shared/slack-show.ts', find: 'const maxRounds = 4;', replace: 'const maxRounds = 1;' }],
    formTests,
    'the one that lands last is followed by the newest',
  ),
  of(
    'slack-mark-of-two',
    'What is written is the same whoever writes it, so the write needs no name; two who claim in the same moment both find their own write.',
    [{ file: 'aws/slack-threads.ts', find: 'if (found?.attempt === attempt) return true;', replace: 'if (found?.version === tries) return true;' }],
    'aws/slack-threads.test.ts',
    'of two who claim it in the same moment is for one',
  ),
];
