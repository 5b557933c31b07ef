import { bugsOf, type Bug } from '../bug.ts';

/** Promises of the other guards, and the lapse of a holder that asks them. */

const file = 'core/ask.ts';
const tests = 'core/ask.test.ts';

const of = bugsOf('guard');

export const askBugs: readonly Bug[] = [
  of(
    'most-have-promised',
    'A quorum is enough everywhere else, so a node that gives no answer in time is passed over.',
    [{ file, find: 'if (!answers(put, said)) return', replace: "if (said?.outcome === 'refused') return" }],
    tests,
    'counts for nothing without one of them',
  ),
  of(
    'promises-whatever-was-read',
    'The asker knows its own term best: a guard that is idle promises, though it has read a higher one.',
    [{ file, find: 'if (of.hold.floor > theirs) return', replace: 'if (of.hold.floor > theirs + 1) return' }],
    tests,
    'is refused by one that holds, is not idle, or has read a higher term',
  ),
  of(
    'starts-with-nothing-promised',
    'A guard that has just started has promised nothing to anybody.',
    [
      {
        file,
        find: 'const { before, ended, promiseMs = longestPromiseMs } = of;',
        replace: 'const { before, ended, promiseMs = durationMs(0) } = of;',
      },
    ],
    tests,
    'the longest promise, where the guard before has ended and had promised nothing',
  ),
  of(
    'copy-forgets-the-other-machine',
    'Whoever has the item speaks for the node; that the machine which it was copied from promises on, cut off, is not thought of.',
    [{ file, find: 'before === undefined || (ended && before.promised === false);', replace: 'before !== null;' }],
    tests,
    'a copy of a standby says that nothing is promised only when the guard that is cut off promises no more',
  ),
  of(
    'passed-deadline-is-revived',
    'All others have promised, so the holder goes on, also a moment after its deadline.',
    [
      {
        file: 'core/hold.ts',
        find: 'state.term !== round.term || !maySign(state, nowMs)) return state;',
        replace: 'state.term !== round.term) return state;',
      },
    ],
    tests,
    'nothing of another term, nothing that it does not hold, and no deadline that has passed',
  ),
  of(
    'any-standby-testifies',
    'The candidate says that nothing is promised; whether the holder ever asked it is not looked at.',
    [{ file: 'core/proofs.ts', find: ' || !asks.includes(lease.candidate))', replace: ')' }],
    tests,
    'needs one who was asked',
  ),
  of(
    'copy-of-one-that-asks-opens',
    'A guard that asks is armed, and an armed guard is closed when its report has stood still.',
    [{ file: 'core/writer.ts', find: '(armed && asks === undefined)', replace: 'armed' }],
    tests,
    'a copy of a holder that asks does not open when the report has stood still',
  ),
  of(
    'answer-is-believed-unsigned',
    'The answer comes over the connection that was opened to the guard, so nobody else can have given it.',
    [
      {
        file: 'guard/peers/client.ts',
        find: "if (!isSigned('answer', challenge, line, peer.publicKey)) throw new Error('the answer is not signed by the guard that was asked');",
        replace: 'void isSigned;',
      },
    ],
    'guard/peers/peers.test.ts',
    'signed by another counts for nothing',
  ),
  of(
    'unknown-promises-are-none',
    'A report that says nothing of promises is of a guard that has given none.',
    [{ file: 'core/proofs.ts', find: 'candidate.promised !== false', replace: 'candidate.promised === true' }],
    tests,
    'needs one that has read this term and has promised nothing',
  ),
];
