import { bugsOf, type Bug } from '../bug.ts';

/** Commands that come late and disks that come back old. */

const fence = 'documents/fence.yaml';
const rejoin = 'documents/rejoin.yaml';
const tests = 'test/documents/terms.test.ts';

const of = bugsOf('documents');

export const termBugs: readonly Bug[] = [
  of(
    'old-term-rejoin-unmasks',
    'SSM delivers a command within its time or never, so the node need not know which term is the newest; one that was queued comes after the next fence.',
    [{ file: rejoin, find: '[ "$before" -le "$SSM_Term" ] || refuse', replace: '[ -n "$before" ] || refuse' }],
    tests,
    'a late rejoin of an old term unmasks nothing that a newer one fenced',
  ),
  of(
    'old-term-fence-stops-the-holder',
    'Stopping is the safe side, so a fence is always obeyed, also one of a term that is long over.',
    [{ file: fence, find: 'if [ "$before" -gt "$SSM_Term" ] ||', replace: 'if' }],
    tests,
    'a late fence of an older term stops nobody',
  ),
  of(
    'fence-of-the-term-that-it-holds',
    'A command of the very term that the node has seen is not old; that this node holds it by now is not thought of.',
    [{ file: fence, find: '[ "$seen" != "$before fenced" ]', replace: 'false' }],
    tests,
    'a late fence of the term that its guard holds stops nobody',
  ),
  of(
    'a-term-that-is-not-kept-is-a-proof',
    'The node is stopped and masked, which is the proof; a full disk that forgets the term is no part of it, until an old rejoin comes.',
    [{ file: fence, find: 'keep_term || refuse "the term cannot be kept on this node"', replace: 'keep_term || true' }],
    tests,
    'that cannot be kept: everything is stopped, and that is no proof',
  ),
  of(
    'commands-at-once',
    'Each command checks the term for itself; a rejoin that began before a fence ends after it, and unmasks what was proven.',
    [{ file: rejoin, find: 'flock -w 10 9 ||', replace: 'flock -w 10 9 || true ||' }],
    tests,
    'two commands at once',
  ),
  of(
    'rejoin-with-a-disk-of-a-snapshot',
    'The floor of the next term covers what was signed, so the node may come back with any record.',
    [{ file: rejoin, find: 'if [ "$SSM_Least" != none ] &&', replace: 'if false &&' }],
    tests,
    'of a snapshot is refused',
  ),
  of(
    'rejoin-after-signing-beyond-the-floor',
    'A watermark above the floor is newer, so it is good; that the node signed after its fence is what it says.',
    [{ file: rejoin, find: 'if [ "$SSM_Most" != none ] &&', replace: 'if false &&' }],
    tests,
    'above the floor: it signed after its fence is refused',
  ),
  of(
    'rejoin-without-a-watermark',
    'A disk without a record is a new disk, and a new disk has signed nothing.',
    [{ file: rejoin, find: 'refuse "its watermark is gone" WatermarkUnknown', replace: ':' }],
    tests,
    'that is gone is refused',
  ),
  of(
    'guard-opens-below-a-term-that-fenced-it',
    'The lease says who holds; that the table came back from a backup, with older terms, is not the guard’s business.',
    [{ file: 'guard/term-file.ts', find: 'if (seen > term)', replace: 'if (seen > term + 1_000_000)' }],
    'guard/term-file.test.ts',
    'what a newer term has fenced does not open',
  ),
];
