import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a unit's cgroup holds: the processes themselves, where systemd counts none. */

/** Where systemd keeps its tree: cgroup v1, hybrid, and v2. */
const cgroupRoots: readonly string[] = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'];
const maxFolders = 1_000;

/** `a-b.slice` lies in `a.slice`. */
const slicePath = (slice: string): string => {
  if (slice === '-.slice' || slice === '') return '/';
  const parts = slice.replace(/\.slice$/, '').split('-');
  return `/${parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`).join('/')}`;
};

/** Every place where processes of the unit may be. systemd names none for a unit that it thinks empty, and no slice for a masked one. */
export const cgroupsOf = (unit: string, told: { controlGroup: string; slice: string }): string[] => {
  const [, prefix] = /^([^@]+)@/.exec(unit) ?? [];
  const slices = [
    ...(told.slice === '' ? [] : [told.slice]),
    'system.slice',
    // The slice of an instance, where a dash of the name is no dash of the path.
    ...(prefix === undefined ? [] : [`system-${prefix.replaceAll('-', String.raw`\x2d`)}.slice`]),
  ];
  const paths = slices.map((slice) => join(slicePath(slice), unit));
  return [...new Set([...(told.controlGroup === '' || told.controlGroup === '/' ? [] : [told.controlGroup]), ...paths])];
};

const isAbsent = (cause: unknown): boolean => ['ENOENT', 'ENODEV'].includes((cause as NodeJS.ErrnoException).code ?? '');

/** True when a process is in the folder or below it, or when that cannot be told. */
const livesBelow = (top: string): boolean => {
  const waiting = [top];
  for (let seen = 0; seen < maxFolders; seen += 1) {
    const folder = waiting.pop();
    if (folder === undefined) return false;
    try {
      if (readFileSync(join(folder, 'cgroup.procs'), 'utf8').trim() !== '') return true;
      for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) waiting.push(join(folder, entry.name));
    } catch (cause) {
      if (!isAbsent(cause)) return true;
    }
  }
  return true;
};

/** True only when the tree can be read and none of these cgroups, or of those within them, holds a process. */
export const cgroupsEmpty = (paths: readonly string[], roots: readonly string[] = cgroupRoots): boolean => {
  const readable = roots.filter((root) => existsSync(join(root, 'cgroup.procs')));
  return readable.length > 0 && !readable.some((root) => paths.some((path) => livesBelow(join(root, path))));
};
