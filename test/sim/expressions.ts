import { createRequire } from 'node:module';

/** dynalite's parse of a request's expressions. Each text is parsed once for each set of value types; later requests only bring other values. */

const require = createRequire(import.meta.url);

export type Data = Record<string, unknown> & {
  ExpressionAttributeValues?: Record<string, object>;
  _condition?: unknown;
  _updates?: unknown;
};

const { validateExpressions } = require('dynalite/validations') as { validateExpressions: (data: Data) => string | undefined };

interface Parsed {
  readonly condition: unknown;
  readonly updates: unknown;
  /** Which value stood where, by identity. */
  readonly names: ReadonlyMap<unknown, string>;
}

const known = new Map<string, Parsed>();

const keyOf = (data: Data): string => {
  const types = Object.entries(data.ExpressionAttributeValues ?? {}).map(([name, value]) => [name, Object.keys(value)[0]]);
  return JSON.stringify([data['ConditionExpression'], data['UpdateExpression'], data['ExpressionAttributeNames'], types]);
};

const filled = (tree: unknown, parsed: Parsed, values: Record<string, object>): unknown => {
  const name = parsed.names.get(tree);
  if (name !== undefined) return values[name];
  if (Array.isArray(tree)) return tree.map((one) => filled(one, parsed, values));
  if (tree === null || typeof tree !== 'object') return tree;
  const copy: Record<string, unknown> = {};
  for (const [field, one] of Object.entries(tree)) copy[field] = filled(one, parsed, values);
  return copy;
};

/** Adds what dynalite's judges need. Gives what is wrong with the expressions, or null. */
export const parseExpressions = (data: Data): string | null => {
  const key = keyOf(data);
  let parsed = known.get(key);
  if (!parsed) {
    const wrong = validateExpressions(data);
    if (wrong !== undefined && wrong !== null) return wrong;
    const names = new Map(Object.entries(data.ExpressionAttributeValues ?? {}).map(([name, value]) => [value as unknown, name]));
    parsed = { condition: data._condition, updates: data._updates, names };
    known.set(key, parsed);
  }
  const values = data.ExpressionAttributeValues ?? {};
  if (parsed.condition !== undefined) data._condition = filled(parsed.condition, parsed, values);
  if (parsed.updates !== undefined) data._updates = filled(parsed.updates, parsed, values);
  return null;
};
