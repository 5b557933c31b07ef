import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../runtime/clock.ts';
import { missingFor } from '../../test/rig/rootfs.ts';
import { newCopy, removeCopies } from '../../test/planted/copy.ts';
import { plant } from '../../test/planted/bug.ts';
import { codeRemoved } from '../../test/rig/control.ts';
import { writePart, writePlot } from '../page.ts';
import { endRuns, runOne } from './one.ts';
import { profileNames, profileSentence } from './profile.ts';
import { breakdownOf, lineOf, partsOf, summaryOf, svgOf, tableOf, type Cell, type Made } from './report.ts';
import type { Outcome } from './result.ts';
import { scenarioNames, scenarios, type Scenario } from './scenarios.ts';
import { buildBaton, buildSigner, builtFolder, install, systemOf, versionsOf } from './systems.ts';
import type { Tool } from './tool.ts';
import { tools } from './tools.ts';

/** `npm run bench:failover`: every tool through every scenario, several times, on machines of its own each time. */

const root = join(import.meta.dirname, '..', '..');
const usage = `Usage: npm run bench:failover -- [-n RUNS] [--only TOOL,TOOL] [--scenarios NAME,NAME] [--profile aws|zero] [--fence MS] [--quick] [--write]

  -n RUNS          runs of each tool through each scenario (5)
  --only TOOLS     ${tools.map(({ name }) => name).join(' ')}
  --scenarios S    ${scenarioNames.join(' ')}
  --profile P      latencies of AWS that are added for Baton: aws, or zero (aws)
  --fence MS       how long the power switch takes, for every tool (500)
  --jobs N         runs side by side of what is mostly waiting, 1 to 6 (3)
  --quick          one run of crash and freeze by baton, pacemaker and etcd, with a short pause
  --write          the result into docs/performance.md and docs/img/failover.svg
`;
const { values } = parseArgs({
  options: {
    n: { type: 'string', short: 'n' },
    only: { type: 'string' },
    scenarios: { type: 'string' },
    profile: { type: 'string', default: 'aws' },
    fence: { type: 'string', default: '500' },
    jobs: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const quickTools = ['baton', 'baton-lapse', 'pacemaker', 'etcd'];
const quickScenarios = ['crash', 'freeze'];
/** Of variants that are there for their downtime, and of the control. */
const fewScenarios = ['crash', 'cut-both'];
const controlScenarios = ['freeze'];
const slow: ReadonlySet<string> = new Set(scenarios.filter((one) => one.slow).map(({ name }) => name));
const timings = { full: { pauseMs: 60_000, limitMs: 130_000 }, quick: { pauseMs: 12_000, limitMs: 60_000 } } as const;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const chosenOf = (given: string | undefined, known: readonly string[], option: string): readonly string[] | null => {
  const wanted = given?.split(',').map((name) => name.trim()) ?? null;
  const unknown = wanted?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`${option} names nothing known: ${unknown.join(', ')}. Known: ${known.join(' ')}`);
  return wanted;
};

const numberOf = (text: string, option: string, [least, most]: readonly [number, number]): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new Error(`${option} is ${text}: expected a number from ${least} to ${most}`);
  return value;
};

interface Asked {
  readonly runs: number;
  readonly fenceMs: number;
  readonly jobs: number;
  readonly profile: (typeof profileNames)[number];
  readonly pairs: readonly (readonly [Tool, Scenario])[];
  readonly window: { readonly pauseMs: number; readonly limitMs: number };
}

const belongs = (tool: Tool, scenario: Scenario, asked: boolean): boolean => {
  if (tool.control) return controlScenarios.includes(scenario.name);
  return asked || tool.all || fewScenarios.includes(scenario.name);
};

const askedOf = (): Asked => {
  const names = tools.map(({ name }) => name);
  const only = chosenOf(values.only, names, '--only') ?? (values.quick ? quickTools : null);
  const wanted = chosenOf(values.scenarios, scenarioNames, '--scenarios') ?? (values.quick ? quickScenarios : null);
  const profile = profileNames.find((name) => name === values.profile);
  if (profile === undefined) throw new Error(`--profile is ${values.profile}: expected aws or zero`);
  const chosen = tools.filter(({ name }) => only === null || only.includes(name));
  const pairs = scenarios
    .filter(({ name }) => wanted === null || wanted.includes(name))
    .flatMap((scenario) => chosen.filter((tool) => belongs(tool, scenario, only !== null && !values.quick)).map((tool) => [tool, scenario] as const));
  return {
    runs: numberOf(values.n ?? (values.quick ? '1' : '5'), '-n', [1, 100]),
    fenceMs: numberOf(values.fence, '--fence', [0, 60_000]),
    jobs: numberOf(values.jobs, '--jobs', [1, 6]),
    profile,
    pairs,
    window: values.quick ? timings.quick : timings.full,
  };
};

type Filled = Omit<Cell, 'outcomes' | 'failed'> & { outcomes: Outcome[]; failed: string[] };

/** The copy of the tree whose gate does not close. */
const withoutGate = (): string => {
  const copy = newCopy();
  plant({ name: 'gate', area: 'guard', story: '', edits: codeRemoved.gate ?? [], catchers: [] }, copy);
  buildBaton(copy);
  return copy;
};

const runAll = async (asked: Asked, system: string): Promise<Cell[]> => {
  const cells = asked.pairs.map(([tool, scenario]): Filled => ({ tool, scenario: scenario.name, outcomes: [], failed: [] }));
  const copy = asked.pairs.some(([tool]) => tool.control) ? withoutGate() : root;
  const run = async (cell: Filled): Promise<void> => {
    const tree = cell.tool.control ? copy : root;
    const of = { tool: cell.tool.name, scenario: cell.scenario, rootfs: system, built: builtFolder, profile: asked.profile, tree };
    const once = (): Promise<Outcome> => runOne({ ...of, fenceMs: asked.fenceMs, ...asked.window });
    try {
      // A busy machine may miss a time limit before there is anything to judge. What was judged is never tried again.
      const outcome = await once().catch(once);
      cell.outcomes.push(outcome);
      say(lineOf(cell, outcome));
    } catch (error) {
      cell.failed.push((error as Error).message);
      say(`${cell.tool.name.padEnd(18)} ${cell.scenario.padEnd(9)} failed: ${(error as Error).message.split('\n')[0] ?? ''}`);
    }
  };
  // One after the other, each tool in turn: what disturbs the machine for a while disturbs all of them.
  const turns = Array.from({ length: asked.runs }, () => cells).flat();
  const queues = [turns.filter(({ scenario }) => !slow.has(scenario)), turns.filter(({ scenario }) => slow.has(scenario))] as const;
  const work = async (queue: Filled[]): Promise<void> => {
    for (let cell = queue.shift(); cell; cell = queue.shift()) await run(cell);
  };
  await work(queues[0]);
  await Promise.all(Array.from({ length: asked.jobs }, () => work(queues[1])));
  return cells;
};

const madeOf = (asked: Asked, versions: Made['versions'], skipped: Made['skipped']): Made => ({
  machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
  date: new Date(systemClock.epochMs()).toISOString().slice(0, 10),
  command: ['npm run bench:failover', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
  versions: { node: process.versions.node, ...versions },
  settings: [
    `The power switch takes ${asked.fenceMs} ms from the order until the machine is dead and the switch says so. ${profileSentence(asked.profile)}.`,
    `A pause or a cut lasts ${asked.window.pauseMs / 1_000} s; the signer is the same program for all, and Baton's asks the guard before each line.`,
    ...tools.filter((tool) => asked.pairs.some(([one]) => one === tool)).map(({ label, settings }) => `${label}: ${settings}.`),
  ],
  skipped,
});

const main = async (): Promise<number> => {
  if (values.help) {
    say(usage);
    return 0;
  }
  const whole = askedOf();
  const missing = missingFor();
  if (missing !== null) throw new Error(`the bench cannot run here: ${missing}`);
  say('Preparing the system of the machines; the first time takes minutes ...');
  const system = systemOf();
  await buildSigner();
  buildBaton(root);
  const installed = await install(say, new Set(whole.pairs.map(([tool]) => tool.name)));
  const skipped: Record<string, string> = {};
  for (const tool of new Set(whole.pairs.map(([one]) => one))) {
    const why = tool.missing?.(builtFolder) ?? null;
    if (why !== null) skipped[tool.name] = why;
  }
  const asked = { ...whole, pairs: whole.pairs.filter(([tool]) => skipped[tool.name] === undefined) };
  const made = madeOf(asked, { ...versionsOf(system), ...installed }, skipped);
  for (const line of made.settings) say(line);
  for (const [name, why] of Object.entries(skipped)) say(`${name} is skipped: ${why}`);
  const cells = await runAll(asked, system);
  say(`\n${tableOf(cells)}\n`);
  for (const cell of cells.filter(({ tool, scenario }) => tool.name.startsWith('baton') && scenario === 'crash'))
    say(`${cell.tool.name}: ${JSON.stringify(breakdownOf(cell))}`);
  const summary = summaryOf(cells);
  if (values.write) {
    for (const [name, part] of Object.entries(partsOf(cells, made, (scenario) => slow.has(scenario)))) writePart(name, part);
    if (cells.some(({ scenario }) => scenario === 'crash')) writePlot('failover', svgOf(cells, made));
  }
  say(JSON.stringify({ ...summary, profile: asked.profile, skipped }));
  return summary.lateLines > 0 || summary.overlapMs > 0 || summary.controlFired === false || summary.failed.length > 0 ? 1 : 0;
};

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => {
    void endRuns().then(() => {
      removeCopies();
      process.exit(code);
    });
  });
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
} finally {
  removeCopies();
}
