import { bugsOf, type Bug } from '../bug.ts';

/** The breaker of the fleet. */

const read = 'functions/shared/breaker.ts';
const tests = 'functions/breaker.test.ts';
const rules = 'core/breaker.test.ts';

const of = bugsOf('functions');

export const breakerBugs: readonly Bug[] = [
  of(
    'breaker-not-read-before-the-release',
    'Assess and TakeTerm have read the breaker, and the execution has a proof by now: it may as well finish.',
    [
      {
        file: 'functions/release-key.ts',
        find: '  // As late as can be: a grant alone is worth nothing.\n  await needClosedBreaker(deps, {}, signal);\n',
        replace: '',
      },
    ],
    tests,
    'also when it freezes while the key is sealed',
  ),
  of(
    'breaker-not-read-before-a-reinstatement',
    'A reinstatement goes back to the recorded active, so nobody new is let in; that it is a release all the same is overlooked.',
    [{ file: 'functions/reinstate.ts', find: '  await needClosedBreaker(deps, {}, signal);\n', replace: '' }],
    tests,
    'a frozen fleet: nobody is released',
  ),
  of(
    'breaker-not-read-before-a-term',
    'Assess refuses while the fleet is frozen; that people take a quarter of an hour to approve is not thought of.',
    [
      {
        file: 'functions/take-term.ts',
        find: 'may: (frozen) => fenceOnly(frozen, {',
        replace: 'may: (frozen) => frozen.last !== 0 || fenceOnly(frozen, {',
      },
    ],
    tests,
    'that was planned before',
  ),
  of(
    'breaker-that-cannot-be-read-is-closed',
    'The breaker is an extra, and an extra that is down must not keep a failover away.',
    [{ file: read, find: '    throw error;\n', replace: '    return null;\n' }],
    tests,
    'while the record is down',
  ),
  of(
    'broken-breaker-is-closed',
    'An item that somebody has broken by hand says nothing, so nothing is suspected.',
    [{ file: read, find: 'return unreadable(error.message);', replace: 'return null;' }],
    tests,
    'nor when nobody can tell whether it is frozen',
  ),
  of(
    'breaker-is-cleared-by-time',
    'A suspicion of yesterday that nobody came back to is over; a fleet must not stand frozen for ever.',
    [
      {
        file: 'functions/assess.ts',
        find: 'frozenNow(deps, signal),',
        replace: 'frozenNow(deps, signal).then((one) => (one?.open.every(({ atMs }) => deps.clock.epochMs() - atMs > 86_400_000) ? null : one)),',
      },
    ],
    tests,
    'until a person clears it, and for no time that passes',
  ),
  of(
    'a-clearance-clears-everything',
    'Somebody has looked and cleared the breaker, so it is closed, whatever was suspected while they looked.',
    [{ file: 'core/breaker.ts', find: 'last === through) return null;', replace: 'through > 0) return null;' }],
    rules,
    'a clearance ends what it names, and nothing that came after',
  ),
  of(
    'a-lost-record-of-suspicions-is-closed',
    'More was cleared than was suspected, so nothing is open; that the record was lost or put back from a backup is not seen.',
    [{ file: 'core/breaker.ts', find: '  if (last < through) return', replace: '  if (last < 0) return' }],
    rules,
    'is frozen, and nothing that a clearance could name',
  ),
  of(
    'two-signers-anywhere-let-a-person-through',
    'A person may have a node fenced while the fleet is frozen; that it is the validator of the suspicion alone is left out.',
    [{ file: 'core/breaker.ts', find: "kind === 'two-signers' && validator === of.validator", replace: "kind === 'two-signers'" }],
    rules,
    'a term that is taken although the fleet is frozen',
  ),
  of(
    'an-old-watermark-of-a-snapshot-is-exact',
    'The fence command read the watermark on that very machine, so it is the last duty; that the disk came back from a snapshot is not thought of.',
    [
      {
        file: 'core/watermark.ts',
        find: 'if (mark === undefined || signedAbove !== false) return undefined;',
        replace: 'if (mark === undefined) return undefined;',
      },
    ],
    'functions/release-key.test.ts',
    'a disk from a snapshot tells an old watermark',
  ),
  of(
    'a-watermark-below-its-own-floor-is-exact',
    'The floor of the lease is kept by `highest` anyway; that a mark below it shows a disk of before the term is missed.',
    [{ file: 'core/watermark.ts', find: '!covers(mark, before)) ? undefined : mark;', replace: 'false) ? undefined : mark;' }],
    'core/watermark.test.ts',
    'is none when it lies below the floor of its own term',
  ),
  of(
    'flap-limit-ignored',
    'A validator that fails again is moved again: that is what the tool is for, and each failover is safe.',
    [
      {
        file: 'core/assess-gates.ts',
        find: 'unsettled !== null || recent.length >= maxPerDay ? often : null',
        replace: 'unsettled !== null ? often : null',
      },
    ],
    'core/assess.test.ts',
    'as many failovers within a day as are allowed',
  ),
  of(
    'unsettled-moves-are-not-counted',
    'What moves already need not be held back a second time; an alarm that rings again moves a validator to and fro that nobody ever saw signing.',
    [
      {
        file: 'core/assess-gates.ts',
        find: "if (phase === 'FENCING' || phase === 'FENCED') return",
        replace: "if (phase !== 'HELD') return",
      },
    ],
    'core/assess.test.ts',
    'a holder that was released and never seen signing',
  ),
  of(
    'cool-down-does-not-grow',
    'The time to cool down is what the operator has configured, after the first failover as after the third.',
    [{ file: 'core/assess-gates.ts', find: 'coolDownMs * 2 ** Math.max(0, failovers - 1)', replace: 'coolDownMs' }],
    'core/cool-down.test.ts',
    'the time to cool down doubles with each failover of a day, up to a day',
  ),
  of(
    'quarantined-node-chosen',
    'Its guard reports and it is synced, so it is ready; that it was fenced a minute ago, and nobody knows why it failed, is another matter.',
    [{ file: 'core/assess-gates.ts', find: 'quarantined: of.quarantined.includes(node)', replace: 'quarantined: false' }],
    'functions/quarantine.test.ts',
    'is no candidate, however well its guard is',
  ),
  of(
    'quarantine-after-the-release',
    'The release is what matters; the note about the old node may come when there is time, and is lost with the execution.',
    [
      {
        file: 'functions/release-key.ts',
        find: 'atMs: deps.clock.epochMs() }, signal),\n  ]);\n  // As late',
        replace: 'atMs: deps.clock.epochMs() }, signal).catch(() => false),\n  ]);\n  // As late',
      },
    ],
    'functions/quarantine.test.ts',
    'is in quarantine before its successor is released',
  ),
];
