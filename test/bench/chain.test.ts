import { describe, expect, test } from 'vitest';
import { figuresOf, rowsOf, tableOf, type Sample, type Way } from '../../bench/chain/report.ts';

/** The arithmetic of bench/chain. */

const sample = (way: Way, missed: number, toVerdictMs: number | null, toSignatureMs: number, signedTwice = 0): Sample => ({
  way,
  missed,
  toVerdictMs,
  toSignatureMs,
  signedTwice,
});
const samples = [
  sample('crash', 8, 3_000, 2_500),
  sample('restart', 2, null, 2_000),
  sample('crash', 10, 4_000, 1_000),
  sample('restart', 4, null, 3_000),
  sample('gate', 0, null, 1_000),
  sample('restart', 1, null, 1_000),
  sample('crash', 6, 5_000, 3_000),
];

describe('rows of bench/chain', () => {
  test('the restart first, each beside its median; what was not tried has no row', () => {
    expect(rowsOf(samples)).toEqual([
      {
        ...{ way: 'restart', runs: 3, missed: { min: 1, median: 2, max: 4 }, toVerdictMs: null },
        ...{ toSignatureMs: { min: 1_000, median: 2_000, max: 3_000 }, totalMs: { min: 1_000, median: 2_000, max: 3_000 } },
        ...{ totalRatio: 1, missedRatio: 1, missedMore: 0 },
      },
      {
        ...{ way: 'crash', runs: 3, missed: { min: 6, median: 8, max: 10 }, toVerdictMs: { min: 3_000, median: 4_000, max: 5_000 } },
        ...{ toSignatureMs: { min: 1_000, median: 2_500, max: 3_000 }, totalMs: { min: 5_000, median: 5_500, max: 8_000 } },
        ...{ totalRatio: 2.75, missedRatio: 4, missedMore: 6 },
      },
      {
        ...{ way: 'gate', runs: 1, missed: { min: 0, median: 0, max: 0 }, toVerdictMs: null },
        ...{ toSignatureMs: { min: 1_000, median: 1_000, max: 1_000 }, totalMs: { min: 1_000, median: 1_000, max: 1_000 } },
        ...{ totalRatio: 0.5, missedRatio: 0, missedMore: -2 },
      },
    ]);
  });
  test('no ratio to a restart that missed nothing, or that there was not', () => {
    expect(rowsOf([sample('restart', 0, null, 500), sample('crash', 3, 1_000, 500)])[1]).toMatchObject({
      totalRatio: 3,
      missedRatio: null,
      missedMore: 3,
    });
    expect(rowsOf([sample('crash', 3, 1_000, 500)])[0]).toMatchObject({ totalRatio: null, missedRatio: null, missedMore: null });
  });
  test('as a table', () => {
    const line = tableOf(rowsOf(samples)).split('\n')[3] ?? '';
    expect(line.split(' | ').slice(1)).toEqual([
      '3',
      '6 / 8 / 10',
      '3,000 / 4,000 / 5,000',
      '1,000 / 2,500 / 3,000',
      '5,000 / 5,500 / 8,000',
      '2.75 ×',
      '6 |',
    ]);
  });
});

test('the closing line has the medians, the ratios, and every double signing', () => {
  expect(figuresOf([sample('restart', 2, null, 2_000), sample('switchover', 1, null, 1_000, 2), sample('crash', 5, 3_000, 2_000, 1)])).toEqual({
    bench: 'chain',
    n: 1,
    doubleSigned: 3,
    medians: {
      restart: { missed: 2, toVerdictMs: null, toSignatureMs: 2_000, totalMs: 2_000 },
      switchover: { missed: 1, toVerdictMs: null, toSignatureMs: 1_000, totalMs: 1_000 },
      crash: { missed: 5, toVerdictMs: 3_000, toSignatureMs: 2_000, totalMs: 5_000 },
    },
    ratios: { restart: { total: 1, missed: 1 }, switchover: { total: 0.5, missed: 0.5 }, crash: { total: 2.5, missed: 2.5 } },
  });
});
