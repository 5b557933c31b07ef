import { plotOf } from '../plot.ts';
import type { Range } from '../figures.ts';
import type { Row } from './main.ts';

/** The figures of bench/lambda as text for docs/performance.md and as a plot. */

const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(0)} KiB`;
export const told = ({ min, median, max }: Range): string => [min, median, max].map((value) => value.toFixed(value >= 10 ? 0 : 1)).join(' / ');

export const tableOf = (rows: readonly Row[]): string =>
  [
    '| function | bundle / trivial | begins, processor ms (min / median / max) | trivial | ratio (budget) | by the clock, ms | trivial | warm, ms | trivial |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const ratio = `${row.ratio.toFixed(2)} (${row.budget.toFixed(1)})`;
      const sizes = `${kib(row.bytes)} / ${kib(row.trivialBytes)}`;
      const times = [row.cpuMs, row.trivialCpuMs].map(told);
      const clock = [row.initMs, row.trivialInitMs, row.warmMs, row.trivialWarmMs].map(told);
      const cells = [row.name, sizes, ...times, ratio, ...clock];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');

export const plot = (rows: readonly Row[], caption: string): string =>
  plotOf({
    title: 'A function begins',
    unit: 'ms of the processor',
    caption,
    bars: rows.flatMap((row) => [
      { label: row.name, ours: true, range: row.cpuMs, note: `${row.ratio.toFixed(2)} ×` },
      { label: `nothing, with ${row.clients.join(', ')}`, ours: false, range: row.trivialCpuMs, note: '' },
    ]),
  });

export const partOf = (rows: readonly Row[], caption: string): string =>
  [
    '## The functions',
    'How long a function takes to begin: from the beginning of a new process to its question for the first event over the Runtime API, as Lambda counts it.',
    "Beside it, in turns with it, a function that does nothing and makes the same SDK clients. The ratio is of the processor's time: by the clock both take",
    'longer while others use the machine. Warm is the frame of a function around an event that its contract refuses: what it does beyond that is mostly',
    'waiting for AWS.',
    '',
    tableOf(rows),
    '',
    '![A function begins](img/lambda.svg)',
    '',
    `*${caption}*`,
  ].join('\n');
