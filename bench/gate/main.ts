import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { durationMs, type DurationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';
import { dynamoMs } from '../failover/profile.ts';
import { rangeOf, type Range } from '../figures.ts';
import { writePart, writePlot } from '../page.ts';
import { assumedArbiter, tableArbiter, type BenchArbiter } from './arbiters.ts';
import { measureRate, type Round } from './rate.ts';
import { partOf, plot, tableOf, togetherTable } from './report.ts';
import { chains, openingsOf, signersOf, type ChainName, type Signers } from './signers.ts';
import { measureTogether, type Together } from './together.ts';

/**
 * Signatures per second in custody `gate`, beside custody `release` in the same run, and how long each takes: the signers of the guard with their
 * records on the disk, for 1, 100 and 1,000 keys. Once against the local table, once with the arbiter in memory and each of its answers after
 * `--latency-ms` (of bench/failover/profile.json when it is not given). `npm run bench:gate` prints the figures, and at last one line of JSON.
 * `--quick` is without 1,000 keys, a second for each.
 */

const clock = systemClock;
const root = join(import.meta.dirname, '..', '..');

export const ways = ['release', 'gate, local table', 'gate, assumed latency'] as const;
export type Way = (typeof ways)[number];

export interface Row {
  readonly chain: ChainName;
  readonly keys: number;
  readonly way: Way;
  readonly perSecond: Range;
  readonly p50Ms: Range;
  readonly p99Ms: Range;
  readonly signatures: number;
  readonly writesPerSignature: number;
  /** Of the medians of signatures per second; of release itself 1. */
  readonly ofRelease: number;
  readonly refused: Readonly<Record<string, number>>;
}

interface Cell {
  readonly chain: ChainName;
  readonly keys: number;
  readonly folder: string;
  readonly rounds: number;
  readonly lengthMs: DurationMs;
  readonly latencyMs: DurationMs;
}

interface Contender {
  readonly way: Way;
  readonly signers: Signers;
  readonly arbiter: BenchArbiter | null;
  readonly idle: number[];
  readonly rounds: Round[];
  writes: number;
}

const contenderOf = async (way: Way, { chain, keys, folder, latencyMs }: Cell): Promise<Contender> => {
  const arbiters = { release: () => null, 'gate, local table': tableArbiter, 'gate, assumed latency': () => assumedArbiter(clock, latencyMs) };
  const arbiter = await arbiters[way]();
  for (const opening of arbiter === null ? [] : await openingsOf[chain](keys)) await arbiter?.open(opening);
  const own = join(folder, `${chain}-${keys}-${ways.indexOf(way)}`);
  const signers = await signersOf[chain]({ keys, folder: own, claim: arbiter?.claim ?? null });
  return { way, signers, arbiter, idle: Array.from({ length: keys }, (_, key) => key), rounds: [], writes: 0 };
};

const rowOf = ({ chain, keys }: Cell, { way, rounds, writes }: Contender, releasePerSecond: number): Row => {
  const range = (of: (round: Round) => number): Range => rangeOf(rounds.map(of)) ?? { min: 0, median: 0, max: 0 };
  const signatures = rounds.reduce((sum, one) => sum + one.signatures, 0);
  const perSecond = range((one) => one.perSecond);
  const refused: Record<string, number> = {};
  for (const [why, count] of rounds.flatMap((one) => Object.entries(one.refused))) refused[why] = (refused[why] ?? 0) + count;
  return {
    ...{ chain, keys, way, perSecond, p50Ms: range((one) => one.p50Ms), p99Ms: range((one) => one.p99Ms), signatures, refused },
    ...{ writesPerSignature: writes / Math.max(1, signatures), ofRelease: perSecond.median / releasePerSecond },
  };
};

/** The three ways in turns. What comes first, a quarter as long, is not counted. */
const measure = async (cell: Cell): Promise<Row[]> => {
  const contenders: Contender[] = [];
  try {
    for (const way of ways) contenders.push(await contenderOf(way, cell));
    for (let round = 0; round <= cell.rounds; round += 1) {
      for (const contender of contenders) {
        const { signers, arbiter, idle, rounds } = contender;
        await arbiter?.counted();
        const lengthMs = round === 0 ? durationMs(cell.lengthMs / 4) : cell.lengthMs;
        const measured = await measureRate({ idle, lengthMs, sign: (key) => signers.sign(key), clock });
        if (round === 0) continue;
        rounds.push(measured);
        contender.writes += (await arbiter?.counted())?.writes ?? 0;
      }
    }
    const release = rangeOf(contenders[0]?.rounds.map(({ perSecond }) => perSecond) ?? [])?.median ?? 0;
    return contenders.map((contender) => rowOf(cell, contender, release));
  } finally {
    for (const { signers, arbiter } of contenders) {
      signers.close();
      await arbiter?.close();
    }
  }
};

const captionOf = (): string => {
  const command = ['npm run bench:gate', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' }).format(clock.epochMs());
  return `${day}, ${command}, Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'CPU'}`;
};

if (import.meta.main) {
  const flag = { type: 'boolean', default: false } as const;
  const number = { type: 'string' } as const;
  const { values } = parseArgs({ options: { quick: flag, write: flag, seconds: number, rounds: number, 'latency-ms': number } });
  const lengthMs = durationMs(Number(values.seconds ?? (values.quick ? 1 : 5)) * 1_000);
  const rounds = Number(values.rounds ?? 3);
  const latencyMs = values['latency-ms'] === undefined ? dynamoMs : durationMs(Number(values['latency-ms']));
  const cache = join(root, '.cache', 'bench');
  mkdirSync(cache, { recursive: true });
  // Beside the repository's own files: the folder for temporary ones may lie in memory.
  const folder = mkdtempSync(join(cache, 'gate-'));
  const rows: Row[] = [];
  const together: Together[] = [];
  try {
    for (const chain of chains)
      for (const keys of values.quick ? [1, 100] : [1, 100, 1_000])
        rows.push(...(await measure({ chain, keys, folder, rounds, lengthMs, latencyMs })));
    for (const looks of [false, true]) together.push(await measureTogether({ looks, folder, lengthMs: durationMs(lengthMs * rounds), clock }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${tableOf(rows)}\n\n${togetherTable(together)}\n`);
  const caption = captionOf();
  if (values.write) {
    writePart('gate', partOf({ rows, together, caption, latencyMs, seconds: lengthMs / 1_000, rounds }));
    writePlot('gate', plot(rows, caption));
  }
  process.stdout.write(`${JSON.stringify({ bench: 'gate', latencyMs, rows, together })}\n`);
  // A table that is late on a busy machine is a figure; a duty that was refused for another reason is a fault of the bench or of the signer.
  const isFault = (row: Row): boolean => row.signatures === 0 || Object.keys(row.refused).some((why) => why !== 'the arbiter does not answer');
  if (rows.some(isFault) || together.some(({ signedByAll, looks, readsPerDuty }) => signedByAll === 0 || looks !== readsPerDuty > 0))
    process.exitCode = 1;
}
