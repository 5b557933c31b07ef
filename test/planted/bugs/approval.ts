import { full, quick, type Bug, type Edit } from '../bug.ts';

/** Who may say yes, to what, and until when. */

const file = 'core/approval.ts';

const of = (name: string, story: string, edits: readonly (readonly [string, string, Edit['nth']?])[], catchers: Bug['catchers']): Bug => ({
  name,
  area: 'approval',
  story,
  edits: edits.map(([find, replace, nth]) => ({ file, find, replace, ...(nth ? { nth } : {}) })),
  catchers,
});

const planCheck = "  if (record.planHash !== planHash) return no('it was given to another plan');\n";
const executionCheck =
  "  if (record.validator !== plan.validator || record.execution !== plan.execution) return no('it was given to another execution');\n";

export const approvalBugs: readonly Bug[] = [
  of(
    'approval-of-another-plan',
    'An execution is approved, not a plan: when Assess runs twice, the plan that is carried out is not the one that was shown.',
    [[planCheck, '']],
    [full('approval', 200_000)],
  ),
  of(
    'approval-reusable',
    'An approved record of the validator is good for the next failover too (samples for human approval: a link that stays valid).',
    [
      [planCheck, ''],
      [executionCheck, ''],
    ],
    [full('approval', 200_000)],
  ),
  of(
    'expired-approval-counts',
    'The state machine has the time-out, so the record does not look at the clock again.',
    [["  if (given.atMs >= record.expiresAtMs) return refused('ApprovalExpired', 'the time to answer has passed');\n", '']],
    [quick('approval')],
  ),
  of(
    'requester-approves-in-another-role',
    'The requester is told by their ARN, and the approver role gives them another one.',
    [
      ['personOf(given.by) === personOf(record.requester)', 'given.by === record.requester'],
      ['personOf(by) !== personOf(plan.cause.by)', 'by !== plan.cause.by'],
    ],
    [quick('approval')],
  ),
  of(
    'one-person-approves-as-two',
    'The quorum counts ARNs: one person with two roles is two people.',
    [
      ['record.decisions.some(({ by }) => personOf(by) === personOf(given.by))', 'record.decisions.some(({ by }) => by === given.by)'],
      ['.map(({ by }) => personOf(by)),', '.map(({ by }) => by),'],
    ],
    [full('approval-of-two', 30_000)],
  ),
  of(
    'denial-is-outvoted',
    'Only approvals are counted, so a denial just waits for somebody else to say yes.',
    [["given.answer === 'deny' ? 'denied' : yes", 'yes']],
    [quick('approval')],
  ),
];
