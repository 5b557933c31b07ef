import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { historyOf, join, judgeBlock, judgeVote, markOf, merge, noHistory, raise, type KeyHistory } from './eip3076.ts';
import { covers } from '../../core/watermark.ts';
import type { EthereumMark } from './mark.ts';

const rootOf = (fill: number): string => `0x${fill.toString(16).padStart(64, '0')}`;
const [one, two] = [rootOf(1), rootOf(2)];
const mark = (slot: number, source: number, target: number): EthereumMark => ({ kind: 'eip3076', slot, source, target });

describe('blocks', () => {
  test.each([
    ['the first', null, 0, one, 'sign'],
    ['a higher slot', { slot: 4, signingRoot: one }, 5, one, 'sign'],
    ['the same message', { slot: 4, signingRoot: one }, 4, one, 'repeat'],
    ['another one for the slot', { slot: 4, signingRoot: one }, 4, two, 'refuse'],
    ['one for a slot of which nobody knows what was signed', { slot: 4, signingRoot: null }, 4, one, 'refuse'],
    ['a lower slot', { slot: 4, signingRoot: one }, 3, one, 'refuse'],
  ] as const)('%s', (_, before, slot, signingRoot, verdict) => {
    expect(judgeBlock(before, { slot, signingRoot })).toBe(verdict);
  });
});

describe('votes', () => {
  const before = { source: 4, target: 6, signingRoot: one };
  test.each([
    ['the first', null, [0, 0, one], 'sign'],
    ['the first, with its source above its target', null, [1, 0, one], 'refuse'],
    ['a higher target', before, [4, 7, one], 'sign'],
    ['both higher', before, [6, 7, two], 'sign'],
    ['the same message', before, [4, 6, one], 'repeat'],
    ['a double vote', before, [4, 6, two], 'refuse'],
    ['a double vote with a higher source', before, [5, 6, one], 'refuse'],
    ['one that surrounds', before, [3, 7, one], 'refuse'],
    ['one that is surrounded', before, [5, 5, one], 'refuse'],
    ['a lower target', before, [4, 5, one], 'refuse'],
    ['a source above its target', before, [8, 7, one], 'refuse'],
    ['one for a target of which nobody knows what was voted', { ...before, signingRoot: null }, [4, 6, one], 'refuse'],
    ['the same root with a lower source', before, [3, 6, one], 'refuse'],
  ] as const)('%s', (_, last, [source, target, signingRoot], verdict) => {
    expect(judgeVote(last, { source, target, signingRoot })).toBe(verdict);
  });
});

describe('histories', () => {
  test('the highest source and the highest target of two votes are no vote that could be repeated', () => {
    const a: KeyHistory = { block: null, vote: { source: 5, target: 6, signingRoot: one } };
    const b: KeyHistory = { block: null, vote: { source: 4, target: 9, signingRoot: one } };
    expect(merge(a, b).vote).toEqual({ source: 5, target: 9, signingRoot: null });
    expect(merge(a, a).vote).toEqual({ source: 5, target: 6, signingRoot: one });
    expect(merge(a, { block: null, vote: { source: 5, target: 6, signingRoot: two } }).vote?.signingRoot).toBe(null);
  });
  test('two blocks of one slot allow no repeat, and the higher one counts', () => {
    const at = (slot: number, signingRoot: string): KeyHistory => ({ block: { slot, signingRoot }, vote: null });
    expect(merge(at(4, one), at(4, two)).block).toEqual({ slot: 4, signingRoot: null });
    expect(merge(at(4, one), at(4, one)).block).toEqual({ slot: 4, signingRoot: one });
    expect(merge(at(4, one), at(5, two)).block).toEqual({ slot: 5, signingRoot: two });
    expect(merge(noHistory, at(5, two)).block).toEqual({ slot: 5, signingRoot: two });
  });
  test('a floor raises, never lowers, and leaves the last message repeatable where it is not above it', () => {
    const last: KeyHistory = { block: { slot: 4, signingRoot: one }, vote: { source: 4, target: 6, signingRoot: one } };
    expect(raise(last, mark(4, 4, 6))).toEqual(last);
    expect(raise(last, mark(1, 1, 1))).toEqual(last);
    expect(raise(last, mark(9, 4, 7))).toEqual({ block: { slot: 9, signingRoot: null }, vote: { source: 4, target: 7, signingRoot: null } });
    expect(raise(noHistory, mark(9, 4, 7))).toEqual(historyOf(mark(9, 4, 7)));
  });
  test('the mark over keys is the highest of each, and none while one of them is unknown', () => {
    expect(markOf([historyOf(mark(9, 4, 7)), historyOf(mark(8, 5, 6))])).toEqual(mark(9, 5, 7));
    expect(markOf([historyOf(mark(9, 4, 7)), noHistory])).toBe(null);
    expect(markOf([{ ...historyOf(mark(9, 4, 7)), vote: null }])).toBe(null);
    expect(markOf([])).toBe(null);
    expect(covers(mark(9, 5, 7), mark(9, 5, 7))).toBe(true);
    for (const higher of [mark(10, 5, 7), mark(9, 6, 7), mark(9, 5, 8)]) expect(covers(mark(9, 5, 7), higher)).toBe(false);
  });
});

