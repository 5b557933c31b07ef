import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '../../runtime/clock.ts';
import { readPlanned } from './faults.ts';
import { runGate } from './gate-run.ts';
import { emptyTally, runBatch, type Batch, type Failure, type Share, type Tally } from './jobs.ts';
import { live, type Outcome } from './life.ts';
import { scenarioNamed } from './scenarios.ts';
import { swarmOptions } from './swarm.ts';

/**
 * npm run sim -- [--seed N [--scenario S] [--fault F]…] [--seeds N] [--from N] [--singles] [--pairs] [--ci] [--workers N] [--verbose]
 * npm run sim -- --gate [--seed N [--fault F]…] [--seeds N] [--from N] [--plant NAME]: active-active.
 * Exit 1 when something was violated; the last line is one JSON object.
 */

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    fault: { type: 'string', multiple: true, default: [] },
    singles: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    ci: { type: 'boolean', default: false },
    workers: { type: 'string', default: '1' },
    gate: { type: 'boolean', default: false },
    plant: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const ciSeeds = 2_000;
const usualSeeds = 500;
const shownLines = 80;
const nowMs = (): number => systemClock.steadyMs();

const show = (lines: readonly string[]): void => {
  for (const [index, line] of lines.entries()) console.log(`${String(index + 1).padStart(4)}. ${line}`);
};

const showFailure = ({ replay, violations, lines }: Failure): void => {
  show(lines.slice(-shownLines));
  for (const violation of violations) console.log(`Violated: ${violation}.`);
  const seed = /--seed (\d+)/.exec(replay)?.[1] ?? '';
  console.log(`SEED=${seed} npm run sim -- ${replay}`);
};

const runOne = async (seed: number): Promise<Outcome> => {
  if (values.scenario === undefined) return live(swarmOptions(seed));
  return live({ seed, scenario: scenarioNamed(values.scenario), planned: values.fault.map(readPlanned) });
};

const replay = async (seed: number): Promise<boolean> => {
  const outcome = await runOne(seed);
  show(values.verbose ? outcome.lines : outcome.lines.slice(-shownLines));
  for (const violation of outcome.violations) console.log(`Violated: ${violation}.`);
  const { hash, events, virtualMs, ends, struck } = outcome;
  console.log(JSON.stringify({ seed, violations: outcome.violations.length, hash, events, virtualMs: Math.round(virtualMs), ends, struck }));
  return outcome.violations.length === 0;
};

const inWorker = (batch: Batch, share: Share): Promise<Tally> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { batch, share } });
    worker.on('message', (told: { failure: Failure } | { tally: Tally }) => {
      if ('tally' in told) resolve(told.tally);
      else showFailure(told.failure);
    });
    worker.once('error', reject);
  });

const sum = (tallies: readonly Tally[]): Tally => {
  const all = emptyTally();
  for (const one of tallies) {
    for (const key of ['seeds', 'singles', 'pairs', 'events', 'virtualMs', 'signatures', 'faults'] as const) all[key] += one[key];
    for (const key of ['sites', 'classes', 'seedsMs'] as const) all[key] = Math.max(all[key], one[key]);
    for (const [end, count] of Object.entries(one.ends)) all.ends[end] = (all.ends[end] ?? 0) + count;
    all.failures.push(...one.failures);
  }
  return all;
};

const batchOf = (): Batch => {
  const only = values.singles || values.pairs;
  const seeds = values.seeds === undefined ? (values.ci ? ciSeeds : only ? 0 : usualSeeds) : Number(values.seeds);
  return { seeds, from: Number(values.from), singles: values.singles || values.ci, pairs: values.pairs || values.ci };
};

const runMany = async (): Promise<boolean> => {
  const workers = Math.max(1, Number(values.workers));
  const batch = batchOf();
  const startMs = nowMs();
  const tallies =
    workers === 1
      ? [await runBatch(batch, { index: 0, of: 1 }, nowMs, showFailure)]
      : await Promise.all(Array.from({ length: workers }, (_, index) => inWorker(batch, { index, of: workers })));
  const { failures, seedsMs, virtualMs, ...all } = sum(tallies);
  const told = {
    ...all,
    violations: failures.length,
    cpuSeconds: Math.round(process.cpuUsage().user / 100_000) / 10,
    seconds: Math.round((nowMs() - startMs) / 100) / 10,
    seedsPerSecond: seedsMs === 0 ? 0 : Math.round((all.seeds / seedsMs) * 10_000) / 10,
    virtualHours: Math.round(virtualMs / 360_000) / 10,
  };
  console.log(JSON.stringify(told));
  return failures.length === 0;
};

const main = async (): Promise<void> => {
  const seed = values.seed ?? (values.seeds === undefined && !values.singles && !values.pairs && !values.ci ? process.env['SEED'] : undefined);
  if (values.gate) {
    const { plant, fault: faults } = values;
    const of = { seeds: Number(values.seeds ?? 100), from: Number(values.from), plant, faults, nowMs };
    process.exitCode = (await runGate({ seed: seed === undefined ? undefined : Number(seed), ...of })) ? 0 : 1;
    return;
  }
  const well = seed === undefined ? await runMany() : await replay(Number(seed));
  process.exitCode = well ? 0 : 1;
};

if (isMainThread) await main();
else {
  const { batch, share } = workerData as { batch: Batch; share: Share };
  const tally = await runBatch(batch, share, nowMs, (failure) => {
    parentPort?.postMessage({ failure });
  });
  parentPort?.postMessage({ tally });
}
