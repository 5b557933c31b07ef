import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { BatonError } from '../../core/errors.ts';

/** Lodestar, from npm, with the Node version that it runs on. Installed once, when it is asked for. */

const cache = join(import.meta.dirname, '..', '..', '.cache', 'lodestar');
const installMs = 600_000;
const files = ['package.json', 'package-lock.json'] as const;

export interface Lodestar {
  /** The Node that runs it. */
  readonly node: string;
  readonly script: string;
}

const lodestar: Lodestar = {
  node: join(cache, 'node_modules', 'node', 'bin', 'node'),
  script: join(cache, 'node_modules', '@chainsafe', 'lodestar', 'lib', 'index.js'),
};

/** @throws BatonError DrillFailed when it cannot be installed. */
export const installLodestar = async (progress: (line: string) => void): Promise<Lodestar> => {
  const done = join(cache, 'installed.json');
  const wanted = files.map((file) => readFileSync(join(import.meta.dirname, 'npm', file), 'utf8')).join('');
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) return lodestar;
  progress('Installing Lodestar from npm; this takes a minute, once.');
  mkdirSync(cache, { recursive: true });
  for (const file of files) copyFileSync(join(import.meta.dirname, 'npm', file), join(cache, file));
  const npm = (args: readonly string[], path = process.env['PATH'] ?? '') =>
    promisify(execFile)('npm', args, { cwd: cache, timeout: installMs, env: { ...process.env, PATH: path } });
  try {
    await npm(['ci', '--ignore-scripts']);
    await npm(['rebuild', 'node']);
    // Built by the Node that loads it.
    await npm(['rebuild', 'snappy'], [join(cache, 'node_modules', 'node', 'bin'), process.env['PATH'] ?? ''].join(delimiter));
  } catch (cause) {
    throw new BatonError('DrillFailed', 'Lodestar could not be installed', { cause, fix: `Try by hand: (cd ${cache} && npm ci --ignore-scripts)` });
  }
  writeFileSync(done, wanted);
  return lodestar;
};
