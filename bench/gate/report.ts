import type { Range } from '../figures.ts';
import { plotOf } from '../plot.ts';
import type { Row } from './main.ts';
import { atOnce } from './rate.ts';
import type { Together } from './together.ts';

/** The figures of bench/gate as text for docs/performance.md and as a plot. */

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const short = (value: number): string => (value >= 10 ? whole(value) : value.toFixed(value >= 1 ? 1 : 2));
const told = ({ min, median, max }: Range): string => [min, median, max].map(short).join(' / ');
const names = { cometbft: 'CometBFT', ethereum: 'Ethereum' } as const;
const refusedOf = ({ refused }: Row): number => Object.values(refused).reduce((sum, one) => sum + one, 0);

export const tableOf = (rows: readonly Row[]): string =>
  [
    '| chain | keys | custody | signatures a second (min / median / max) | of release | p50, ms | p99, ms | writes per signature | not signed |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const times = [row.p50Ms, row.p99Ms].map(({ median }) => short(median));
      const cells = [names[row.chain], whole(row.keys), row.way, told(row.perSecond), `${row.ofRelease.toFixed(2)} ×`, ...times];
      return `| ${[...cells, row.writesPerSignature.toFixed(2), String(refusedOf(row))].join(' | ')} |`;
    }),
  ].join('\n');

export const togetherTable = (rows: readonly Together[]): string =>
  [
    '| signers of one key | look first | duties | signed by all | writes per duty | reads per duty | p50, ms | p99, ms |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const cells = [row.writesPerDuty.toFixed(2), row.readsPerDuty.toFixed(2), short(row.p50Ms), short(row.p99Ms)];
      return `| ${[row.signers, row.looks ? 'yes' : 'no', row.duties, row.signedByAll, ...cells].join(' | ')} |`;
    }),
  ].join('\n');

export const plot = (rows: readonly Row[], caption: string): string =>
  plotOf({
    title: 'Signatures a second, gate beside release',
    unit: '/ s',
    caption,
    bars: rows.map((row) => ({
      label: `${names[row.chain]}, ${whole(row.keys)} key${row.keys === 1 ? '' : 's'}, ${row.way}`,
      ours: row.way !== 'release',
      range: row.perSecond,
      note: row.way === 'release' ? '' : `${row.ofRelease.toFixed(2)} ×`,
    })),
  });

interface Part {
  readonly rows: readonly Row[];
  readonly together: readonly Together[];
  readonly caption: string;
  readonly latencyMs: number;
  readonly seconds: number;
  readonly rounds: number;
}

export const partOf = ({ rows, together, caption, latencyMs, seconds, rounds }: Part): string =>
  [
    '## Signing in custody gate',
    'The signers of the guard with their records on the disk, all in one process, in which they wait for the disk one after the other. For CometBFT each',
    'key is a validator of its own, for Ethereum all are keys of one validator. Each key signs one duty after the other, as fast as it is answered (CometBFT',
    `prevotes and precommits, Ethereum votes), never more than ${atOnce} keys at once. Custody \`release\` and \`gate\` in turns,`,
    `${rounds} × ${seconds} s each after a shorter round to warm up; the times are medians over the rounds. "Local table" is the real adapter against`,
    'the table of this machine, in another process.',
    `"Assumed latency" is the arbiter's rules in memory, each answer after ${latencyMs} ms, assumed as in`,
    '[bench/failover/profile.json](../bench/failover/profile.json), which names the source: DynamoDB itself was not measured. A claim that is not answered in',
    'time is made once more, which is a second write, and after that its duty is not signed.',
    '',
    tableOf(rows),
    '',
    '![Signatures a second, gate beside release](img/gate.svg)',
    '',
    'Several signers of one key, each asked for the same CometBFT duty at the same moment, ten duties a second, against the local table. Who looks',
    'first leaves the one that was first the last time a moment, and reads whether it has claimed: a read costs a fifth of a write.',
    '',
    togetherTable(together),
    '',
    `*${caption}*`,
  ].join('\n');
