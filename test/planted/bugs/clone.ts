import { bugsOf, quick, type Bug } from '../bug.ts';

/** One node identity on two machines. */

const file = 'core/writer.ts';
const tests = 'core/writer.test.ts';
const guardTests = 'guard/clone.test.ts';

const of = bugsOf('guard');

export const cloneBugs: readonly Bug[] = [
  of(
    'writer-is-not-compared',
    'The number of a report rises with every write, so the number alone tells whether another came in between.',
    [{ file, find: '(stored.writer ?? null) === base.writer && ', replace: '' }],
    'test/dynamodb/dynalite.test.ts',
    'the table judges a report as the rule does',
  ),
  of(
    'takes-over-what-still-moves',
    'The guard that starts is the newer one, so it takes the item at once; the one before may run on another machine.',
    [{ file, find: 'if (elapsedMs(sinceMs, nowMs) < neededMs)', replace: 'if (neededMs < 0)' }],
    tests,
    'waits until the report has stood still',
    [quick('clone')],
  ),
  of(
    'stands-still-for-one-lease',
    'The guard before has closed after its lease; that its clock may be slow and this one fast is forgotten.',
    [{ file, find: 'const closedMs = lapseMs(durationMs(report.leaseMs), timing);', replace: 'const closedMs = durationMs(report.leaseMs);' }],
    tests,
    'waits until the report has stood still',
    [quick('clone')],
  ),
  of(
    'refusal-is-a-late-write-of-our-own',
    'A refused report means that an earlier one came late: the guard reads what stands there and goes on from it.',
    [
      {
        file,
        find: "state.mode === 'new' ? onSeen(state, found, nowMs) : { ...state, mode: 'displaced', ackedMs: null };",
        replace: 'onSeen(state, found, nowMs);',
      },
    ],
    guardTests,
    'closes for good when another guard has written',
  ),
  of(
    'holds-without-an-acknowledged-report',
    'The lease was read in time, so the guard may sign; that another one of its node may have taken over is not asked.',
    [{ file, find: '(!timed || nowMs < addMs(ackedMs, durationMs(leaseMs - stopMs)))', replace: '(timed || !timed)' }],
    tests,
    'may hold for lease − stop from when its report was sent',
    [quick('clone')],
  ),
  of(
    'one-report-after-a-lapse',
    'The report was acknowledged, so this guard has the item; a copy of it that had lapsed too was answered a moment before.',
    [{ file, find: "state.mode === 'new' || !state.firm || isProven(state, of.sentMs, of)", replace: 'true' }],
    tests,
    'after a lapse holds only when a second report stands on the first',
  ),
  of(
    'same-boot-is-enough',
    'The guard before ran in this boot and its lock is free, so it has ended; a copy of this machine, resumed elsewhere, has the same boot.',
    [{ file, find: 'remembered.acked === report.sequence;', replace: 'remembered.acked <= report.sequence;' }],
    tests,
    'an earlier report: a copy went on from there',
  ),
  of(
    'copied-disk-opens-the-term',
    'The guard before is surely closed, so this one opens; its record of what was signed is that of the day on which the disk was copied.',
    [{ file, find: 'return { relinquished: { term: armedTerm, watermark: null } };', replace: 'return {};' }],
    guardTests,
    'on a copied disk never opens the term that was declared',
    [quick('clone')],
  ),
  of(
    'silence-after-an-unarmed-guard',
    'Its report has stood still for the lease; that a guard with policy hold signs on without the table is overlooked.',
    [{ file, find: 'if (!mayHoldOn(report, lease)) return null;', replace: 'if (!mayHoldOn(report, lease) || !ended) return null;' }],
    guardTests,
    'after one that signs on through an outage opens nothing',
    [quick('clone-unarmed')],
  ),
  of(
    'exactly-this-report-is-ours',
    'Exactly this report stands there, so the reply to it was lost; a copy of this guard wrote it.',
    [{ file: 'aws/report.ts', find: "? { outcome: 'unknown' }", replace: "? { outcome: 'done', rival: null }" }],
    'aws/records.test.ts',
    'exactly this report may be that of a copy',
  ),
];
