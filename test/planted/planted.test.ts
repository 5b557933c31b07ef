import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { controls, quickScopes, scopes } from '../model/scopes.ts';
import { areas, aslTests, edited, patchesOf } from './bug.ts';
import { museum } from './museum.ts';
import { notParsed } from './parses.ts';

/** The museum itself: each bug can still be planted in the code of today. `npm run planted` hunts them. */

const root = join(import.meta.dirname, '..', '..');

describe.each(museum)('$name', (bug) => {
  test('can be planted, and what it becomes still parses', () => {
    const patches = patchesOf(bug, root);
    expect(patches.length).toBeGreaterThan(0);
    for (const { file, before, after } of patches) {
      expect(after).not.toBe(before);
      expect(file).not.toMatch(/\.test\.ts$|^test\//);
      expect(notParsed(file, after)).toBe(null);
    }
  });
});

test('there are at least 25, each with a name, a story and catchers of its own', () => {
  expect(museum.length).toBeGreaterThanOrEqual(25);
  expect(new Set(museum.map(({ name }) => name)).size).toBe(museum.length);
  expect(museum.filter(({ name }) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
  expect(museum.filter(({ story }) => story.length < 20 || story.length > 300)).toEqual([]);
  expect(museum.filter(({ catchers }) => catchers.length === 0)).toEqual([]);
  expect(areas.filter((area) => !museum.some((bug) => bug.area === area))).toEqual([]);
});

test('every catcher that is named exists', () => {
  expect(controls.length).toBeGreaterThan(0);
  for (const catcher of museum.flatMap((bug) => bug.catchers)) {
    if (catcher.kind === 'sim') continue;
    if (catcher.kind === 'explore') {
      expect((catcher.quick ? quickScopes : scopes).map(({ name }) => name)).toContain(catcher.scope);
      continue;
    }
    const file = catcher.kind === 'asl' ? aslTests : catcher.file;
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), 'utf8').length).toBeGreaterThan(0);
  }
});

describe('an edit', () => {
  const edit = { file: 'x.ts', find: 'b', replace: 'c' };
  test('changes the one place, or the one that is meant', () => {
    expect(edited('abd', edit)).toBe('acd');
    expect(edited('abab', { ...edit, nth: [2, 2] })).toBe('abac');
  });
  test('of a text that is there more or less often than said is refused', () => {
    expect(() => edited('ad', edit)).toThrow('x.ts: "b" occurs 0 times, not 1');
    expect(() => edited('abab', edit)).toThrow('occurs 2 times, not 1');
  });
});
