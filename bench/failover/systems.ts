import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { rootfs } from '../../test/rig/rootfs.ts';

/** What is built and installed before the first run, once: the system of the machines with the tools in it, the signer, Baton itself. */

const root = join(import.meta.dirname, '..', '..');
export const builtFolder = join(root, '.cache', 'bench');

const debian = ['pacemaker', 'pacemaker-cli-utils', 'corosync', 'keepalived', 'etcd-server', 'etcd-client'] as const;
const packages = ['systemd', 'systemd-sysv', 'dbus', 'procps', 'iproute2', 'curl', 'ca-certificates', ...debian];

export const systemOf = (): string => rootfs(packages);

export const buildSigner = async (): Promise<void> => {
  mkdirSync(builtFolder, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, 'signer.ts')],
    outfile: join(builtFolder, 'signer.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'error',
  });
};

/** What the installation of one tool needs, and what becomes of it when that fails: it is left out, and says why. */
interface Installed {
  readonly tool: string;
  readonly what: string;
  readonly version: string;
  readonly file: string;
  readonly make: () => Promise<void> | void;
}

const toolsFolder = join(builtFolder, 'tools');
const consulVersion = 'v1.20.6';
const lockClientVersion = '0.7.3';
const installMs = 1_800_000;

const quietly = (folder: string, program: string, ...args: string[]): void => {
  execFileSync(program, args, { cwd: folder, stdio: 'pipe', timeout: installMs });
};

const buildConsul = (file: string): void => {
  const folder = join(builtFolder, 'consul');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'go.mod'), 'module bench\n\ngo 1.22\n');
  writeFileSync(join(folder, 'main.go'), '//go:build tools\n\npackage bench\n\nimport _ "github.com/hashicorp/consul"\n');
  quietly(folder, 'go', 'get', `github.com/hashicorp/consul@${consulVersion}`);
  quietly(folder, 'go', 'build', '-o', `${file}.new`, 'github.com/hashicorp/consul');
  renameSync(`${file}.new`, file);
};

const bundleLockClient = async (file: string): Promise<void> => {
  const folder = join(builtFolder, 'npm');
  mkdirSync(folder, { recursive: true });
  quietly(folder, 'npm', 'install', '--prefix', '.', '--no-audit', '--no-fund', '--ignore-scripts', `dynamodb-lock-client@${lockClientVersion}`);
  await build({
    entryPoints: [join(import.meta.dirname, 'lock.mjs')],
    nodePaths: [join(folder, 'node_modules')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
};

const installs: readonly Installed[] = [
  { tool: 'consul', what: 'consul', version: consulVersion, file: join(toolsFolder, 'consul'), make: () => buildConsul(join(toolsFolder, 'consul')) },
  {
    tool: 'dynamodb-lock',
    what: 'dynamodb-lock-client',
    version: lockClientVersion,
    file: join(toolsFolder, 'lock.cjs'),
    make: () => bundleLockClient(join(toolsFolder, 'lock.cjs')),
  },
];

/** Installs what is not there yet. What cannot be installed is told to `say`, and its tool is left out. */
export const install = async (say: (line: string) => void, wanted: ReadonlySet<string>): Promise<Readonly<Record<string, string>>> => {
  mkdirSync(toolsFolder, { recursive: true });
  const versions: Record<string, string> = {};
  for (const { what, version, file, make } of installs.filter(({ tool }) => wanted.has(tool))) {
    try {
      if (!existsSync(file)) {
        say(`Installing ${what} ${version} ...`);
        await make();
      }
      versions[what] = version;
    } catch (error) {
      say(`${what} ${version} cannot be installed: ${(error as Error).message.split('\n')[0] ?? ''}`);
    }
  }
  return versions;
};

/** Its functions, and its guard as it goes to the nodes. */
export const buildBaton = (tree: string): void => {
  execFileSync(process.execPath, [join(tree, 'test', 'rig', 'build.ts')], { cwd: tree, stdio: 'pipe' });
};

/** Versions of what Debian brought. */
export const versionsOf = (system: string): Readonly<Record<string, string>> => {
  const told = execFileSync('dpkg-query', [`--admindir=${join(system, 'var', 'lib', 'dpkg')}`, '-W', '-f=${Package} ${Version}\\n', ...debian], {
    encoding: 'utf8',
  });
  return Object.fromEntries(
    told
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
};
