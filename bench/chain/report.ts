import { rangeOf, type Range } from '../figures.ts';

/** The figures of bench/chain: what each way back to a signature costs, beside a restart of the node. */

export const ways = ['restart', 'switchover', 'crash', 'gate'] as const;
export type Way = (typeof ways)[number];

/** One time that a validator stopped signing on one node and went on. */
export interface Sample {
  readonly way: Way;
  /** Heights whose commit lacks the validator. */
  readonly missed: number;
  /** From the fault to the start of the failover; null where nothing has to be decided. */
  readonly toVerdictMs: number | null;
  /** From the verdict, or the fault where there is none, until the chain shows a signature that nobody could have made before. */
  readonly toSignatureMs: number;
  /** Pieces of evidence on the chain, late signatures, and duties of which two signatures left. */
  readonly signedTwice: number;
}

export interface Row {
  readonly way: Way;
  readonly runs: number;
  readonly missed: Range;
  readonly toVerdictMs: Range | null;
  readonly toSignatureMs: Range;
  readonly totalMs: Range;
  /** Median of the total as a multiple of the restart's. */
  readonly totalRatio: number | null;
  /** Median of the missed blocks as a multiple of the restart's; null when that missed none. */
  readonly missedRatio: number | null;
  /** Median of the missed blocks above the restart's. */
  readonly missedMore: number | null;
}

const totalOf = ({ toVerdictMs, toSignatureMs }: Sample): number => (toVerdictMs ?? 0) + toSignatureMs;
const medianOf = (values: readonly number[]): number | null => rangeOf(values)?.median ?? null;
const ratio = (value: number, base: number | null): number | null => (base === null || base === 0 ? null : Math.round((100 * value) / base) / 100);

/** A row for each way that was tried, the restart first. */
export const rowsOf = (samples: readonly Sample[]): Row[] => {
  const restarts = samples.filter(({ way }) => way === 'restart');
  const base = { total: medianOf(restarts.map(totalOf)), missed: medianOf(restarts.map(({ missed }) => missed)) };
  return ways.flatMap((way) => {
    const own = samples.filter((one) => one.way === way);
    const [missed, toSignatureMs, totalMs] = [own.map((one) => one.missed), own.map((one) => one.toSignatureMs), own.map(totalOf)].map(rangeOf);
    if (!missed || !toSignatureMs || !totalMs) return [];
    const toVerdictMs = rangeOf(own.flatMap((one) => (one.toVerdictMs === null ? [] : [one.toVerdictMs])));
    const ratios = { totalRatio: ratio(totalMs.median, base.total), missedRatio: ratio(missed.median, base.missed) };
    const missedMore = base.missed === null ? null : missed.median - base.missed;
    return [{ way, runs: own.length, missed, toVerdictMs, toSignatureMs, totalMs, ...ratios, missedMore }];
  });
};

const about: Readonly<Record<Way, string>> = {
  restart: 'restart: a node with a key file, killed and started at once',
  switchover: 'custody `release`, switchover: asked for by a person',
  crash: 'custody `release`, crash: the node is killed and cannot start again',
  gate: 'custody `gate`: one node of three and its guard are killed',
};

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const told = (range: Range | null): string => (range === null ? '–' : [range.min, range.median, range.max].map(whole).join(' / '));
const blocks = ({ min, median, max }: Range): string => [min, median, max].join(' / ');
const times = (value: number | null): string => (value === null ? '–' : `${value.toFixed(2)} ×`);

export const tableOf = (rows: readonly Row[]): string =>
  [
    `| ${[
      ...['way', 'runs', 'blocks missed (min / median / max)', 'fault → verdict, ms', 'verdict → first signature, ms', 'total, ms'],
      ...['total beside the restart', 'more blocks missed than by it'],
    ].join(' | ')} |`,
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(({ way, runs, missed, toVerdictMs, toSignatureMs, totalMs, totalRatio, missedMore }) => {
      const cells = [
        about[way],
        String(runs),
        blocks(missed),
        ...[toVerdictMs, toSignatureMs, totalMs].map(told),
        times(totalRatio),
        missedMore === null ? '–' : String(missedMore),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');

/** The closing line. */
export const figuresOf = (samples: readonly Sample[]): Record<string, unknown> => {
  const rows = rowsOf(samples);
  const of = <T>(value: (row: Row) => T): Record<string, T> => Object.fromEntries(rows.map((row) => [row.way, value(row)]));
  return {
    bench: 'chain',
    n: Math.max(0, ...rows.map(({ runs }) => runs)),
    doubleSigned: samples.reduce((sum, { signedTwice }) => sum + signedTwice, 0),
    medians: of(({ missed, toVerdictMs, toSignatureMs, totalMs }) => ({
      missed: missed.median,
      toVerdictMs: toVerdictMs && Math.round(toVerdictMs.median),
      toSignatureMs: Math.round(toSignatureMs.median),
      totalMs: Math.round(totalMs.median),
    })),
    ratios: of(({ totalRatio, missedRatio }) => ({ total: totalRatio, missed: missedRatio })),
  };
};

export const partOf = (rows: readonly Row[], caption: string): string =>
  [
    '## On a real chain',
    'A validator stops signing on one node and goes on: blocks missed, and the time until the chain shows its next signature, which is at the earliest in',
    'the block after. CometBFT, four validators, a fresh chain for each run, `timeout_commit` 500 ms, the timing of `npm run drill` (the watch asks each',
    'second, and calls a node failing at the third bad answer of four). The restart is what an operator with no tool does at best: the same node with the',
    'key on its disk is killed and started at once; nobody had to notice, the machine was there, and the chain is so short that nothing is replayed. A',
    'switchover has no verdict: it counts from the start of its execution. After a crash a person is asked, and here says yes as soon as the drill sees the',
    'question. No run signed twice.',
    '',
    tableOf(rows),
    '',
    `*${caption}*`,
  ].join('\n');
