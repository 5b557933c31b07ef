import { expect, test } from 'vitest';
import type { z } from 'zod';

/** A field (`a.0.b`), values that it takes, and values that it refuses. `undefined` stands for a field that is left out. */
export type Row = readonly [field: string, takes: readonly unknown[], refuses: readonly unknown[]];

type Tree = Record<string, unknown>;

const withField = (base: unknown, path: readonly string[], value: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = structuredClone(base) as Tree;
  if (rest.length > 0) copy[key] = withField(copy[key] ?? {}, rest, value);
  else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
};

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 40);

/** Each value of each row stands alone in an otherwise valid value. `base` is called within the tests, so a broken schema fails them one by one. */
export const holdsRows = (schema: z.ZodType, base: () => unknown, rows: readonly Row[]): void => {
  for (const [field, takes, refuses] of rows) {
    test(`${field} takes ${takes.map(shown).join(', ')}`, () => {
      for (const value of takes) expect(schema.safeParse(withField(base(), field.split('.'), value)).error?.issues, shown(value)).toBe(undefined);
    });
    test(`${field} refuses ${refuses.map(shown).join(', ')}`, () => {
      for (const value of refuses) {
        const issues = schema.safeParse(withField(base(), field.split('.'), value)).error?.issues ?? [];
        expect(
          issues.map(({ path }) => path.join('.')).some((path) => path === field || path.startsWith(`${field}.`)),
          `${field} ${shown(value)}`,
        ).toBe(true);
      }
    });
  }
};

/** Text of a length. */
export const long = (length: number): string => 'x'.repeat(length);
/** A list of a length. */
export const many = (length: number, item: unknown): unknown[] => Array.from({ length }, () => item);
export const largest = Number.MAX_SAFE_INTEGER;
