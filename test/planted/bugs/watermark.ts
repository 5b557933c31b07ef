import { quick, test, type Bug } from '../bug.ts';

/** What may have been signed, and what a new holder may sign. */

const file = 'core/watermark.ts';

const of = (name: string, story: string, find: string, replace: string, catcher = quick('watermark')): Bug => ({
  name,
  area: 'watermark',
  story,
  edits: [{ file, find, replace }],
  catchers: [catcher],
});

export const watermarkBugs: readonly Bug[] = [
  of(
    'floor-of-the-term-before-forgotten',
    'The new floor is what the proof or the head says; that the lease knew a higher one is not looked at (Blockscape 2020: a log pruned).',
    'highest(of.before, reached)',
    'reached',
  ),
  of(
    'margin-dropped',
    'The head is what has been signed, so nothing is added to it; but vantages lag and the node was ahead of them.',
    ' + of.margin;',
    ';',
  ),
  of(
    'lagging-vantages-are-believed',
    'The vantages are the outside view, so what nodes say of the chain is left out; the old holder signed above a head that was minutes old.',
    'headWith(of.head ?? Number.NaN, of.nodes)',
    '(of.head ?? Number.NaN)',
    test('core/watermark.test.ts', 'a node that has seen more is believed'),
  ),
  of(
    'node-far-ahead-is-left-out',
    'One node reports a height that cannot be, so it is left out instead of nobody being released.',
    'highestSeen > head + (nodes?.maxLag ?? 0) ? Number.NaN : highestSeen',
    'highestSeen > head + (nodes?.maxLag ?? 0) ? head : highestSeen',
    test('core/watermark.test.ts', 'too far ahead of them is unknown'),
  ),
  of(
    'floor-itself-is-signed',
    'The floor is the first duty of the new holder, not the last of the old one.',
    'compare(duty.watermark, floor) <= 0',
    'compare(duty.watermark, floor) < 0',
    // The explorer's signer raises its own record to the floor as well, which hides it.
    test('core/watermark.test.ts', 'the floor itself is refused'),
  ),
  of(
    'floor-at-the-start-of-the-height',
    'The floor is a height, so round and step are left at zero: the height itself can be signed again.',
    'height: reached, round: highestRound, step: lastStep',
    'height: reached, round: 0, step: 0',
  ),
  of(
    'other-content-is-signed-again',
    'A node that lags asks again with its newer block: the newest is taken to be right.',
    "duty.content === last.content ? 'repeat' : 'refuse'",
    "duty.content === last.content ? 'repeat' : 'sign'",
  ),
  of(
    'floor-unknown-is-no-floor',
    'When the head is not known, the floor of the term before must do.',
    'reached === null ? null : highest(of.before, reached)',
    'highest(of.before, reached)',
  ),
];
