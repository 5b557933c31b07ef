import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** The system that machines boot: Debian with systemd and little else. Made once, from debootstrap's own mirror; machines only read it. */

const rigPackages: readonly string[] = ['systemd', 'systemd-sysv', 'dbus', 'procps', 'libfaketime'];
const suite = 'bookworm';
const makeMs = 600_000;

/** Why this machine cannot run the rig, or null. */
export const missingFor = (): string | null => {
  if (process.getuid?.() !== 0) return 'it must run as root: it boots machines with systemd-nspawn';
  for (const [tool, debian] of [
    ['systemd-nspawn', 'systemd-container'],
    ['debootstrap', 'debootstrap'],
    ['nsenter', 'util-linux'],
    ['ip', 'iproute2'],
    ['iptables', 'iptables'],
    ['mkfs.ext4', 'e2fsprogs'],
  ] as const) {
    const found = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${tool}`));
    if (!found) return `${tool} is not on this machine: apt-get install ${debian}`;
  }
  return null;
};

/** In `.cache/rig`, by what is in it. @throws Error when debootstrap cannot make it. */
export const rootfs = (packages = rigPackages): string => {
  const folder = join(import.meta.dirname, '..', '..', '.cache', 'rig');
  const made = join(folder, `${suite}-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8)}`);
  if (existsSync(made)) return made;
  const half = `${made}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, suite, half], { stdio: 'pipe', timeout: makeMs });
  renameSync(half, made);
  return made;
};
