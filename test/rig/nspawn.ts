import { execFile, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { durationMs, type Clock } from '../../core/time.ts';
import type { RunResult } from '../../local/machines.ts';

/** What every machine of systemd-nspawn is started with, and how it is looked into. */

const bootMs = 60_000;
const lookMs = 30_000;
const pollMs = durationMs(100);

export const bootArgv = (of: {
  readonly name: string;
  readonly root: string;
  readonly network: string;
  readonly binds: readonly string[];
}): string[] => [
  ...['--quiet', '--register=no', '--keep-unit', of.network, '-M', of.name, '-D', of.root, '-b'],
  ...of.binds.map((one) => `--bind-ro=${one}`),
];

/** The only child of nspawn is the machine's init; 0 while there is none. */
export const initOf = ({ pid = 0 }: ChildProcess): number => {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8').trim().split(' ')[0] ?? 0) : 0;
};

/** A script as root of the machine whose init this is, as its agent would run it. */
export const runIn = (init: number, script: string, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<RunResult> => {
  const argv = ['-t', String(init), '-a', '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'];
  for (const [name, value] of Object.entries(env)) argv.push(`${name}=${value}`);
  return new Promise((resolve) => {
    execFile('nsenter', [...argv, '/bin/sh', '-c', script], { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 137;
      resolve({ exitCode, stdout, stderr });
    });
  });
};

/** Its init, once systemd says that it is up. @throws Error when that is not in time, or it ends before. */
export const waitUp = async (nspawn: ChildProcess, name: string, clock: Clock): Promise<number> => {
  for (let poll = 0; poll < bootMs / pollMs; poll += 1) {
    if (nspawn.exitCode !== null || nspawn.signalCode !== null) throw new Error(`machine ${name} ended while it booted`);
    const init = initOf(nspawn);
    if (init > 0 && ['running', 'degraded'].includes((await runIn(init, 'systemctl is-system-running', {}, lookMs)).stdout.trim())) return init;
    await clock.sleep(pollMs);
  }
  throw new Error(`machine ${name} is not up after ${bootMs / 1_000} s`);
};
