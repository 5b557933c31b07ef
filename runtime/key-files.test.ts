import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wipe, writeNew } from './key-files.ts';

let dir = '';
let keys = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keys-'));
  keys = join(dir, 'keys');
  mkdirSync(keys, { mode: 0o700 });
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('a key is for its owner alone, and the bytes of the caller stay the caller’s', () => {
  const key = Buffer.from('the key');
  writeNew(join(keys, 'key'), key);
  expect(statSync(join(keys, 'key')).mode & 0o777).toBe(0o400);
  expect(readFileSync(join(keys, 'key'), 'utf8')).toBe('the key');
  expect(key.toString()).toBe('the key');
});

test('a file that is there already, or a link, is not written through', () => {
  symlinkSync(join(dir, 'elsewhere'), join(keys, 'key'));
  expect(() => {
    writeNew(join(keys, 'key'), 'the key');
  }).toThrow('EEXIST');
  expect(readdirSync(dir)).toEqual(['keys']);
});

test('everything is overwritten and gone, also in folders and of any size', () => {
  mkdirSync(join(keys, 'store', 'deep'), { recursive: true });
  const [one, two] = [join(keys, 'key'), join(keys, 'store', 'deep', 'key')];
  writeFileSync(one, Buffer.alloc(200_000, 7), { mode: 0o400 });
  writeFileSync(two, 'secret');
  // A second name of the same bytes shows what became of them.
  linkSync(one, join(dir, 'seen-one'));
  linkSync(two, join(dir, 'seen-two'));
  wipe(keys);
  expect(readdirSync(keys)).toEqual([]);
  expect(readFileSync(join(dir, 'seen-one')).equals(Buffer.alloc(200_000))).toBe(true);
  expect(readFileSync(join(dir, 'seen-two')).equals(Buffer.alloc(6))).toBe(true);
});

test('what a link leads to is left as it is', () => {
  writeFileSync(join(dir, 'other'), 'not a key');
  symlinkSync(join(dir, 'other'), join(keys, 'link'));
  wipe(keys);
  expect(readdirSync(keys)).toEqual([]);
  expect(readFileSync(join(dir, 'other'), 'utf8')).toBe('not a key');
});

test('a folder that is not there is no wiped one', () => {
  expect(() => {
    wipe(join(dir, 'nothing'));
  }).toThrow('ENOENT');
});
