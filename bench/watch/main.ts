import { build } from 'esbuild';
import { execFileSync, fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Counted, Ready, Wanted } from './servers.ts';
import type { Told } from './watcher.ts';

/**
 * How long one round of the watch takes, and in how much memory: 1, 100, 1,000 and 10,000 validators, on one core, beside the same round in
 * which every validator asks for itself, twenty at a time. `npm run bench:watch` prints the figures, and at last one line of JSON.
 */

const root = join(import.meta.dirname, '..', '..');
const bundle = join(root, '.cache', 'bench', 'watcher.mjs');
/** As Lambda starts Node in 256 MB. */
const memoryMb = 256;
const heapMb = 200;

export interface Size {
  readonly validators: number;
  readonly perChain: number;
  readonly rounds: number;
}

export interface Row extends Size {
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
  readonly peakRssMb: number;
  /** Of one round after the first, on average. */
  readonly requests: number;
  readonly connections: number;
  /** Requests of the round in lock-step for each one of these. */
  readonly coalesced: number;
  readonly lockStepMs: number;
  readonly ratio: number;
  readonly states: Readonly<Record<string, number>>;
}

const pinned = spawnSync('taskset', ['-V']).status === 0 && availableParallelism() > 1;

const bundleWatcher = async (): Promise<void> => {
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  const entryPoints = [join(root, 'bench', 'watch', 'watcher.ts')];
  await build({ entryPoints, outfile: bundle, bundle: true, platform: 'node', target: 'node24', format: 'esm', minify: true, banner });
};

const answered = async <T>(child: ChildProcess): Promise<T> => {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('a process of the bench ended before it answered');
    }),
  ])) as [T];
  return message;
};

const pin = (child: ChildProcess, core: number): void => {
  if (pinned) execFileSync('taskset', ['-a', '-p', '-c', String(core), String(child.pid)], { stdio: 'ignore' });
};

interface Measured extends Told {
  readonly counts: readonly Counted[];
}

const watchWith = async (mode: 'watch' | 'lock-step', rounds: number, servers: ChildProcess, { dynamo }: Ready): Promise<Measured> => {
  const env = {
    ...{ PATH: process.env['PATH'], AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKLOCALROOT', AWS_SECRET_ACCESS_KEY: 'local' },
    ...{ AWS_ENDPOINT_URL_DYNAMODB: dynamo, BATON_TABLE: 'baton', BATON_HOME_REGION: 'us-east-1' },
    ...{ BENCH_MODE: mode, BENCH_ROUNDS: String(rounds), POWERTOOLS_SERVICE_NAME: 'bench' },
  };
  const child = fork(bundle, { env, execArgv: [`--max-old-space-size=${heapMb}`], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  pin(child, 0);
  const counts: Counted[] = [];
  for (;;) {
    const message = await answered<Told | 'round'>(child);
    if (message !== 'round') return { ...message, counts };
    servers.send('count');
    counts.push(await answered<Counted>(servers));
  }
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);

/** One size, both ways on the same servers, one after the other. What is told is of the rounds after the first, which opens what stays open. */
export const measure = async ({ validators, perChain, rounds }: Size): Promise<Row> => {
  const servers = fork(join(import.meta.dirname, 'servers.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    pin(servers, 1);
    const wanted: Wanted = { validators, perChain, failingEach: 100 };
    servers.send(wanted);
    const ready = await answered<Ready>(servers);
    const own = await watchWith('watch', rounds, servers, ready);
    const plain = await watchWith('lock-step', Math.min(rounds, 3), servers, ready);
    const warm = own.roundsMs.slice(1);
    const ratesOf = ({ counts }: Measured, of: (one: Counted) => number): number => mean(counts.slice(1).map(of));
    const requests = ratesOf(own, (one) => one.requests);
    const lockStepMs = median(plain.roundsMs.slice(1));
    return {
      ...{ validators, perChain, rounds },
      ...{ minMs: Math.min(...warm), medianMs: median(warm), maxMs: Math.max(...warm), peakRssMb: own.peakRssMb },
      ...{ requests, connections: ratesOf(own, (one) => one.connections), coalesced: ratesOf(plain, (one) => one.requests) / requests },
      ...{ lockStepMs, ratio: lockStepMs / median(warm), states: own.states },
    };
  } finally {
    servers.disconnect();
    await once(servers, 'exit');
  }
};

if (import.meta.main) {
  const quick = process.argv.includes('--quick');
  await bundleWatcher();
  const rounds = quick ? 3 : 6;
  const sizes: Size[] = [1, 100, 1_000, ...(quick ? [] : [10_000])].map((validators) => ({ validators, perChain: 100, rounds }));
  const rows: Row[] = [];
  for (const size of sizes) {
    const row = await measure(size);
    rows.push(row);
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  process.stdout.write(`${JSON.stringify({ bench: 'watch', version, node: process.version, cpu: cpus()[0]?.model, pinned, memoryMb, rows })}\n`);
}
