import * as z from 'zod';
import { canonicalJson, hashOf } from './plan.ts';

/**
 * The record of one incident as a file: JSON Lines, each line the canonical JSON of its record, so that one meaning has one text.
 *
 *     head ── counts, and the hash of the last record
 *     record 1 ── before: the hash of the format's name; hash: over number, kind, content and `before`
 *     record 2 ── before: the hash of record 1; …
 *
 * Whoever knows the last hash from elsewhere knows the whole file. Without it the chain shows that the file agrees with itself, and nothing
 * of who made it: every hash of it can be computed anew.
 */

export const bundleFormat = 'baton-bundle/1';
/** Longest file in UTF-16 code units, and most records: more than the longest history of a workflow needs. */
export const longestBundle = 64_000_000;
export const mostRecords = 40_000;

const hash = z.string().regex(/^[a-f0-9]{64}$/);
const kind = z.string().regex(/^[a-z]{1,20}$/);
const count = z.number().int().min(1).max(mostRecords);

const head = z.strictObject({ format: z.literal(bundleFormat), records: count, kinds: z.record(kind, count), last: hash });
/** What a file says of itself in its first line. */
export type BundleHead = z.infer<typeof head>;

const link = z.strictObject({ record: count, kind, content: z.record(z.string(), z.unknown()), before: hash, hash });

export interface BundleRecord {
  readonly kind: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** `line` counts from 1, the head; null when it is about the whole file. */
export type BundleCheck =
  | { readonly ok: true; readonly head: BundleHead; readonly records: readonly BundleRecord[] }
  | { readonly ok: false; readonly line: number | null; readonly why: string };

const countsOf = (kinds: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const one of kinds) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
};

/** @returns the whole file, and the hash of its last record. */
export const bundleOf = (records: readonly BundleRecord[]): { readonly text: string; readonly last: string } => {
  let last = hashOf(bundleFormat);
  const links = records.map(({ kind: named, content }, index) => {
    const body = { record: index + 1, kind: named, content, before: last };
    last = hashOf(body);
    return canonicalJson({ ...body, hash: last });
  });
  const first = canonicalJson({ format: bundleFormat, records: records.length, kinds: countsOf(records.map((one) => one.kind)), last });
  return { text: `${[first, ...links].join('\n')}\n`, last };
};

/** Undefined when the line is not the one text of what it says: two meanings in one text, or another text of the same. */
const read = <S extends z.ZodType>(schema: S, line: string | undefined): z.output<S> | undefined => {
  let found: z.output<S> | undefined;
  try {
    const value: unknown = JSON.parse(String(line));
    if (canonicalJson(value) === line) found = schema.safeParse(value).data;
  } catch {
    // No JSON, or nested too deep to be read.
  }
  return found;
};

const wrong = (line: number | null, why: string): BundleCheck => ({ ok: false, line, why });

/** @returns what the file holds, or the first line that is wrong and why. */
export const checkBundle = (text: string): BundleCheck => {
  if (text.length > longestBundle) return wrong(null, `it is longer than ${longestBundle} characters`);
  const [first, ...lines] = text.split('\n');
  const found = read(head, first);
  if (!found) return wrong(1, `it is no head of format ${bundleFormat}`);
  if (lines.pop() !== '') return wrong(null, 'its last line does not end: something was cut off');
  const records: BundleRecord[] = [];
  let last = hashOf(bundleFormat);
  for (const [index, line] of lines.entries()) {
    const at = index + 2;
    const one = read(link, line);
    if (!one) return wrong(at, 'it is no record of this format');
    const { hash: told, ...body } = one;
    if (hashOf(body) !== told) return wrong(at, 'its content does not have the hash that it gives');
    if (body.before !== last) return wrong(at, 'it does not follow the record before it: one was removed, added or moved');
    if (body.record !== index + 1) return wrong(at, `it says that it is record ${body.record}`);
    records.push({ kind: body.kind, content: body.content });
    last = told;
  }
  if (found.records !== records.length) return wrong(1, `the head counts ${found.records} records, the file holds ${records.length}`);
  if (found.last !== last) return wrong(1, 'the head gives another last hash than the last record has');
  if (canonicalJson(found.kinds) !== canonicalJson(countsOf(records.map((one) => one.kind))))
    return wrong(1, 'the head counts other kinds of records than the file holds');
  return { ok: true, head: found, records };
};

/** Names of fields that hold what nobody may see: task tokens and key material. */
const secretFields: readonly string[] = [
  'token',
  'tasktoken',
  'granttoken',
  'sealed',
  'box',
  'datakey',
  'privatekey',
  'priv_key',
  'plaintext',
  'secret',
];
/** So long a word is a token or key material, under whatever name. */
const longWord = /[\w+/=-]{200,}/g;
export const removed = '(removed)';
/** Texts in texts, as a state machine keeps them; deeper ones lose their content. */
const deepest = 40;

const cleanText = (text: string, depth: number): string => {
  if (/^\s*[[{]/.test(text)) {
    try {
      return JSON.stringify(cleanAt(JSON.parse(text), depth + 1));
    } catch {
      // No JSON: a text like any other.
    }
  }
  return text.replace(longWord, removed);
};

const cleanAt = (value: unknown, depth: number): unknown => {
  if (depth > deepest) return removed;
  if (typeof value === 'string') return cleanText(value, depth);
  if (Array.isArray(value)) return value.map((item) => cleanAt(item, depth + 1));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(longWord, removed),
      secretFields.includes(name.toLowerCase()) && item !== null ? removed : cleanAt(item, depth + 1),
    ]),
  );
};

/** The same value without task tokens and key material, also within texts that hold JSON. */
export const withoutSecrets = (value: unknown): unknown => cleanAt(value, 0);
