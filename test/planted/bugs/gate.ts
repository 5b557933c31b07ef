import { quick, test, type Bug } from '../bug.ts';

/** Active-active: one arbiter, many signers. */

const file = 'core/gate.ts';

const of = (name: string, story: string, find: string, replace: string, catcher = quick('gate')): Bug => ({
  name,
  area: 'gate',
  story,
  edits: [{ file, find, replace }],
  catchers: [catcher],
});

const votes = test('core/gate.test.ts', 'a vote follows another with a higher target and no lower source, and nothing else');

export const gateBugs: readonly Bug[] = [
  of(
    'arbiter-gives-way-to-the-same-duty',
    'A claim that comes again must not fail, so the condition is made "not above" instead of "below".',
    'compare(duty, mark) > 0;',
    'compare(duty, mark) >= 0;',
  ),
  of(
    'arbiter-repeats-another-content',
    'The duty has been claimed already, so its signature is given back, whatever was asked for.',
    ' && found.claimed.content === claim.claimed.content',
    '',
  ),
  of(
    'arbiter-repeats-the-askers-signature',
    'The content is the same, so the signature at hand is as good as the stored one; but its timestamp is another.',
    "{ outcome: 'repeat', claimed: found.claimed }",
    "{ outcome: 'repeat', claimed: claim.claimed }",
  ),
  of(
    'arbiter-without-a-claim-takes-any',
    'Nothing has been claimed yet, so the first claim wins; that the item was opened with a floor is forgotten.',
    'isAbove(claim.duty, found.watermark);',
    '(found.claimed === null || isAbove(claim.duty, found.watermark));',
  ),
  of(
    'arbiter-closed-still-wins',
    'Closing is a note for people: a claim above the watermark is safe whatever stands there.',
    "const wins = found?.phase === 'open' &&",
    'const wins = found !== undefined &&',
    test('core/gate.test.ts', 'a closed arbiter gives no signature, not even the stored one'),
  ),
  of(
    'arbiter-lets-a-vote-surround',
    'Two votes for one epoch are the double signature, so the target must rise; that a vote with a lower source surrounds the one before is missed.',
    'covers(duty, mark) && duty.target > mark.target',
    'duty.target > mark.target',
    votes,
  ),
  of(
    'arbiter-takes-a-second-vote-of-an-epoch',
    'A vote that covers the one before is above it; that it may be another vote for the same epoch is missed.',
    'covers(duty, mark) && duty.target > mark.target',
    'covers(duty, mark)',
    votes,
  ),
];
