import './quiet.ts';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { fuzz, type Failure, type Report } from './engine.ts';
import { targets } from './targets/index.ts';

/** `npm run fuzz -- [--inputs N] [--target NAME] [--seed N] [--only K] [--json]`. The last line is one JSON object with the figures. */

const whole = (text: string | undefined, fallback: number | undefined): number | undefined => {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${text} is not a whole number`);
  return Number(text);
};

const { values } = parseArgs({
  options: {
    inputs: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const inputs = whole(values.inputs, 100_000) ?? 0;
const seed = whole(values.seed, 1) ?? 0;
const only = whole(values.only, undefined);
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new Error(`there is no target ${values.target}: expected one of ${targets.map(({ name }) => name).join(', ')}`);

const say = (line: string): void => {
  if (!values.json) console.log(line);
};
const cells = new Int32Array(new SharedArrayBuffer(12));
const watchdog = new Worker(new URL('./watchdog.ts', import.meta.url), { workerData: { cells, names: chosen.map(({ name }) => name), seed } });
const cpuSeconds = (): number => Math.round(process.cpuUsage().user / 100_000) / 10;
const secondsSince = (startMs: number): number => Math.round((performance.now() - startMs) / 100) / 10;

const startMs = performance.now();
const reports: Report[] = [];
const failures: Failure[] = [];
for (const [index, target] of chosen.entries()) {
  const fromMs = performance.now();
  Atomics.store(cells, 1, index);
  const report = await fuzz(target, {
    inputs,
    seed,
    ...(only === undefined ? {} : { only }),
    onInput: (input) => {
      Atomics.add(cells, 0, 1);
      Atomics.store(cells, 2, input);
    },
  });
  reports.push(report);
  failures.push(...report.failures);
  const { accepted, refused } = report;
  say(
    `${target.name.padEnd(20)} ${report.inputs} inputs: ${accepted} accepted, ${refused} refused, ${report.failures.length} failed, ${secondsSince(fromMs)} s`,
  );
  const firsts = new Map(report.failures.map((one) => [one.detail.slice(0, 30), one] as const).reverse());
  for (const { kind, input, detail, shown } of firsts.values())
    say(
      [
        `  ${kind.toUpperCase()} ${detail.split('\n').slice(0, 6).join('\n').slice(0, 900)}`,
        `    input: ${shown}`,
        `    npm run fuzz -- --target ${target.name} --seed ${seed} --only ${input}`,
      ].join('\n'),
    );
}
await watchdog.terminate();
say(`${cpuSeconds()} s of one core.`);

const total = (of: (report: Report) => number): number => reports.reduce((sum, report) => sum + of(report), 0);
const count = (kind: Failure['kind']): number => failures.filter((one) => one.kind === kind).length;
console.log(
  JSON.stringify({
    targets: chosen.length,
    inputs: total((report) => report.inputs),
    accepted: total((report) => report.accepted),
    refused: total((report) => report.refused),
    crashes: count('crash'),
    hangs: count('hang'),
    wrong: count('wrong'),
    seconds: secondsSince(startMs),
    ...(values.json ? { failures } : {}),
  }),
);
process.exitCode = failures.length === 0 ? 0 : 1;
