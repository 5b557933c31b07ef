import { execFile } from 'node:child_process';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
}

const maxOutputBytes = 65_536;

/** Runs a program without a shell, bounded in time and output. Never rejects: a program that cannot run has exit code 127. */
export const runCommand = (argv: readonly string[], options: { timeoutMs: number; env?: Readonly<Record<string, string>> }): Promise<Ran> =>
  new Promise((resolve) => {
    const [program = '', ...args] = argv;
    execFile(
      program,
      args,
      { timeout: options.timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes, env: { ...process.env, ...options.env } },
      (error, stdout) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
        resolve({ exitCode: code, stdout });
      },
    );
  });

/** systemd's view of a unit. Anything that cannot be told is `unknown`. */
export class Systemctl {
  readonly #timeoutMs: number;

  constructor(options: { timeoutMs: number }) {
    this.#timeoutMs = options.timeoutMs;
  }

  async property(unit: string, name: string): Promise<string> {
    const { exitCode, stdout } = await runCommand(['systemctl', 'show', '-p', name, '--value', unit], { timeoutMs: this.#timeoutMs });
    return exitCode === 0 ? stdout.trim() : 'unknown';
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
    const active = await this.property(unit, 'ActiveState');
    const tasks = await this.property(unit, 'TasksCurrent');
    return (active === 'inactive' || active === 'failed') && (tasks === '0' || tasks === '[not set]' || tasks === '18446744073709551615');
  }
}
