import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Scratch copies of the tree: bugs are planted in them and never in the tree itself. */

const root = join(import.meta.dirname, '..', '..');
const made = new Set<string>();

export const newCopy = (): string => {
  const copy = mkdtempSync(join(tmpdir(), 'planted-'));
  made.add(copy);
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of files.split('\n')) {
    if (file === '' || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
};

export const removeCopies = (): void => {
  for (const copy of made) rmSync(copy, { recursive: true, force: true });
  made.clear();
};
