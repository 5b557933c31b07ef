import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cometbftBinary } from '../../local/testnet/binary.ts';
import { plant } from '../planted/bug.ts';
import { newCopy, removeCopies } from '../planted/copy.ts';
import { codeRemoved } from './control.ts';
import { endRuns, runOne } from './one.ts';
import { missingFor, rootfs } from './rootfs.ts';
import type { Removal, RigScenario, Row } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { fired, lineOf, summaryOf, tableOf, type Result } from './table.ts';

/** `npm run rig`: every scenario on real machines, each in namespaces of its own, and each once more without its safety mechanism. */

const root = join(import.meta.dirname, '..', '..');
const mostJobs = 8;
const usage = `Usage: npm run rig -- [--only NAME,NAME] [--quick] [--no-control] [--jobs N] [--list]

  --only NAMES    these scenarios, by their names as --list shows them
  --quick         the few that .ci/run takes
  --no-control    not once more without the safety mechanism
  --jobs N        runs at a time, 1 to ${mostJobs}; each waits more than it works (2)
  --list          the scenarios
`;
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'no-control': { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const refuse = (message: string): number => {
  process.stderr.write(`${message}\n`);
  return 2;
};

/** A copy of the tree for each mechanism that is taken out of the code itself. */
const treesOf = (chosen: readonly RigScenario[]): Map<Removal, string> => {
  const trees = new Map<Removal, string>();
  for (const removal of new Set(chosen.flatMap(({ control }) => control))) {
    const edits = codeRemoved[removal];
    if (!edits) continue;
    const copy = newCopy();
    plant({ name: removal, area: 'guard', story: '', edits, catchers: [] }, copy);
    trees.set(removal, copy);
  }
  return trees;
};

const tried = async (run: () => Promise<Row>): Promise<Row | string> =>
  run().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));

/** A machine under load may miss a time limit once. Two signatures for one duty are never given a second chance. */
const twice = async (run: () => Promise<Row>, good: (row: Row) => boolean): Promise<Row | string> => {
  const first = await tried(run);
  return typeof first !== 'string' && (good(first) || fired(first)) ? first : tried(run);
};

const runAll = async (chosen: readonly RigScenario[], jobs: number, withControl: boolean): Promise<Result[]> => {
  const given = { rootfs: rootfs(), binary: await cometbftBinary(say) };
  const trees = treesOf(withControl ? chosen : []);
  for (const tree of [root, ...trees.values()]) execFileSync(process.execPath, [join(tree, 'test', 'rig', 'build.ts')], { cwd: tree, stdio: 'pipe' });
  const results = new Map<RigScenario, Result>();
  const queue = [...chosen];
  const worker = async (): Promise<void> => {
    for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
      const one = scenario;
      const row = await twice(
        () => runOne(one, { ...given, control: false, tree: root }),
        ({ ok }) => ok,
      );
      const tree = one.control.flatMap((removal) => trees.get(removal) ?? [])[0] ?? root;
      const without = withControl && one.control.length > 0 ? await twice(() => runOne(one, { ...given, control: true, tree }), fired) : null;
      results.set(one, { scenario: one, row, without });
      say(lineOf({ scenario: one, row, without }));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return chosen.flatMap((one) => results.get(one) ?? []);
};

const main = async (): Promise<number> => {
  if (values.help) {
    say(usage);
    return 0;
  }
  if (values.list) {
    for (const { name, about } of scenarios) say(`${name.padEnd(30)} ${about}`);
    return 0;
  }
  const wanted = values.only?.split(',').map((name) => name.trim());
  const unknown = wanted?.filter((name) => !scenarios.some((one) => one.name === name)) ?? [];
  if (unknown.length > 0) return refuse(`--only names no scenario: ${unknown.join(', ')}. Next: npm run rig -- --list`);
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > mostJobs) return refuse(`--jobs is ${values.jobs}: expected a number from 1 to ${mostJobs}`);
  const missing = missingFor();
  if (missing !== null) return refuse(`The rig cannot run here: ${missing}`);
  const chosen = scenarios.filter(({ name, quick }) => (wanted ? wanted.includes(name) : !values.quick || quick));
  const results = await runAll(chosen, jobs, !values['no-control']);
  say(`\n${tableOf(results)}\n`);
  const { ok, json } = summaryOf(results);
  say(JSON.stringify(json));
  return ok ? 0 : 1;
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
const code = await main();
removeCopies();
process.exit(code);
