import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Plain } from './mutate.ts';
import type { Random } from './random.ts';

/** Items as DynamoDB gives them, made and read without the SDK's own converter. */

export type Item = Record<string, AttributeValue>;

/** DynamoDB writes numbers out in decimal digits. */
const digitsOf = (value: number): string =>
  Number.isInteger(value) ? BigInt(value).toString() : Math.abs(value) < 1e-6 ? '0.0000001' : String(value);

export const attributeOf = (value: unknown): AttributeValue => {
  if (value === null || value === undefined) return { NULL: true };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return Number.isFinite(value) ? { N: digitsOf(value) } : { S: String(value) };
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  if (typeof value === 'object') return { M: itemOf(value as Plain) };
  return { S: value as string };
};

export const itemOf = (value: Plain): Item => {
  const made: Item = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    Object.defineProperty(made, key, { value: attributeOf(item), enumerable: true, configurable: true, writable: true });
  }
  return made;
};

/** What an item means, or undefined when it means nothing that Baton stores. Numbers must be exact. */
export const plainOf = (value: AttributeValue): { plain: unknown } | undefined => {
  const [kind, ...more] = Object.keys(value);
  if (more.length > 0) return undefined;
  if (kind === 'NULL') return { plain: null };
  if (kind === 'BOOL') return { plain: value.BOOL };
  if (kind === 'S') return { plain: value.S };
  if (kind === 'N') {
    const text = value.N ?? '';
    const number = Number(text);
    return Number.isInteger(number) && digitsOf(number) !== text ? undefined : { plain: number };
  }
  if (kind === 'L') {
    const list = (value.L ?? []).map(plainOf);
    return list.includes(undefined) ? undefined : { plain: list.map((one) => one?.plain) };
  }
  if (kind !== 'M') return undefined;
  const made = {};
  for (const [key, item] of Object.entries(value.M ?? {})) {
    const read = plainOf(item);
    if (read === undefined) return undefined;
    Object.defineProperty(made, key, { value: read.plain, enumerable: true, configurable: true, writable: true });
  }
  return { plain: made };
};

const odd = (random: Random): AttributeValue =>
  random.pick<AttributeValue>([
    { N: '9007199254740992' },
    { N: '9007199254740993.5' },
    { N: '1.00000000000000000001' },
    { N: '-12345678901234567890.25' },
    { N: `1${'0'.repeat(125)}` },
    { N: '0.00000000000000000000000000000000001' },
    { B: new Uint8Array([1, 2]) },
    { SS: ['a'] },
    { NS: ['1', '2'] },
    { BS: [new Uint8Array([1])] },
    { L: [] },
    { M: {} },
    {} as AttributeValue,
    { $unknown: ['X', 1] } as unknown as AttributeValue,
  ]);

/** One change of the wire form itself. */
export const mutateItem = (random: Random, item: Item): Item => {
  const keys = Object.keys(item);
  if (keys.length === 0) return { x: odd(random) };
  const key = random.pick(keys);
  const value = item[key] as AttributeValue;
  if (value.M !== undefined && !random.once(3)) return { ...item, [key]: { M: mutateItem(random, value.M) } };
  switch (random.below(4)) {
    case 0: {
      // A converter that assigns blindly makes these fields inherited ones.
      const hidden = Object.defineProperty({}, '__proto__', { value: { M: item }, enumerable: true, configurable: true, writable: true }) as Item;
      return value.M === undefined ? { ...item, [key]: odd(random) } : { ...item, [key]: { M: Object.assign(hidden, {}) } };
    }
    case 1:
      return value.M === undefined
        ? { ...item, [key]: odd(random) }
        : {
            ...item,
            [key]: {
              M: Object.defineProperty({}, '__proto__', { value: { M: value.M }, enumerable: true, configurable: true, writable: true }),
            },
          };
    case 2:
      return value.N === undefined ? { ...item, [key]: odd(random) } : { ...item, [key]: { S: value.N } };
    default:
      return { ...item, [key]: odd(random) };
  }
};
