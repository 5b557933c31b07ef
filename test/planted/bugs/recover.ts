import { bugsOf, type Bug } from '../bug.ts';

/** What a cold recovery goes by. */

const of = bugsOf('recover');

export const recoverBugs: readonly Bug[] = [
  of(
    'recover-starts-on-hope',
    'A machine that is only silent may come back and give up its term, so a proof is not ruled out: the term is taken, and nobody signs.',
    [
      {
        file: 'core/outlook.ts',
        find: "prospects.some(({ outlook }) => outlook === 'expected' || outlook === 'people' || outlook === 'unknown')",
        replace: "prospects.some(({ outlook }) => outlook !== 'never')",
      },
    ],
    'core/outlook.test.ts',
    'whether anything could prove it',
  ),
  of(
    'recover-takes-an-old-report',
    'The fresh machine has reported that it is synced; whether its guard has said so today is not looked at.',
    [{ file: 'cli/recover/look.ts', find: 'silent: silent.includes(to.id),', replace: 'silent: false,' }],
    'test/cli/recover-steps.test.ts',
    'an old report is no sign of life',
  ),
  of(
    'recover-trusts-ec2-without-power',
    'EC2 shows the machine as terminated, which everybody can see: that nobody said EC2 has the power over it is a formality.',
    [
      {
        file: 'core/outlook.ts',
        find: "  if (power === null) return ['never',",
        replace: "  if (power === null && isGone(of.lost)) return byEc2(of);\n  if (power === null) return ['never',",
      },
    ],
    'core/outlook.test.ts',
    'without power in the configuration a terminated machine proves nothing',
  ),
  of(
    'recover-applies-the-whole-file',
    'What is only added takes nothing away, so it may be applied with the fresh machine: an approver that somebody left in the file, too.',
    [{ file: 'core/recover.ts', find: "op === '+' && path.startsWith(`nodes.${name}.`)", replace: "op === '+'" }],
    'test/cli/recover.test.ts',
    'a file that says something else too',
  ),
];
