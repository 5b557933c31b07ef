import { bugsOf, type Bug } from '../bug.ts';

/** What the doctor calls well. */

const of = bugsOf('doctor');

export const doctorBugs: readonly Bug[] = [
  of(
    'doctor-takes-unknown-for-well',
    'Nothing has failed, so the doctor is content; that the table gave no answer, and nothing was looked at, is a line among others.',
    [{ file: 'core/finding.ts', find: "return counts.unknown > 0 ? 'unknown' : 'ok';", replace: "return 'ok';" }],
    'core/finding.test.ts',
    'are unknown',
  ),
  of(
    'doctor-accepts-a-shared-principal',
    'One node names the role and the other a session of it: two strings that differ, and one grantee, so the grant of a key is one to both.',
    [
      {
        file: 'core/doctor-config.ts',
        find: 'return a === b || (one.who === other.who && !(one.session && other.session));',
        replace: 'return a === b && one.who === other.who;',
      },
    ],
    'core/doctor-config.test.ts',
    'are one grantee',
  ),
  of(
    'doctor-accepts-equal-principals',
    'A role for all nodes is less work, and each of them can sign with it; so can the one that was fenced.',
    [{ file: 'core/doctor-config.ts', find: 'return a === b || (one', replace: 'return (one' }],
    'core/doctor-config.test.ts',
    'are one grantee',
  ),
  of(
    'doctor-trusts-an-old-report',
    'A report that says `synced` is there; that its guard has been dead for a week, and the report stands still, is not looked at.',
    [
      {
        file: 'core/doctor.ts',
        find: 'const silent = silentIn(ids, [before, after]);',
        replace: 'const silent = silentIn(ids, [before, after].slice(1));',
      },
    ],
    'core/doctor.test.ts',
    'whose report does not rise is silent',
  ),
];
