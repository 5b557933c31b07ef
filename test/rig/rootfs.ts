import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** The system that nodes of the rig boot: Debian with systemd and nothing else. Made once, from debootstrap's own mirror; nodes only read it. */

const packages = ['systemd', 'systemd-sysv', 'dbus', 'procps'];
const makeMs = 600_000;

/** Why this machine cannot run the rig, or null. */
export const missingFor = (): string | null => {
  if (process.getuid?.() !== 0) return 'it must run as root: it boots machines with systemd-nspawn';
  for (const [tool, debian] of [
    ['systemd-nspawn', 'systemd-container'],
    ['debootstrap', 'debootstrap'],
    ['nsenter', 'util-linux'],
  ] as const) {
    const found = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${tool}`));
    if (!found) return `${tool} is not on this machine: apt-get install ${debian}`;
  }
  return null;
};

/** @throws Error when debootstrap cannot make it. */
export const rootfsAt = (folder: string): string => {
  if (existsSync(folder)) return folder;
  const half = `${folder}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  execFileSync('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', half], { stdio: 'pipe', timeout: makeMs });
  renameSync(half, folder);
  return folder;
};
