import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { removeGroup } from '../../test/rig/node.ts';
import type { Outcome } from './result.ts';

/** One run in a process of its own: the first one in new namespaces, with which everything in them ends. */

const logs = join(import.meta.dirname, '..', '..', '.cache', 'bench', 'logs');
const kept = ['amber.journal', 'birch.journal', 'functions.log', 'lines', 'notes', 'story', 'result.json'];
const runMs = 300_000;
const namespaces = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
const running = new Set<{ child: ChildProcess; ended: Promise<void> }>();
let ending = false;

/** Ends what still runs, and lets nothing more begin; resolves when it and its traces are gone. */
export const endRuns = async (): Promise<void> => {
  ending = true;
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
};

export interface RunOptions {
  readonly tool: string;
  readonly scenario: string;
  readonly rootfs: string;
  readonly built: string;
  readonly profile: string;
  readonly fenceMs: number;
  readonly pauseMs: number;
  readonly limitMs: number;
  /** The tree whose code runs. */
  readonly tree: string;
}

const wordsOf = (of: RunOptions, dir: string): string[] =>
  Object.entries({
    tool: of.tool,
    scenario: of.scenario,
    dir,
    group: basename(dir),
    rootfs: of.rootfs,
    built: of.built,
    profile: of.profile,
    fence: of.fenceMs,
    pause: of.pauseMs,
    limit: of.limitMs,
  }).flatMap(([name, value]) => [`--${name}`, String(value)]);

/** What it left is kept in `.cache/bench/logs`. @throws Error with what happened before there was a result. */
export const runOne = async (of: RunOptions): Promise<Outcome> => {
  if (ending) throw new Error('interrupted');
  const dir = mkdtempSync(join(tmpdir(), 'baton-bench-'));
  const child = spawn('unshare', [...namespaces, process.execPath, join(of.tree, 'bench', 'failover', 'child.ts'), ...wordsOf(of, dir)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: runMs,
    killSignal: 'SIGKILL',
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  let found: (Outcome & { failed?: string }) | null = null;
  const end = async (): Promise<void> => {
    await once(child, 'close');
    const file = join(dir, 'result.json');
    found = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Outcome & { failed?: string }) : null;
    const folder = join(logs, `${of.tool}-${of.scenario}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const one of kept.filter((name) => existsSync(join(dir, name)))) cpSync(join(dir, one), join(folder, one));
    rmSync(dir, { recursive: true, force: true });
    removeGroup(basename(dir));
  };
  const one = { child, ended: end() };
  running.add(one);
  await one.ended.finally(() => running.delete(one));
  const outcome = found as (Outcome & { failed?: string }) | null;
  if (outcome === null || outcome.failed !== undefined) throw new Error(outcome?.failed ?? `the run gave no result: ${said.join('').slice(-2_000)}`);
  return outcome;
};
