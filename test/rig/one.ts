import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { removeGroup } from './node.ts';
import type { RigScenario, Row } from './scenario.ts';
import { fired } from './table.ts';

/** One run in a process of its own: the first one in new namespaces, with which everything in them ends. */

const logs = join(import.meta.dirname, '..', '..', '.cache', 'rig', 'logs');
const kept = ['amber.journal', 'birch.journal', 'functions.log', 'notes', 'result.json'];
const runMs = 420_000;
const namespaces = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
const running = new Set<{ child: ChildProcess; ended: Promise<void> }>();

let ending = false;

/** Ends what still runs, and lets nothing more begin; resolves when it and its traces are gone. */
export const endRuns = async (): Promise<void> => {
  ending = true;
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
};

const keepLogs = (dir: string, name: string): void => {
  const folder = join(logs, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const one of kept.filter((file) => existsSync(join(dir, file)))) cpSync(join(dir, one), join(folder, one));
};

export interface RunOptions {
  readonly rootfs: string;
  readonly binary: string;
  readonly control: boolean;
  /** The tree whose code runs. */
  readonly tree: string;
}

/** What went wrong is kept in `.cache/rig/logs`. @throws Error with what happened before there was a result. */
export const runOne = async (scenario: RigScenario, of: RunOptions): Promise<Row> => {
  if (ending) throw new Error('interrupted');
  const dir = mkdtempSync(join(tmpdir(), 'baton-rig-'));
  const group = basename(dir);
  const words = ['--scenario', scenario.name, '--dir', dir, '--rootfs', of.rootfs, '--group', group, ...(of.control ? ['--control'] : [])];
  const child = spawn('unshare', [...namespaces, process.execPath, join(of.tree, 'test', 'rig', 'child.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BATON_COMETBFT: of.binary },
    timeout: runMs,
    killSignal: 'SIGKILL',
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  let found: (Row & { failed?: string }) | null = null;
  const end = async (): Promise<void> => {
    await once(child, 'close');
    const file = join(dir, 'result.json');
    found = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Row & { failed?: string }) : null;
    if (!(of.control ? found !== null && fired(found) : found?.ok === true))
      keepLogs(dir, `${scenario.name.replaceAll(/\W+/g, '-')}${of.control ? '-control' : ''}`);
    rmSync(dir, { recursive: true, force: true });
    removeGroup(group);
  };
  const one = { child, ended: end() };
  running.add(one);
  await one.ended.finally(() => running.delete(one));
  const row = found as (Row & { failed?: string }) | null;
  if (row === null || row.failed !== undefined) throw new Error(row?.failed ?? `the run gave no result: ${said.join('').slice(-2_000)}`);
  return row;
};
