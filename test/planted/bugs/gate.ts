import { quick, type Bug } from '../bug.ts';

/** Active-active: one arbiter, many signers. */

const file = 'core/gate.ts';

const of = (name: string, story: string, find: string, replace: string): Bug => ({
  name,
  area: 'gate',
  story,
  edits: [{ file, find, replace }],
  catchers: [quick('gate')],
});

export const gateBugs: readonly Bug[] = [
  of(
    'arbiter-gives-way-to-the-same-duty',
    'A claim that comes again must not fail, so the condition is made "not above" instead of "below".',
    'compare(found.watermark, claim.duty) < 0',
    'compare(found.watermark, claim.duty) <= 0',
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
    'compare(found.watermark, claim.duty) < 0;',
    '(found.claimed === null || compare(found.watermark, claim.duty) < 0);',
  ),
  of(
    'arbiter-closed-still-wins',
    'Closing is a note for people: a claim above the watermark is safe whatever stands there.',
    "found?.phase === 'open' && found.watermark.kind",
    'found !== undefined && found.watermark.kind',
  ),
];
