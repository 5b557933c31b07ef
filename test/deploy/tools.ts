import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that are not of Node: the venv they live in, and how they are run. No account, no docker, no telemetry. */

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  /** Both streams, as a person would read them. */
  readonly said: string;
}

const maxOutputBytes = 64 * 1_024 * 1_024;
const timeoutMs = 600_000;

/** Nothing of the one who runs this may reach the tools: neither an account nor a profile. */
const offline: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  SAM_CLI_TELEMETRY: '0',
  PYTHONWARNINGS: 'ignore',
};

export class Tools {
  readonly #root: string;
  readonly #bin: string;

  constructor(root: string, bin: string) {
    this.#root = root;
    this.#bin = bin;
  }

  run(program: string, ...args: readonly string[]): Promise<Ran> {
    return this.runWith('', program, ...args);
  }

  /** With a text on its standard input. */
  runWith(input: string, program: string, ...args: readonly string[]): Promise<Ran> {
    const path = [this.#bin, join(this.#root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
    const env = { ...Object.fromEntries(own), ...offline, PATH: path };
    return new Promise((resolve) => {
      const child = execFile(
        program,
        [...args],
        { cwd: this.#root, env, encoding: 'utf8', maxBuffer: maxOutputBytes, timeout: timeoutMs },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
          const why = code === 127 && error ? `${error.message}\n` : '';
          resolve({ code, stdout, said: `${why}${stdout}${stderr}`.trim() });
        },
      );
      // A program that ends before it has read everything closes the pipe; its exit code tells the rest.
      child.stdin?.on('error', () => undefined).end(input);
    });
  }
}

const pinned = ['requirements.txt', 'constraints.txt'];

const mostTries = 4;

/** The folder of programs in `.cache/venv`, made anew when what is pinned has changed. @throws Error that says what to install. */
export const ensureVenv = async (root: string, say: (sentence: string) => void): Promise<string> => {
  const venv = join(root, '.cache', 'venv');
  const stampFile = join(venv, 'stamp');
  const here = new Tools(root, join(venv, 'bin'));
  const files = pinned.map((name) => join(import.meta.dirname, name));
  const python = await here.run('python3', '--version');
  if (python.code !== 0) throw new Error('python3 is missing: install python3 and python3-venv');
  const stamp = createHash('sha256')
    .update([python.stdout, ...files.map((file) => readFileSync(file, 'utf8'))].join('\n'))
    .digest('hex');
  const wanted = readFileSync(files[0] ?? '', 'utf8')
    .split('\n')
    .filter((line) => /^[a-z]/.test(line));
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    say(`.cache/venv is current: ${wanted.join(' ')}`);
    return join(venv, 'bin');
  }
  say(`.cache/venv is made: ${wanted.join(' ')}, about a minute`);
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(venv, { recursive: true });
  const made = await here.run('python3', '-m', 'venv', venv);
  if (made.code !== 0) throw new Error(`python3 -m venv does not work; on Debian install python3-venv\n${made.said}`);
  const [requirements = '', constraints = ''] = files;
  const pip = ['-m', 'pip', '--disable-pip-version-check'];
  // All that is needed is pinned, so nothing is to be resolved; `pip check` below holds it together.
  const install = () => here.run(join(venv, 'bin', 'python'), ...pip, 'install', '--quiet', '--no-deps', '-r', requirements, '-r', constraints);
  let installed = await install();
  // An index that does not answer for a moment.
  for (let tries = 1; tries < mostTries && installed.code !== 0; tries += 1) installed = await install();
  if (installed.code !== 0) throw new Error(`pip install does not work\n${installed.said}`);
  const checked = await here.run(join(venv, 'bin', 'python'), ...pip, 'check');
  if (checked.code !== 0) throw new Error(`the pinned versions do not fit together\n${checked.said}`);
  writeFileSync(stampFile, stamp);
  return join(venv, 'bin');
};
