import * as fs from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dir, useFolder } from '../test/support/privval.ts';
import { StateFile, type Disk } from './state.ts';

/** The watermark on the disk: what is called in which order, and what stops the guard. */

useFolder();

const mark = { watermark: { kind: 'slot', slot: 7 }, detail: null } as const;

describe('the watermark', () => {
  test('is on the disk, whole, before it takes the place of the old one', () => {
    const called: string[] = [];
    const real = { ...fs, writeSync: (fd: number, text: string) => fs.writeSync(fd, text) };
    const disk = new Proxy(real, {
      get: (calls, name: keyof Disk) => {
        called.push(name);
        return calls[name];
      },
    });
    const file = new StateFile(join(dir, 'watermark.json'), disk);
    called.length = 0;
    file.save(mark);
    // Its content, then its name in the folder: both outlive a power cut.
    expect(called).toEqual(['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync', 'openSync', 'fsyncSync', 'closeSync']);
    expect(new StateFile(join(dir, 'watermark.json')).load()).toEqual(mark);
  });
  test('that cannot be read is not the same as none', () => {
    const file = new StateFile(join(dir, 'watermark.json'));
    expect(file.load()).toBe(null);
    mkdirSync(join(dir, 'watermark.json'));
    expect(() => file.load()).toThrow('cannot be read');
  });
});
