import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { durationMs, type Clock } from '../../core/time.ts';
import type { RunResult } from '../../local/machines.ts';

/** One node of the rig: a machine that systemd-nspawn boots, with real units and cgroups, and no network but its own loopback. */

const bootMs = 60_000;
const pollMs = durationMs(100);

/** The only child of nspawn is the machine's init. */
const initOf = (nspawn: number): number | null => {
  const file = `/proc/${nspawn}/task/${nspawn}/children`;
  const [first] = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ') : [];
  return first === undefined || first === '' ? null : Number(first);
};

export class RigMachine {
  readonly #nspawn: ChildProcess;
  readonly #ended: Promise<unknown>;
  #init = 0;

  private constructor(nspawn: ChildProcess) {
    this.#nspawn = nspawn;
    this.#ended = once(nspawn, 'exit');
  }

  /** What it writes is gone with it. @throws Error when it is not up in time. */
  static async boot(options: { rootfs: string; name: string; clock: Clock }): Promise<RigMachine> {
    const { rootfs, name, clock } = options;
    const argv = ['--quiet', '--register=no', '--keep-unit', '--volatile=overlay', '--private-network', '-M', name, '-D', rootfs, '-b'];
    const machine = new RigMachine(spawn('systemd-nspawn', argv, { stdio: 'ignore' }));
    try {
      for (let poll = 0; poll < bootMs / pollMs; poll += 1) {
        machine.#init = initOf(machine.#nspawn.pid ?? 0) ?? 0;
        if (machine.#init > 0) {
          const { stdout } = await machine.run('systemctl is-system-running', {}, 5_000);
          if (['running', 'degraded'].includes(stdout.trim())) return machine;
        }
        await clock.sleep(pollMs);
      }
      throw new Error(`machine ${name} is not up after ${bootMs / 1_000} s`);
    } catch (error) {
      await machine.powerOff();
      throw error;
    }
  }

  /** A script as root of the machine, as its agent would run it. */
  run(script: string, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<RunResult> {
    const argv = ['-t', String(this.#init), '-a', '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'];
    for (const [name, value] of Object.entries(env)) argv.push(`${name}=${value}`);
    return new Promise((resolve) => {
      execFile('nsenter', [...argv, '/bin/sh', '-c', script], { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 137;
        resolve({ exitCode, stdout, stderr });
      });
    });
  }

  /** The power goes: nothing in it runs any more, and nothing was told to stop. */
  async powerOff(): Promise<void> {
    if (this.#init > 0 && initOf(this.#nspawn.pid ?? 0) === this.#init) process.kill(this.#init, 'SIGKILL');
    else this.#nspawn.kill('SIGKILL');
    await this.#ended;
  }
}
