import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { aslTests, exploreArgs, type Catcher } from './bug.ts';

/** Runs one catcher in a copy, and says whether it found something, and how. */

export type Found =
  | { readonly outcome: 'passed' }
  /** It found a violation or an assertion that fails. */
  | { readonly outcome: 'caught'; readonly how: string }
  /** It failed in another way, which proves nothing. */
  | { readonly outcome: 'other'; readonly why: string };

const limitMs = 90_000;
const children = new Set<ChildProcess>();

export const endChildren = (): void => {
  for (const child of children) if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
};

interface Ran {
  readonly code: number | null;
  readonly text: string;
  readonly late: boolean;
}

const run = (copy: string, args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    // A group of its own, so that the workers of a test run end with it.
    const child = spawn(process.execPath, args, { cwd: copy, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    let [text, late] = ['', false];
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      children.delete(child);
      resolve({ code, text, late });
    });
  });

const tail = (text: string): string => text.trim().split('\n').slice(-3).join(' | ').slice(-400);

const explored = ({ text, code }: Ran): Found => {
  if (code === 0) return { outcome: 'passed' };
  const [, told = ''] = text.split(/^VIOLATION in .*$/m);
  const steps = told.split('\n').filter((line) => /^\s*\d+\. /.test(line)).length;
  const wrong = /^\s*⇒\s+(.+)$/m.exec(told)?.[1];
  if (wrong === undefined) return { outcome: 'other', why: tail(text) };
  const states = /\s(\d+) states/.exec(text)?.[1] ?? '?';
  return { outcome: 'caught', how: `${steps} steps, ${states} states: ${wrong}` };
};

const simulated = ({ text, code }: Ran): Found => {
  if (code === 0) return { outcome: 'passed' };
  const wrong = /^Violated: (.+)$/m.exec(text)?.[1];
  const seed = /SEED=(\d+)/.exec(text)?.[1] ?? /"seed":(\d+)/.exec(text)?.[1];
  return wrong === undefined ? { outcome: 'other', why: tail(text) } : { outcome: 'caught', how: `seed ${seed ?? '?'}: ${wrong}` };
};

const report = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() })),
    }),
  ),
});

const reportFile = '.planted-report.json';

/** An expectation that fails, one of a property, or a promise that should have been rejected. */
const asserted = (message: string | undefined): boolean =>
  message !== undefined && /^(AssertionError: |Error: Property failed after |Error: promise resolved ".*" instead of rejecting)/.test(message);

const tested = (copy: string, name: string, { text, late }: Ran): Found => {
  if (late) return { outcome: 'other', why: 'it took too long' };
  let suites: z.infer<typeof report>['testResults'];
  try {
    suites = report.parse(JSON.parse(readFileSync(join(copy, reportFile), 'utf8'))).testResults;
  } catch {
    return { outcome: 'other', why: tail(text) };
  }
  const all = suites.flatMap((suite) => suite.assertionResults);
  const ran = all.filter(({ fullName, status }) => fullName.includes(name) && (status === 'passed' || status === 'failed'));
  const failed = ran.filter(({ status }) => status === 'failed');
  if (failed.length === 0) {
    const broken = suites.find(({ message }) => message !== '');
    return ran.length > 0 && !broken ? { outcome: 'passed' } : { outcome: 'other', why: broken?.message.slice(0, 300) ?? 'no test has this name' };
  }
  const proof = failed.find(({ failureMessages }) => asserted(failureMessages?.[0]));
  if (!proof) return { outcome: 'other', why: failed[0]?.failureMessages?.[0]?.slice(0, 300) ?? 'it failed without a word' };
  return { outcome: 'caught', how: proof.fullName };
};

const escaped = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

export const runCatcher = async (catcher: Catcher, copy: string): Promise<Found> => {
  if (catcher.kind === 'explore') return explored(await run(copy, ['test/model/explore.ts', ...exploreArgs(catcher)]));
  if (catcher.kind === 'sim') return simulated(await run(copy, ['test/sim/run.ts', ...catcher.args]));
  rmSync(join(copy, reportFile), { force: true });
  // The tests of the state machine count together which states they reach, so none of them is left out.
  const which = catcher.kind === 'asl' ? [aslTests] : [catcher.file, '-t', escaped(catcher.name)];
  const args = ['run', '--project', 'quick', '--project', 'apart', ...which, '--reporter=json', `--outputFile=${reportFile}`];
  return tested(copy, catcher.name, await run(copy, ['node_modules/vitest/vitest.mjs', ...args]));
};
