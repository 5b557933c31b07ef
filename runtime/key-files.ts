import { chmodSync, closeSync, fsyncSync, lstatSync, openSync, readdirSync, rmdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Keys in a folder that is in memory: written for root alone, and overwritten before they go. */

const maxDepth = 8;

const wipeFile = (file: string, size: number): void => {
  chmodSync(file, 0o600);
  const fd = openSync(file, 'r+');
  try {
    const zeros = Buffer.alloc(Math.min(size, 65_536));
    for (let at = 0; at < size; at += zeros.length) writeSync(fd, zeros, 0, Math.min(zeros.length, size - at), at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/**
 * Empties the folder, whatever a validator has left in it. What a link leads to is not touched: it may be anything.
 * @throws when something stays.
 */
export const wipe = (folder: string, depth = 0): void => {
  if (depth > maxDepth) throw new Error(`${folder} is too deep to be wiped`);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isDirectory()) {
      wipe(path, depth + 1);
      rmdirSync(path);
      continue;
    }
    if (found.isFile()) wipeFile(path, found.size);
    unlinkSync(path);
  }
};

/** A file that was not there before; nobody can have opened it. @throws when it is there, or was not written as a whole. */
export const writeNew = (file: string, content: Buffer | string): void => {
  const bytes = Buffer.from(content);
  const fd = openSync(file, 'wx', 0o400);
  try {
    if (writeSync(fd, bytes) !== bytes.length) throw new Error(`${file} was not written as a whole`);
  } finally {
    // The caller's own bytes are the caller's to wipe; these are a copy.
    bytes.fill(0);
    closeSync(fd);
  }
};
