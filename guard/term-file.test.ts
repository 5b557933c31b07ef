import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { t } from '../test/support/core.ts';
import { keepTerm } from './term-file.ts';

let dir = '';
const file = (): string => join(dir, 'term');
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'term-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test.each([null, '1 fenced\n', '2 rejoined\n', '3 held\n', 'nonsense\n'])('the term that is opened is kept, after %j', (before) => {
  if (before !== null) writeFileSync(file(), before);
  keepTerm(dir, t(3));
  expect(readFileSync(file(), 'utf8')).toBe('3 held\n');
});
test('what a newer term has fenced does not open', () => {
  writeFileSync(file(), '10 fenced\n');
  expect(() => keepTerm(dir, t(9))).toThrow('a command has seen term 10 on this node');
  expect(readFileSync(file(), 'utf8')).toBe('10 fenced\n');
});
test('a disk that does not take it opens nothing', () => {
  expect(() => keepTerm(join(dir, 'none'), t(9))).toThrow('ENOENT');
});
