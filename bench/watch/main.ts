import { build } from 'esbuild';
import { execFileSync, fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answered } from '../answered.ts';
import { systemClock } from '../../runtime/clock.ts';
import { rangeOf, type Range } from '../figures.ts';
import { writePart, writePlot } from '../page.ts';
import { partOf, plot, slopes, tableOf } from './report.ts';
import type { Counted, Ready, Wanted } from './servers.ts';
import type { Told } from './watcher.ts';

/**
 * How long one round of the watch takes, and in how much memory: 1, 100, 1,000 and 10,000 validators, on one core, beside the same round in
 * which every validator asks for itself, twenty at a time. `npm run bench:watch` prints the figures, and at last one line of JSON.
 */

const root = join(import.meta.dirname, '..', '..');
const bundle = join(root, '.cache', 'bench', 'watcher.mjs');
/** As Lambda starts Node in 256 MB. */
const heapMb = 200;

export interface Size {
  readonly validators: number;
  /** Watchers that share them. */
  readonly shards: number;
  readonly rounds: number;
  readonly lockStep: boolean;
  /** Validators of one chain. */
  readonly perChain: number;
}

export interface Row {
  readonly validators: number;
  readonly shards: number;
  /** Of the slowest watcher of each round. */
  readonly roundMs: Range;
  readonly peakRssMb: number;
  /** Until the slowest watcher knows which are its own. */
  readonly sharedMs: number;
  /** Of the watcher that looks at most. */
  readonly looked: number;
  /** Of one round of all watchers, on average. */
  readonly requests: number;
  readonly connections: number;
  readonly lockStepMs: number | null;
  readonly lockStepRequests: number | null;
  /** Verdicts of the last round. */
  readonly states: Readonly<Record<string, number>>;
}

const pinned = spawnSync('taskset', ['-V']).status === 0 && availableParallelism() > 1;

export const bundleWatcher = async (): Promise<void> => {
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const entryPoints = [join(root, 'bench', 'watch', 'watcher.ts')];
  await build({ entryPoints, outfile: bundle, bundle: true, platform: 'node', target: 'node24', format: 'esm', minify: true, banner });
};

const pin = (child: ChildProcess, core: number): void => {
  if (pinned) execFileSync('taskset', ['-a', '-p', '-c', String(core), String(child.pid)], { stdio: 'ignore' });
};

interface Measured extends Told {
  readonly counts: readonly Counted[];
}

interface Job {
  readonly mode: 'watch' | 'lock-step';
  readonly rounds: number;
  /** `index/count`. */
  readonly shard: string;
}

const watchWith = async ({ mode, rounds, shard }: Job, servers: ChildProcess, { dynamo }: Ready): Promise<Measured> => {
  const env = {
    ...{ PATH: process.env['PATH'], AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKLOCALROOT', AWS_SECRET_ACCESS_KEY: 'local' },
    ...{ AWS_ENDPOINT_URL_DYNAMODB: dynamo, BATON_TABLE: 'baton', BATON_HOME_REGION: 'us-east-1' },
    ...{ BENCH_MODE: mode, BENCH_ROUNDS: String(rounds), BENCH_SHARD: shard, POWERTOOLS_SERVICE_NAME: 'bench' },
  };
  const child = fork(bundle, { env, execArgv: [`--max-old-space-size=${heapMb}`], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  pin(child, 0);
  const counts: Counted[] = [];
  for (;;) {
    const message = await answered<Told | 'round'>(child, 'a process of the bench');
    if (message !== 'round') return { ...message, counts };
    servers.send('count');
    counts.push(await answered<Counted>(servers, 'a process of the bench'));
  }
};

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);
const summed = (all: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const [state, count] of all.flatMap((one) => Object.entries(one))) found[state] = (found[state] ?? 0) + count;
  return found;
};

/** One size, both ways on the same servers, one after the other. What is told is of the rounds after the first, which opens what stays open. */
export const measure = async ({ validators, shards, rounds, lockStep, perChain }: Size): Promise<Row> => {
  const servers = fork(join(import.meta.dirname, 'servers.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    pin(servers, 1);
    const wanted: Wanted = { validators, perChain, failingEach: 100 };
    servers.send(wanted);
    const ready = await answered<Ready>(servers, 'a process of the bench');
    // One watcher after the other: each has a core of its own where they are deployed.
    const own: Measured[] = [];
    for (let index = 0; index < shards; index += 1) own.push(await watchWith({ mode: 'watch', rounds, shard: `${index}/${shards}` }, servers, ready));
    const plain = lockStep ? await watchWith({ mode: 'lock-step', rounds: Math.min(rounds, 3), shard: '0/1' }, servers, ready) : null;
    const rate = ({ counts }: Measured, of: (one: Counted) => number): number => mean(counts.slice(1).map(of));
    const slowest = Array.from({ length: rounds - 1 }, (_, at) => Math.max(...own.map(({ roundsMs }) => roundsMs[at + 1] ?? 0)));
    return {
      ...{ validators, shards, roundMs: rangeOf(slowest) ?? { min: 0, median: 0, max: 0 }, peakRssMb: Math.max(...own.map((one) => one.peakRssMb)) },
      ...{ sharedMs: Math.max(...own.map((one) => one.sharedMs)), looked: Math.max(...own.map((one) => one.looked)) },
      requests: sum(own.map((one) => rate(one, ({ requests }) => requests))),
      connections: sum(own.map((one) => rate(one, ({ connections }) => connections))),
      lockStepMs: plain && (rangeOf(plain.roundsMs.slice(1))?.median ?? null),
      lockStepRequests: plain && rate(plain, ({ requests }) => requests),
      states: summed(own.map((one) => one.states)),
    };
  } finally {
    servers.disconnect();
    await once(servers, 'exit');
  }
};

const limits = { validators: 1_000, roundMs: 5_000, peakRssMb: 256 };

if (import.meta.main) {
  const options = { quick: { type: 'boolean' }, write: { type: 'boolean' }, 'per-chain': { type: 'string', default: '100' } } as const;
  const { values } = parseArgs({ options });
  const [quick, perChain] = [values.quick === true, Number(values['per-chain'])];
  await bundleWatcher();
  const rounds = quick ? 3 : 6;
  const shared = perChain > 1;
  const sizes: Size[] = [1, 100, 1_000].map((validators) => ({ validators, shards: 1, rounds, lockStep: shared, perChain }));
  // As many chains as validators are as many servers: no more of them fit beside the watcher.
  if (!quick && shared) sizes.push({ validators: 10_000, shards: 10, rounds: 3, lockStep: false, perChain });
  const rows: Row[] = [];
  for (const size of sizes) {
    const row = await measure(size);
    rows.push(row);
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
  process.stdout.write(`${tableOf(rows)}\n`);
  const command = ['npm run bench:watch', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' }).format(systemClock.epochMs());
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'CPU'}, ${pinned ? 'one core each' : 'not pinned'}`;
  const caption = `${day}, ${command}, Node ${process.versions.node}, ${machine}`;
  if (values.write === true) {
    writePart('watch', partOf(rows, { caption, heapMb, perChain }));
    writePlot('watch', plot(rows, caption));
  }
  const thousand = rows.find(({ validators }) => validators === limits.validators);
  const held = thousand !== undefined && thousand.roundMs.median <= limits.roundMs && thousand.peakRssMb <= limits.peakRssMb;
  process.stdout.write(`${JSON.stringify({ bench: 'watch', held, limits, growth: slopes(rows), rows })}\n`);
  if (!held) process.exitCode = 1;
}
