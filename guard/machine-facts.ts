import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { release } from 'node:os';
import { normalize } from 'node:path';
import { clockSamples } from '../runtime/clock.ts';
import type { FileFacts, Machine } from './preflight.ts';

/** What the kernel tells of a machine, in its own texts. */

export interface Mount {
  readonly type: string;
  readonly options: readonly string[];
}

/** Both are absolute; `..` leads nowhere else. */
export const isWithin = (path: string, folder: string): boolean =>
  `${normalize(path)}/`.startsWith(folder === '/' ? '/' : `${normalize(folder).replace(/\/$/, '')}/`);

const unescaped = (text: string): string => text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** The file system that a path lies on, by the text of /proc/self/mountinfo; null when it cannot be told. */
export const mountOf = (mountinfo: string, path: string): Mount | null => {
  let found: { point: string; mount: Mount } | null = null;
  for (const line of mountinfo.split('\n')) {
    const [front = '', back] = line.split(' - ');
    const point = unescaped(front.split(' ')[4] ?? '');
    const [type, , options = ''] = (back ?? '').split(' ');
    if (back === undefined || type === undefined || !isWithin(path, point)) continue;
    // Of two at one point, the later one lies on top.
    if (found === null || point.length >= found.point.length) found = { point, mount: { type, options: options.split(',') } };
  }
  return found?.mount ?? null;
};

/**
 * Names of the swaps that are on a disk, by the text of /proc/swaps. Compressed memory (zram) that writes to no device is none. An encrypted
 * one is: whether its key is random cannot be shown.
 * @throws Error when there is no such text.
 */
export const swapsOf = (text: string | null, backing: (name: string) => string | null): string[] => {
  if (text === null) throw new Error('/proc/swaps is not there');
  const names = text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s/)[0] ?? '')
    .filter((name) => name !== '');
  return names.filter((name) => {
    const [, zram] = /^\/dev\/(zram\d+)$/.exec(name) ?? [];
    // A kernel that cannot write it back has no such file.
    return zram === undefined || !['none', null].includes(backing(zram)?.trim() ?? null);
  });
};

/** Linux 6.4 can keep a tmpfs out of the swap. */
export const takesNoswap = (kernel: string): boolean => {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > 6 || (major === 6 && minor >= 4);
};

const absent = <T>(ask: () => T): T | null => {
  try {
    return ask();
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return null;
    throw cause;
  }
};

const factsOf = (path: string): FileFacts => {
  const found = lstatSync(path);
  const kind = found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
  return { kind, mode: found.mode, uid: found.uid };
};

export const thisMachine: Machine = {
  uid: process.getuid?.() ?? 0,
  release: release(),
  file: (path) => absent(() => factsOf(path)),
  real: (path) => realpathSync(path),
  list: (folder) => readdirSync(folder),
  read: (path) => absent(() => readFileSync(path, 'utf8')),
  clocks: clockSamples,
};
