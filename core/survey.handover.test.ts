import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amber, birch, configOf, leaseOf, reportOf } from '../test/support/core.ts';
import type { NodeId } from './ids.ts';
import { betweenLooksMs, judge, signingThrough, surveyLooks, type Look } from './survey.ts';
import { epochMs } from './time.ts';

/** Two guards that report, a hand-over between them, and a survey that reads each node at a time of its own. Times in ms around the hand-over at 0. */

interface Write {
  readonly saidMs: number;
  readonly landsMs: number;
  readonly signing: boolean;
}
interface Times {
  /** Between two words of a guard, and from each word to the table. */
  readonly gaps: readonly number[];
  readonly ways: readonly number[];
}

/** Two read time-outs: of the write itself and of the one before it in the queue. */
const longestWayMs = 4_000;
const beginMs = -40_000;
const endMs = 60_000;
const words = 60;

const some = (least: number, most: number) => fc.array(fc.integer({ min: least, max: most }), { minLength: words, maxLength: words });
const times = fc.record({ gaps: some(2_000, 4_500), ways: some(0, longestWayMs) });

/** One write at a time: none lands before the one before it. */
const writesOf = ({ gaps, ways }: Times, signs: (atMs: number) => boolean): Write[] => {
  const writes: Write[] = [];
  let saidMs = beginMs;
  for (const [index, gap] of gaps.entries()) {
    saidMs += gap;
    if (saidMs > endMs) break;
    writes.push({ saidMs, landsMs: Math.max(saidMs + (ways[index] ?? 0), writes.at(-1)?.landsMs ?? beginMs), signing: signs(saidMs) });
  }
  return writes;
};

/** What stands in the node's item at an instant. */
const itemAt = (node: NodeId, writes: readonly Write[], atMs: number) => {
  const index = writes.findLastIndex(({ landsMs }) => landsMs <= atMs);
  const found = writes[index];
  return found && reportOf({ node, sequence: index + 1, signing: found.signing });
};

interface Reading {
  readonly startMs: number;
  /** When within each look each node is read, and how much longer than needed the survey waits after it. */
  readonly looks: readonly { readonly amberMs: number; readonly birchMs: number; readonly restMs: number }[];
}
const within = fc.integer({ min: 0, max: 6_000 });
const reading = (startMs: fc.Arbitrary<number>): fc.Arbitrary<Reading> =>
  fc.record({
    startMs,
    looks: fc.array(fc.record({ amberMs: within, birchMs: within, restMs: fc.integer({ min: 0, max: 2_000 }) }), {
      minLength: surveyLooks,
      maxLength: surveyLooks,
    }),
  });

const looksOf = ({ startMs, looks }: Reading, amberWrites: readonly Write[], birchWrites: readonly Write[]): Look[] => {
  let atMs = startMs;
  return looks.map(({ amberMs, birchMs, restMs }) => {
    const look = { [amber]: itemAt(amber, amberWrites, atMs + amberMs), [birch]: itemAt(birch, birchWrites, atMs + birchMs) };
    atMs += Math.max(amberMs, birchMs) + betweenLooksMs + restMs;
    return look;
  });
};

/** Amber stops signing at 0, birch begins after. Amber is gone then, and its last write may arrive at any time; or it lives and says so. */
const handOverWith = (of: { latestOpenMs: number; startsMs: fc.Arbitrary<number>; gone: fc.Arbitrary<boolean> }) =>
  fc.record({
    amberTimes: times,
    birchTimes: times,
    opensMs: fc.integer({ min: 1, max: of.latestOpenMs }),
    gone: of.gone,
    lateMs: fc.integer({ min: 0, max: 40_000 }),
    reading: reading(of.startsMs),
  });
/** The whole hand-over within one look. */
const sudden = handOverWith({ latestOpenMs: 300, startsMs: fc.integer({ min: -6_000, max: 0 }), gone: fc.constant(true) });
const handOver = fc.oneof(handOverWith({ latestOpenMs: 20_000, startsMs: fc.integer({ min: -12_000, max: 22_000 }), gone: fc.boolean() }), sudden);
type HandOver = typeof handOver extends fc.Arbitrary<infer T> ? T : never;

const looksAt = (of: HandOver): Look[] => {
  const said = writesOf(of.amberTimes, (atMs) => atMs < 0);
  const before = said.filter(({ saidMs }) => saidMs < 0);
  const last = before.at(-1);
  const left = of.gone && last ? [...before.slice(0, -1), { ...last, landsMs: last.landsMs + of.lateMs }] : said;
  return looksOf(
    of.reading,
    left,
    writesOf(of.birchTimes, (atMs) => atMs >= of.opensMs),
  );
};

const nodes = [amber, birch];
const signersIn = (looks: readonly Look[]): readonly NodeId[] =>
  judge(
    { config: configOf(), lease: leaseOf(), claimRunning: true, looks, quarantined: [], open: undefined, history: [] },
    { paused: false, nowMs: epochMs(0) },
  ).signers;

describe('a hand-over', () => {
  test('is never taken for two signers, however it and the survey interleave', () => {
    fc.assert(
      fc.property(handOver, (of) => {
        expect(signersIn(looksAt(of))).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });
  // The model must be able to show what the rule rules out.
  test.each([1, 2, 3])('would be taken for two signers from %i looks', (count) => {
    const fewer = fc.check(
      fc.property(sudden, (of) => signingThrough(nodes, looksAt(of).slice(0, count)).length < 2),
      { numRuns: 100_000, seed: 1, endOnFailure: true },
    );
    expect(fewer.failed).toBe(true);
  });
});

test('two nodes that do sign at once are found by one survey', () => {
  const quick = fc.record({ gaps: some(2_000, 4_500), ways: some(0, 400) });
  fc.assert(
    fc.property(quick, quick, reading(fc.integer({ min: beginMs + 5_000, max: -10_000 })), (one, other, read) => {
      const signs = () => true;
      expect(signersIn(looksOf(read, writesOf(one, signs), writesOf(other, signs)))).toEqual(nodes);
    }),
  );
});
