import { execFile } from 'node:child_process';

/** A program that is given its input by hand: secrets go through its standard input, and touch neither arguments nor files. */

const maxOutputBytes = 65_536;
/** Not for other programs: with the first two they could feed the guard's watchdog, with the others act as the node. */
const ownVariables = /^(NOTIFY_SOCKET|WATCHDOG_|AWS_)/;

/** Bounded in time and output, without a shell. Never rejects: what cannot run has exit code 127, what is killed 137. */
export const runFed = (
  argv: readonly string[],
  options: { timeoutMs: number; input?: Buffer },
): Promise<{ readonly exitCode: number; readonly stdout: string }> =>
  new Promise((resolve) => {
    const [program = '', ...args] = argv;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ownVariables.test(name)));
    const child = execFile(
      program,
      args,
      { timeout: Math.max(1, Math.ceil(options.timeoutMs)), killSignal: 'SIGKILL', maxBuffer: maxOutputBytes, env },
      (error, stdout) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : error.killed === true ? 137 : 127;
        resolve({ exitCode: code, stdout });
      },
    );
    // A program that ends without reading its input is judged by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
