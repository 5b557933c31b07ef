import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../core/time.ts';
import type { RunResult } from '../../local/machines.ts';
import { bootArgv, initOf, runIn, waitUp } from './nspawn.ts';

/** A machine that systemd-nspawn boots, with real units and cgroups, and no network but its own loopback. */

export class RigMachine {
  readonly #nspawn: ChildProcess;
  readonly #ended: Promise<unknown>;
  #init = 0;

  private constructor(nspawn: ChildProcess) {
    this.#nspawn = nspawn;
    this.#ended = once(nspawn, 'exit');
  }

  /** What it writes is gone with it. @throws Error when it is not up in time. */
  static async boot(options: { rootfs: string; name: string; clock: Clock; binds?: readonly string[] }): Promise<RigMachine> {
    const { rootfs, name, clock, binds = [] } = options;
    const argv = ['--volatile=overlay', ...bootArgv({ name, root: rootfs, network: '--private-network', binds })];
    const machine = new RigMachine(spawn('systemd-nspawn', argv, { stdio: 'ignore' }));
    try {
      machine.#init = await waitUp(machine.#nspawn, name, clock);
      return machine;
    } catch (error) {
      await machine.powerOff();
      throw error;
    }
  }

  run(script: string, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<RunResult> {
    return runIn(this.#init, script, env, timeoutMs);
  }

  /** The power goes: nothing in it runs any more, and nothing was told to stop. */
  async powerOff(): Promise<void> {
    const init = initOf(this.#nspawn);
    if (init > 0) process.kill(init, 'SIGKILL');
    else this.#nspawn.kill('SIGKILL');
    await this.#ended;
  }
}
