import { plotOf } from '../plot.ts';
import type { Row } from './main.ts';

/** The figures of bench/watch as text for docs/performance.md and as a plot. */

/** Growth from row to row: the slope between them where both axes are logarithmic. 1 is as many times longer as there are more validators. */
export const slopes = (rows: readonly Row[]): (number | null)[] =>
  rows.map((row, index) => {
    const before = rows[index - 1];
    if (!before || before.validators === row.validators) return null;
    return Math.log(row.roundMs.median / before.roundMs.median) / Math.log(row.validators / before.validators);
  });

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const short = (value: number): string => (value >= 10 ? whole(value) : value.toFixed(1));

export const tableOf = (rows: readonly Row[]): string => {
  const growth = slopes(rows);
  return [
    `| ${[
      ...['validators', 'watchers', 'one round, ms (min / median / max)', 'growth', 'peak memory of a watcher', 'requests', 'connections opened'],
      ...['asked once instead of', 'in lock-step, ms', 'ratio'],
    ].join(' | ')} |`,
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row, index) => {
      const { min, median, max } = row.roundMs;
      const slope = growth[index];
      const lockStep = row.lockStepMs === null ? ['–', '–'] : [whole(row.lockStepMs), `${short(row.lockStepMs / median)} ×`];
      return `| ${[
        ...[whole(row.validators), String(row.shards), `${whole(min)} / ${whole(median)} / ${whole(max)}`],
        ...[typeof slope === 'number' ? slope.toFixed(2) : '–', `${row.peakRssMb} MB`, whole(row.requests), short(row.connections)],
        ...[row.lockStepRequests === null ? '–' : `${short(row.lockStepRequests / row.requests)} times`, ...lockStep],
      ].join(' | ')} |`;
    }),
  ].join('\n');
};

export const plot = (rows: readonly Row[], caption: string): string =>
  plotOf({
    title: 'One round of the watch',
    unit: 'ms',
    caption,
    bars: rows.flatMap((row) => [
      { label: `${whole(row.validators)} validators, ${row.shards} watcher${row.shards === 1 ? '' : 's'}`, ours: true, range: row.roundMs, note: '' },
      {
        label: 'the same, each asking for itself',
        ours: false,
        range: row.lockStepMs === null ? null : { min: row.lockStepMs, median: row.lockStepMs, max: row.lockStepMs },
        note: row.lockStepMs === null ? 'not measured' : '',
      },
    ]),
  });

export const partOf = (rows: readonly Row[], of: { readonly caption: string; readonly heapMb: number; readonly perChain: number }): string =>
  [
    '## The watch',
    `One round: every validator looked at from two vantages. CometBFT chains of ${of.perChain} validators each, a block a second, commits of 100`,
    `signatures; the table and the chains are another process than the watcher, which has one core and a heap of ${of.heapMb} MB, as Lambda starts Node`,
    'in 256 MB. Told is what the rounds after the first took. "In lock-step": the same code without what makes it scale, in the same run on the same',
    'servers: every validator asks for itself and reads its own items, twenty at a time. "Growth" is the slope to the row before on logarithmic axes.',
    'One in a hundred validators fails, and is found. Several watchers are measured one after the other, and the slowest counts.',
    '',
    tableOf(rows),
    '',
    '![One round of the watch](img/watch.svg)',
    '',
    'What bounds it are the questions: what counts is how many different chains and vantages there are, more than how many',
    'validators. A fleet in which no two validators share a chain gains nothing from asking once.',
    '',
    `*${of.caption}*`,
  ].join('\n');
