import { quick, test, type Bug } from '../bug.ts';

/** What counts as proof. */

const file = 'core/proofs.ts';
const tests = 'core/evidence.test.ts';

export const evidenceBugs: readonly Bug[] = [
  {
    name: 'relinquish-of-any-term',
    area: 'evidence',
    story: 'A node that gave up a term has given up; which one it was is not looked at.',
    edits: [{ file, find: 'if (report.relinquished.term !== lease.term)', replace: 'if (report.relinquished.term > lease.term)' }],
    catchers: [quick('relinquish-calm'), test(tests, 'of an earlier term is none')],
  },
];
