import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cometbftBinary } from '../../local/testnet/binary.ts';
import { plant } from '../planted/bug.ts';
import { newCopy, removeCopies } from '../planted/copy.ts';
import { codeRemoved } from './control.ts';
import { removeGroup } from './node.ts';
import { missingFor, rootfs } from './rootfs.ts';
import type { Removal, RigScenario, Row } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { lineOf, summaryOf, tableOf, type Result } from './table.ts';

/** `npm run rig`: every scenario on real machines, each in namespaces of its own, and each once more without its safety mechanism. */

const root = join(import.meta.dirname, '..', '..');
const logs = join(root, '.cache', 'rig', 'logs');
const runMs = 420_000;
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'no-control': { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
  },
});
const namespaces = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];

/** @throws Error with what went wrong before there was a result. */
const runOne = async (scenario: RigScenario, of: { rootfs: string; binary: string; control: boolean; tree: string }): Promise<Row> => {
  const dir = mkdtempSync(join(tmpdir(), 'baton-rig-'));
  const group = dir.slice(dir.lastIndexOf('/') + 1);
  const words = ['--scenario', scenario.name, '--dir', dir, '--rootfs', of.rootfs, '--group', group, ...(of.control ? ['--control'] : [])];
  const child = spawn('unshare', [...namespaces, process.execPath, join(of.tree, 'test', 'rig', 'child.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BATON_COMETBFT: of.binary },
    timeout: runMs,
    killSignal: 'SIGKILL',
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  await once(child, 'close');
  const file = join(dir, 'result.json');
  const found = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Row & { failed?: string }) : null;
  const asItMust = of.control ? found !== null && found.doubleSigned + found.lateSignatures > 0 : found?.ok === true;
  if (!asItMust) {
    const kept = join(logs, `${scenario.name.replaceAll(' ', '-')}${of.control ? '-control' : ''}`);
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(kept, { recursive: true });
    for (const name of ['amber.journal', 'birch.journal', 'functions.log', 'notes', 'result.json'])
      if (existsSync(join(dir, name))) cpSync(join(dir, name), join(kept, name));
  }
  rmSync(dir, { recursive: true, force: true });
  removeGroup(group);
  if (found === null || found.failed !== undefined) throw new Error(found?.failed ?? `the run gave no result: ${said.join('').slice(-2_000)}`);
  return found;
};

const trusted = async (run: () => Promise<Row>): Promise<Row | string> =>
  run().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));

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

const main = async (): Promise<number> => {
  const wanted = values.only?.split(',');
  const chosen = scenarios.filter(({ name, quick }) => (wanted ? wanted.includes(name) : !values.quick || quick));
  if (values.list || chosen.length === 0) {
    for (const { name, about } of scenarios) process.stdout.write(`${name.padEnd(28)} ${about}\n`);
    return chosen.length === 0 ? 2 : 0;
  }
  const missing = missingFor();
  if (missing !== null) {
    process.stderr.write(`The rig cannot run here: ${missing}\n`);
    return 2;
  }
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const system = rootfs();
  const binary = await cometbftBinary(say);
  const trees = treesOf(values['no-control'] ? [] : chosen);
  for (const tree of [root, ...trees.values()]) execFileSync(process.execPath, [join(tree, 'test', 'rig', 'build.ts')], { cwd: tree, stdio: 'pipe' });
  const results: Result[] = [];
  const queue = [...chosen];
  const worker = async (): Promise<void> => {
    for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
      const one = scenario;
      const row = await trusted(() => runOne(one, { rootfs: system, binary, control: false, tree: root }));
      const tree = one.control.flatMap((removal) => trees.get(removal) ?? [])[0] ?? root;
      const without =
        values['no-control'] || one.control.length === 0 ? null : await trusted(() => runOne(one, { rootfs: system, binary, control: true, tree }));
      const result = { scenario: one, row, without };
      results.push(result);
      say(lineOf(result));
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
  removeCopies();
  const ordered = chosen.flatMap((one) => results.filter(({ scenario }) => scenario === one));
  say(`\n${tableOf(ordered)}\n`);
  const { ok, json } = summaryOf(ordered);
  say(JSON.stringify(json));
  return ok ? 0 : 1;
};

process.exit(await main());
