import { readdirSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';

/** zod refuses some schemas while their module loads. Here that fails a test; elsewhere it only leaves a file without tests. */

const modules = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.replace(/\.ts$/, ''));
const failures = new Map<string, unknown>();

// Before the tests, not within one: mutation testing would else take a module's own code as covered by that one test alone.
beforeAll(async () => {
  for (const name of modules) await import(`./${name}.ts`).catch((error: unknown) => failures.set(name, error));
});

test.each(modules)('%s loads', (name) => {
  expect(failures.get(name)).toBe(undefined);
});
