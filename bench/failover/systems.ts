import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
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

/** Its functions, and its guard as it goes to the nodes. */
export const buildBaton = (tree: string): void => {
  execFileSync(process.execPath, [join(tree, 'test', 'rig', 'build.ts')], { cwd: tree, stdio: 'pipe' });
};

/** Versions of what Debian brought. */
export const versionsOf = (system: string): Readonly<Record<string, string>> => {
  const told = execFileSync('dpkg-query', [`--admindir=${join(system, 'var', 'lib', 'dpkg')}`, '-W', '-f=${Package} ${Version}\\n', ...debian], {
    encoding: 'utf8',
  });
  return Object.fromEntries(told.trim().split('\n').map((line) => line.split(' ') as [string, string]));
};
