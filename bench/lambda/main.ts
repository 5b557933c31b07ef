import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deploymentOf, type DeployedFunction } from '../../local/deployment.ts';
import { bundleFunctions, templateFile } from '../../local/lambda/bundle.ts';
import { systemClock } from '../../runtime/clock.ts';
import { rangeOf, type Range } from '../figures.ts';
import { writePart, writePlot } from '../page.ts';
import { partOf, plot, tableOf } from './report.ts';
import { startOnce, type Took } from './sandboxes.ts';
import { clientsIn, trivialWith } from './trivial.ts';

/**
 * How long each function takes to begin, cold and warm, and how large its bundle is, beside a function that does nothing with the same SDK
 * clients, in turns: by the clock, and by the processor's time, which others on the machine do not change. `npm run bench:lambda` prints the
 * figures, and at last one line of JSON; `--check` fails above bench/lambda/budget.json.
 */

export interface Row {
  readonly name: string;
  readonly clients: readonly string[];
  readonly bytes: number;
  readonly initMs: Range;
  readonly warmMs: Range;
  readonly trivialBytes: number;
  readonly trivialInitMs: Range;
  readonly trivialWarmMs: Range;
  readonly cpuMs: Range;
  readonly trivialCpuMs: Range;
  /** Of the medians of the processor's time to begin. */
  readonly ratio: number;
  readonly budget: number;
}

interface Budget {
  readonly most: number;
  readonly functions: Readonly<Record<string, number>>;
}

const nothing: Range = { min: 0, median: 0, max: 0 };
const range = (values: readonly number[]): Range => rangeOf(values) ?? nothing;

/** Ones that every contract refuses: what is measured is the frame around the verb, which no service of AWS slows down. */
const events = Array.from({ length: 6 }, () => 'bench');
/** Of each invocation after the first. */
const warmOf = (took: readonly Took[]): Range => range(took.flatMap(({ tookMs }) => tookMs.slice(1)));

/** Every option switched on: then every function is there. */
const parameters = { SlackEnabled: 'true', RelayEnabled: 'true', DrillsEnabled: 'true' };

const environmentOf = ({ variables, name }: DeployedFunction): Record<string, string> => ({
  ...variables,
  ...{ PATH: process.env['PATH'] ?? '', AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKLOCALROOT', AWS_SECRET_ACCESS_KEY: 'local' },
  AWS_LAMBDA_FUNCTION_NAME: name,
});

const measure = async (runs: number, only: string | undefined, budget: Budget): Promise<Row[]> => {
  const functions = deploymentOf(templateFile, parameters).functions;
  const bundles = await bundleFunctions(functions);
  const all = await Promise.all(
    functions
      .map((of, index) => ({ of, bundle: bundles[index] }))
      .flatMap(({ of, bundle }) => (bundle && (only === undefined || of.name.endsWith(only)) ? [{ of, bundle }] : []))
      .map(async ({ of, bundle }) => ({ of, bundle, clients: clientsIn(bundle.file), trivial: await trivialWith(clientsIn(bundle.file)) })),
  );
  const took = new Map<string, { own: Took[]; trivial: Took[] }>(all.map(({ of }) => [of.name, { own: [], trivial: [] }]));
  // The first of each is not counted: the files are not in memory yet.
  for (let run = 0; run <= runs; run += 1) {
    for (const { of, bundle, trivial } of all) {
      const env = environmentOf(of);
      const plain = await startOnce({ file: trivial.file, exported: 'handler', env, events });
      const own = await startOnce({ file: bundle.file, exported: of.handler[1], env, events });
      if (run === 0) continue;
      took.get(of.name)?.own.push(own);
      took.get(of.name)?.trivial.push(plain);
    }
  }
  return all.map(({ of, bundle, clients, trivial }): Row => {
    const { own, trivial: plain } = took.get(of.name) ?? { own: [], trivial: [] };
    const [initMs, trivialInitMs] = [range(own.map((one) => one.initMs)), range(plain.map((one) => one.initMs))];
    const [cpuMs, trivialCpuMs] = [range(own.map((one) => one.cpuMs)), range(plain.map((one) => one.cpuMs))];
    const name = of.name.replace(/^baton-/, '');
    return {
      ...{ name, clients, bytes: bundle.bytes, initMs, warmMs: warmOf(own) },
      ...{ trivialBytes: trivial.bytes, trivialInitMs, trivialWarmMs: warmOf(plain) },
      ...{ cpuMs, trivialCpuMs, ratio: cpuMs.median / trivialCpuMs.median, budget: budget.functions[name] ?? budget.most },
    };
  });
};

const readBudget = (): Budget => JSON.parse(readFileSync(join(import.meta.dirname, 'budget.json'), 'utf8')) as Budget;

if (import.meta.main) {
  const options = { runs: { type: 'string' }, only: { type: 'string' }, check: { type: 'boolean' }, write: { type: 'boolean' } } as const;
  const { values } = parseArgs({ options });
  const rows = await measure(Number(values.runs ?? 10), values.only, readBudget());
  process.stdout.write(`${tableOf(rows)}\n`);
  const command = ['npm run bench:lambda', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' }).format(systemClock.epochMs());
  const caption = `${day}, ${command}, Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'CPU'}`;
  if (values.write === true) {
    writePart('lambda', partOf(rows, caption));
    writePlot('lambda', plot(rows, caption));
  }
  const over = rows.filter(({ ratio, budget }) => ratio > budget).map(({ name, ratio, budget }) => ({ name, ratio, budget }));
  process.stdout.write(`${JSON.stringify({ bench: 'lambda', over, rows })}\n`);
  if (values.check === true && over.length > 0) process.exitCode = 1;
}
