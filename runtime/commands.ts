import { execFile } from 'node:child_process';
import { cgroupsEmpty, cgroupsOf } from './cgroup.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
}

const maxOutputBytes = 65_536;
/** Not for what the guard runs: with the first two it could feed the guard's watchdog, with the others act as the node. */
const ownVariables = /^(NOTIFY_SOCKET|WATCHDOG_|AWS_)/;

const environment = (extra: Readonly<Record<string, string>> | undefined): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ownVariables.test(name))),
  ...extra,
});

/**
 * Runs a program without a shell, bounded in time and output. Never rejects: a program that cannot run, or was killed, has exit code 127.
 * @param options.input its standard input, which it gets the end of: secrets go there, and touch neither arguments nor files.
 */
export const runCommand = (
  argv: readonly string[],
  options: { timeoutMs: number; env?: Readonly<Record<string, string>>; input?: Buffer },
): Promise<Ran> =>
  new Promise((resolve) => {
    const [program = '', ...args] = argv;
    // Zero would be no bound at all.
    const timeout = Math.max(1, Math.ceil(options.timeoutMs));
    const child = execFile(
      program,
      args,
      { timeout, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes, env: environment(options.env) },
      (error, stdout) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
        resolve({ exitCode: code, stdout });
      },
    );
    // A program that ends without reading its input is judged by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });

/** Says `true` only when none of these cgroups holds a process. */
export type CgroupsEmpty = (paths: readonly string[]) => boolean;

// A number that systemd prints for "none" in versions before 240.
const noTasks: readonly string[] = ['0', '[not set]', '18446744073709551615'];
// Between two tries of Restart=, systemd calls a unit inactive too: only the substate tells that it stays down.
const restingSubStates: readonly string[] = ['dead', 'failed', 'dead-resources-pinned'];

/** What of a unit is asked to tell whether it is down. */
const downProperties = ['LoadState', 'ActiveState', 'SubState', 'Job', 'TasksCurrent', 'ControlGroup', 'Slice'] as const;

/** The lines `Name=value` of `systemctl show`. */
export const readProperties = (stdout: string): ReadonlyMap<string, string> =>
  new Map(
    stdout
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  );

/** True only when systemd says that the unit is down and stays down, and nothing of it runs. What is not told is not down. */
export const isDownBy = (unit: string, told: ReadonlyMap<string, string>, empty: CgroupsEmpty): boolean => {
  // A unit that systemd does not know may be a wrong name, and the validator runs under another one.
  if (!['loaded', 'masked'].includes(told.get('LoadState') ?? '')) return false;
  if (!['inactive', 'failed'].includes(told.get('ActiveState') ?? '')) return false;
  if (!restingSubStates.includes(told.get('SubState') ?? '')) return false;
  if (!['', '0'].includes(told.get('Job') ?? 'unknown')) return false;
  const tasks = told.get('TasksCurrent') ?? 'unknown';
  if (!noTasks.includes(tasks)) return false;
  // "[not set]" is also what a running unit has where tasks are not counted: the processes themselves are looked for.
  return tasks === '0' || empty(cgroupsOf(unit, { controlGroup: told.get('ControlGroup') ?? '', slice: told.get('Slice') ?? '' }));
};

/** systemd's view of a unit. Anything that cannot be told is `unknown`. */
export class Systemctl {
  readonly #timeoutMs: number;
  readonly #empty: CgroupsEmpty;

  constructor(options: { timeoutMs: number; cgroupsEmpty?: CgroupsEmpty }) {
    this.#timeoutMs = options.timeoutMs;
    this.#empty = options.cgroupsEmpty ?? cgroupsEmpty;
  }

  async property(unit: string, name: string): Promise<string> {
    return (await this.properties(unit, [name])).get(name) ?? 'unknown';
  }

  /** Empty when systemd gives no answer. */
  async properties(unit: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { exitCode, stdout } = await runCommand(['systemctl', 'show', '-p', names.join(','), unit], { timeoutMs: this.#timeoutMs });
    return readProperties(exitCode === 0 ? stdout : '');
  }

  async start(unit: string): Promise<boolean> {
    return (await runCommand(['systemctl', 'start', unit], { timeoutMs: this.#timeoutMs })).exitCode === 0;
  }

  async stop(unit: string): Promise<void> {
    await runCommand(['systemctl', 'stop', unit], { timeoutMs: this.#timeoutMs });
  }

  async kill(unit: string): Promise<void> {
    await runCommand(['systemctl', 'kill', '--kill-whom=all', '--signal=SIGKILL', unit], { timeoutMs: this.#timeoutMs });
  }

  /** True only when systemd says that the unit is down and nothing of it runs. */
  async isDown(unit: string): Promise<boolean> {
    return isDownBy(unit, await this.properties(unit, downProperties), this.#empty);
  }
}
