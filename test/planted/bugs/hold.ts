import { quick, sim, test, type Bug } from '../bug.ts';

/** The guard's rule: until when a node may sign. */

const file = 'core/hold.ts';
const tests = 'core/hold.test.ts';

const of = (name: string, story: string, find: string, replace: string, catchers: Bug['catchers']): Bug => ({
  name,
  area: 'hold',
  story,
  edits: [{ file, find, replace }],
  catchers,
});

export const holdBugs: readonly Bug[] = [
  of(
    'floor-removed',
    'Reads are consistent, so none can be old: the check looks like a leftover.',
    'if (lease.term < state.floor)',
    'if (lease.term < 0)',
    [quick('late-reads')],
  ),
  of(
    'floor-rises-only-when-opening',
    'The floor is the highest term held; that a read which closes must raise it too is forgotten, and an older read opens again.',
    "state: letGo(state, lease.term), action: held ? 'close' : 'stay-closed', relinquish, sentence",
    "state: letGo(state, state.floor), action: held ? 'close' : 'stay-closed', relinquish, sentence",
    [quick('late-reads')],
  ),
  of(
    'deadline-without-the-stop-time',
    'The lease length is the time one may sign; that stopping takes time too is left to the margin.',
    'durationMs(timing.leaseMs - timing.stopMs)',
    'durationMs(timing.leaseMs)',
    [test(tests, 'the recorded active opens until the read was sent + lease − stop')],
  ),
  of(
    'renewal-adds-a-lease',
    'Each good read extends the deadline by a lease, as a renewable lock does, instead of counting from the read.',
    'addMs(read.sentMs, durationMs',
    'addMs(state.deadlineMs ?? read.sentMs, durationMs',
    [quick('lapse')],
  ),
  of(
    'signs-at-the-deadline',
    'The deadline is the last instant at which one may sign, not the first at which one may not.',
    'nowMs < state.deadlineMs;',
    'nowMs <= state.deadlineMs;',
    [quick('lapse'), test(tests, 'the recorded active opens until the read was sent + lease − stop')],
  ),
  of('opens-in-fencing', 'The recorded active may sign; the phase only matters to the workflow.', 'if (!active || !settled) {', 'if (!active) {', [
    sim('--seeds', '150'),
    test(tests, 'a holder that sees its term fenced closes and owes that term'),
  ]),
  of(
    'opens-for-a-relinquished-term',
    'The lease alone says who may sign; what the node itself gave up looks like a second truth.',
    '.node && lease.term > state.relinquished;',
    '.node;',
    [test(tests, 'after a relinquish it never opens for that term')],
  ),
];
