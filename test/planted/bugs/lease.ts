import { full, quick, test, type Bug } from '../bug.ts';

/** The lease: conditions of its writes, and what became of them. */

const file = 'core/lease.ts';
const leaseTests = 'core/lease.test.ts';

export const leaseBugs: readonly Bug[] = [
  {
    name: 'take-term-without-the-term',
    area: 'lease',
    story: 'Term and claim are compared together, because a claim names its term; but TakeTerm has no claim.',
    edits: [
      { file, find: 'found.term === expect.term &&\n', replace: '' },
      {
        file,
        find: '(expect.claim === undefined || found.claim === expect.claim)',
        replace: '(expect.claim === undefined || (found.term === expect.term && found.claim === expect.claim))',
      },
    ],
    catchers: [quick('two-executions'), test(leaseTests, 'TakeTerm of another term is refused')],
  },
  {
    name: 'take-term-in-any-phase',
    area: 'lease',
    story: 'Any phase can be taken, so the condition lists them all, and forgets that people approved the one they saw.',
    edits: [{ file, find: 'phases: [seen.phase] }', replace: 'phases }' }],
    catchers: [quick('two-executions'), test(leaseTests, 'TakeTerm in')],
  },
  {
    name: 'steal-changes-the-holder',
    area: 'lease',
    story: 'TakeTerm records the candidate as holder at once, so that one write less is needed.',
    edits: [
      { file, find: "phase: 'FENCING', claim: by.claim, candidate", replace: "holder: by.candidate, phase: 'FENCING', claim: by.claim, candidate" },
    ],
    catchers: [quick('relinquish')],
  },
  {
    name: 'reinstate-in-the-same-term',
    area: 'lease',
    story: 'The holder does not change, so Reinstate does not raise the term.',
    edits: [{ file, find: 'term: nextTerm(of.term),\n    phase', replace: 'term: of.term,\n    phase' }],
    catchers: [quick('relinquish-calm'), full('relinquish', 400_000)],
  },
];