/** All that was ever signed, and the two definitions of the consensus specification. */
class Oracle {
  readonly blocks: { slot: number; signingRoot: string }[] = [];
  readonly votes: { source: number; target: number; signingRoot: string }[] = [];
  slashable(): boolean {
    const blocks = this.blocks.some((a) => this.blocks.some((b) => a.slot === b.slot && a.signingRoot !== b.signingRoot));
    const votes = this.votes.some((a) =>
      this.votes.some((b) => (a.target === b.target && a.signingRoot !== b.signingRoot) || (a.source < b.source && b.target < a.target)),
    );
    return blocks || votes;
  }
  /** What a proof would carry of it. */
  mark(): EthereumMark {
    return this.votes.reduce(
      (sum, { source, target }) => join(sum, mark(0, source, target)),
      this.blocks.reduce((sum, { slot }) => join(sum, mark(slot, 0, 0)), mark(0, 0, 0)),
    );
  }
}

const epoch = fc.integer({ min: 0, max: 8 });
// Roots are hashes: they never agree for different contents.
const vote = fc.record({ source: epoch, target: epoch, fill: fc.integer({ min: 1, max: 2 }) });
const request = fc.oneof(
  { weight: 6, arbitrary: fc.record({ vote }) },
  { weight: 3, arbitrary: fc.record({ block: fc.record({ slot: epoch, fill: fc.integer({ min: 1, max: 2 }) }) }) },
  { weight: 1, arbitrary: fc.record({ moveTo: fc.integer({ min: 0, max: 2 }), exact: fc.boolean() }) },
);

describe('against all that was signed', () => {
  test('nothing slashable is signed, by whichever node, whatever is asked, wherever the keys move', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const oracle = new Oracle();
        const nodes: KeyHistory[] = [noHistory, noHistory, noHistory];
        let active = 0;
        for (const step of requests) {
          const own = nodes[active] ?? noHistory;
          if ('vote' in step) {
            const { source, target, fill } = step.vote;
            const asked = { source, target, signingRoot: `${source}/${target}/${fill}` };
            const verdict = judgeVote(own.vote, asked);
            if (verdict === 'repeat') expect(oracle.votes).toContainEqual(asked);
            if (verdict === 'refuse') continue;
            oracle.votes.push(asked);
            nodes[active] = { ...own, vote: asked };
          } else if ('block' in step) {
            const asked = { slot: step.block.slot, signingRoot: `${step.block.slot}/${step.block.fill}` };
            const verdict = judgeBlock(own.block, asked);
            if (verdict === 'repeat') expect(oracle.blocks).toContainEqual(asked);
            if (verdict === 'refuse') continue;
            oracle.blocks.push(asked);
            nodes[active] = { ...own, block: asked };
          } else {
            active = step.moveTo;
            const exact = oracle.mark();
            // Where only a head is known: the target is above every vote's, and no vote's source reaches its own target.
            const floor = step.exact ? exact : mark(exact.slot + 1, exact.target, exact.target + 1);
            nodes[active] = raise(nodes[active] ?? noHistory, floor);
          }
          expect(oracle.slashable()).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });
  test('an honest client is never refused', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), behind: fc.integer({ min: 0, max: 3 }) })), (list) => {
        let history = noHistory;
        let [source, target] = [0, 0];
        for (const { gap, behind } of list) {
          target += gap;
          source = Math.max(source, target - 1 - behind);
          const asked = { source, target, signingRoot: one };
          expect(judgeVote(history.vote, asked)).toBe('sign');
          history = { ...history, vote: asked };
        }
      }),
    );
  });
});
