import { full, quick, test, type Bug } from '../bug.ts';

/** The lease: the conditions of its writes, and what is told about them. */

const file = 'core/lease.ts';
const tests = 'core/lease.test.ts';

const of = (name: string, story: string, edits: readonly [string, string][], catchers: Bug['catchers']): Bug => ({
  name,
  area: 'lease',
  story,
  edits: edits.map(([find, replace]) => ({ file, find, replace })),
  catchers,
});

export const leaseBugs: readonly Bug[] = [
  of(
    'take-term-without-the-term',
    'Term and claim are compared together, because a claim names its term; but TakeTerm has no claim.',
    [
      ['found.term === expect.term &&\n', ''],
      [
        '(expect.claim === undefined || found.claim === expect.claim)',
        '(expect.claim === undefined || (found.term === expect.term && found.claim === expect.claim))',
      ],
    ],
    [quick('two-executions')],
  ),
  of(
    'take-term-in-any-phase',
    'Any phase can be taken, so the condition lists them all, and forgets that people approved the one they saw.',
    [['phases: [seen.phase] }', 'phases }']],
    [full('relinquish', 400_000)],
  ),
  of(
    'steal-changes-the-holder',
    'TakeTerm records the candidate as the holder at once, so that one write less is needed.',
    [["phase: 'FENCING', claim: by.claim, candidate", "holder: by.candidate, phase: 'FENCING', claim: by.claim, candidate"]],
    [quick('relinquish')],
  ),
  of(
    'record-proof-without-the-claim',
    'The term names its execution already, so the claim looks like one condition too many.',
    [["phases: ['FENCING'], claim: of.claim }", "phases: ['FENCING'] }"]],
    [test(tests, 'RecordProof under another claim is refused')],
  ),
  of(
    'release-by-an-old-claim',
    'A redriven execution may have another name, so Release is to work for any claim of the term.',
    [["phases: ['FENCED'], claim: of.claim }", "phases: ['FENCED'] }"]],
    [test(tests, 'Release under another claim is refused')],
  ),
  of(
    'release-from-fencing',
    'ReleaseKey has looked at the phase just now, so its write need not ask for it again.',
    [["phases: ['FENCED'], claim", "phases: ['FENCING', 'FENCED'], claim"]],
    [quick('blind')],
  ),
  of(
    'reinstate-after-the-release',
    'A released candidate that does not sign is to be taken back as well: RELEASED is added to the phases.',
    [["phases: ['FENCING', 'FENCED'], claim", "phases: ['FENCING', 'FENCED', 'RELEASED'], claim"]],
    [quick('blind')],
  ),
  of(
    'reinstate-in-the-same-term',
    'The holder does not change, so Reinstate does not raise the term.',
    [['term: nextTerm(of.term),\n    phase', 'term: of.term,\n    phase']],
    [quick('relinquish-calm')],
  ),
  of(
    'lost-reply-taken-for-refused',
    'A failed condition is a refusal; that the write itself may stand there, with its reply lost, is not thought of.',
    [["  if (found?.attempt === write.attempt) return { outcome: 'done', lease: found, earlier: true };\n", '']],
    [quick('two-executions')],
  ),
  of(
    'any-write-of-the-claim-is-the-own',
    'A lost reply is told by the claim instead of by the attempt: what stands there is from this execution, so it is done.',
    [['if (found?.attempt === write.attempt)', 'if (found && write.attempt.startsWith(`${found.claim}/`))']],
    [quick('blind'), full('blind', 300_000)],
  ),
];
