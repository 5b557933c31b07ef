import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The calls to the disk, so that their order can be tested. */
export interface DurableDisk {
  readonly openSync: typeof openSync;
  readonly writeSync: (fd: number, text: string) => number;
  readonly fsyncSync: typeof fsyncSync;
  readonly closeSync: typeof closeSync;
  readonly renameSync: typeof renameSync;
}

export const durableDisk: DurableDisk = { openSync, writeSync: (fd, text) => writeSync(fd, text), fsyncSync, closeSync, renameSync };

const withOpen = (disk: DurableDisk, of: { file: string; flags: string; mode?: number }, act: (fd: number) => void): void => {
  const fd = disk.openSync(of.file, of.flags, of.mode);
  try {
    act(fd);
  } finally {
    disk.closeSync(fd);
  }
};

/**
 * Replaces a file as a whole: its content and then its name in the folder are on the disk when it returns.
 * @param of.what is written, for the error.
 * @throws when the disk did not take it.
 */
export const replaceDurably = (of: { file: string; temporary: string; text: string; what: string }, disk: DurableDisk = durableDisk): void => {
  const { file, temporary, text, what } = of;
  withOpen(disk, { file: temporary, flags: 'w', mode: 0o600 }, (fd) => {
    if (disk.writeSync(fd, text) !== Buffer.byteLength(text)) throw new Error(`the disk took only a part of ${what}`);
    disk.fsyncSync(fd);
  });
  disk.renameSync(temporary, file);
  withOpen(disk, { file: dirname(file), flags: 'r' }, (fd) => {
    disk.fsyncSync(fd);
  });
};
