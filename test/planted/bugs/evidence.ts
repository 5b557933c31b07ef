import { full, quick, type Bug, type Edit } from '../bug.ts';

/** What counts as proof that a node cannot sign. */

const file = 'core/proofs.ts';

const of = (name: string, story: string, edits: readonly (readonly [string, string, Edit['nth']?])[], catchers: Bug['catchers']): Bug => ({
  name,
  area: 'evidence',
  story,
  edits: edits.map(([find, replace, nth]) => ({ file, find, replace, ...(nth ? { nth } : {}) })),
  catchers,
});

const aboutAnother = 'if (report.validator !== lease.validator || report.node !== lease.holder)';

export const evidenceBugs: readonly Bug[] = [
  of(
    'relinquish-of-any-term',
    'A node that gave up a term has given up; which term it was is not looked at.',
    [['if (report.relinquished.term !== lease.term)', 'if (report.relinquished.term > lease.term)']],
    [full('relinquish-again', 60_000)],
  ),
  of(
    'relinquish-of-another-node',
    'The report was read by its key, so what it says about its node is not compared: a standby that lies fences the active.',
    [[aboutAnother, 'if (report.validator !== lease.validator)', [1, 2]]],
    [quick('relinquish')],
  ),
  of(
    'command-of-another-term',
    'The command ran on the right node and says ok: that it was sent in an earlier term is not looked at.',
    [
      ["  if (of.nonce !== nonceOf(lease)) return none('the command was not sent for this term of this execution');\n", ''],
      ['data.validator !== lease.validator || data.term !== lease.term || data.nonce !== of.nonce', 'data.validator !== lease.validator'],
    ],
    [quick('stop')],
  ),
  of(
    'command-of-another-instance',
    'Any node that was stopped for this term counts, also when the command went to the wrong one.',
    [['if (of.instance !== lease.holder)', 'if (!/^m?i-/.test(of.instance))']],
    [quick('stop')],
  ),
  of(
    'stopped-with-tasks-left',
    'The unit is inactive, so a task or two that are left in its cgroup are taken for leftovers of systemd.',
    [['tasks: z.literal(0)', 'tasks: z.number().int().min(0)']],
    [quick('stop')],
  ),
  of(
    'stopping-counts-as-off',
    'EC2 has taken the order and shows `stopping`: the rest is a matter of seconds, and the failover is urgent.',
    [["['stopped', 'terminated']", "['stopping', 'stopped', 'shutting-down', 'terminated']"]],
    [quick('power')],
  ),
  of(
    'unknown-counts-as-off',
    'EC2 does not know the machine any more, so it is gone: silence is taken for proof.',
    [["['stopped', 'terminated']", "['stopped', 'terminated', 'unknown']"]],
    [quick('power')],
  ),
  of(
    'power-of-another-node',
    'The state was asked for one machine only, so the answer is not compared with the recorded active.',
    [['if (of.node !== lease.holder)', "if (!of.node.startsWith('i-'))"]],
    [quick('power')],
  ),
  of(
    'lapse-in-seconds',
    'The lease length is given in seconds where milliseconds are meant (Powertools, in three languages).',
    [['durationMs(report.leaseMs)', 'durationMs(report.leaseMs / 1_000)']],
    [quick('lapse')],
  ),
  {
    name: 'lapse-without-drift',
    area: 'evidence',
    story: 'Both machines count the same seconds: that a clock may run slow is left out.',
    edits: [{ file: 'core/timing.ts', find: 'leaseMs * (1 + of.drift)', replace: 'leaseMs' }],
    catchers: [quick('lapse')],
  },
  {
    name: 'lapse-for-one-wrong-clock',
    area: 'evidence',
    story:
      'The guard’s clock may run slow, so the wait is longer; that the clock which measures the wait may run fast is left out (found by the simulator).',
    edits: [{ file: 'core/timing.ts', find: '(leaseMs * (1 + of.drift)) / (1 - of.drift)', replace: 'leaseMs * (1 + of.drift)' }],
    catchers: [quick('lapse')],
  },
  of(
    'lapse-armed-in-any-term',
    'A guard that once declared itself armed is armed; the term for which it said so is not compared.',
    [[' || report.armedTerm !== lease.releasedTerm', '']],
    [quick('lapse')],
  ),
  of(
    'hold-counts-as-armed',
    'The lease length is all that matters; that this guard signs on through an outage is not looked at.',
    [['if (!report.armed || report', 'if (report']],
    [quick('lapse')],
  ),
  of(
    'attestation-by-the-requester',
    'The answer was counted by `decide`, which refuses the requester, so the proof does not look again.',
    [[' && personOf(by) !== personOf(record.requester) &&', ' &&']],
    [quick('attest')],
  ),
  of(
    'attestation-by-the-requesters-other-role',
    'People are told apart by their ARN, and one person has as many ARNs as roles.',
    [['personOf(by) !== personOf(record.requester)', 'by !== record.requester']],
    [quick('attest')],
  ),
  of(
    'attestation-of-another-term',
    'The newest attestation about this node is taken, whoever asked for it and in whatever term.',
    [
      ['record.term !== lease.term || ', ''],
      ["  if (record.execution !== lease.claim) return none('the attestation was given to another execution');\n", ''],
    ],
    [quick('attest')],
  ),
  of(
    'one-person-attests-as-two',
    'The quorum counts ARNs: one person with two roles is two people.',
    [['new Set(stated.map(({ by }) => personOf(by)))', 'new Set(stated.map(({ by }) => by))']],
    [quick('attest')],
  ),
];
