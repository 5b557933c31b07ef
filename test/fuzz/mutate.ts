import type { Random } from './random.ts';

/** Structure-aware changes of valid examples, and changes of text and bytes that know no structure. */

export type Plain = Record<string, unknown>;

const numbers = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  -0.5,
  100,
  2_147_483_647,
  2_147_483_648,
  4_294_967_296,
  -2_147_483_649,
  999_999_999_999_999,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  2 ** 63,
  1e21,
  1e308,
  Number.MIN_VALUE,
];
const notNumbers = [NaN, Infinity, -Infinity];
const texts = [
  '',
  ' ',
  '0',
  '01',
  '1',
  '-1',
  '+1',
  '1.0',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  'null',
  'true',
  '١٢',
  '９９',
  '9'.repeat(16),
  '9'.repeat(400),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00x',
  '😀',
  'ﬀ',
  'é',
  '\u202e',
  '\n',
  'a\n',
  '\r\n',
  '../../etc/passwd',
  '$(id)',
  '${x}',
  "'; --",
  'i-0a11ce0000000001\n',
  'http://127.0.0.1:1',
  '"',
  '\\',
];
const keys = ['x', '', '__proto__', 'constructor', 'toString', 'length', 'hasOwnProperty', 'Term', '\0', '\ud800', '0', 'then', 'toJSON'];

/** An object that really has this key, `__proto__` too. */
const withKey = (key: string, value: unknown): Plain =>
  Object.defineProperty({}, key, { value, enumerable: true, configurable: true, writable: true });

/** These fields over those, without ever setting a prototype. */
const over = (first: Plain, rest: Plain): Plain => {
  for (const [key, value] of Object.entries(rest)) Object.defineProperty(first, key, { value, enumerable: true, configurable: true, writable: true });
  return first;
};

const nested = (random: Random, depth: number): unknown => {
  let value: unknown = 1;
  const list = random.once(2);
  for (let level = 0; level < depth; level += 1) value = list ? [value] : { a: value };
  return value;
};

/** How long something long is: mostly hundreds, seldom tens of thousands. */
export const longLength = (random: Random): number => (random.once(40) ? random.between(10_000, 60_000) : random.between(40, 3_000));

export const weirdText = (random: Random): string => {
  if (random.once(12)) return random.pick(['a', 'é', '0', '/', '-', '.', '\0', '😀', '=', '\n']).repeat(longLength(random));
  if (random.once(6)) return random.text(random.between(1, 30), 'abi-01 \n\0é/="\\{}[]:,#&*!|>%@`');
  return random.pick(texts);
};

/** A value that hardly ever belongs where it is put. */
export const weird = (random: Random): unknown => {
  switch (random.below(12)) {
    case 0:
      return null;
    case 1:
      return random.once(2);
    case 2:
    case 3:
      return random.pick(numbers);
    case 4:
      return random.pick(notNumbers);
    case 5:
    case 6:
    case 7:
      return weirdText(random);
    case 8:
      return random.once(3) ? Array.from({ length: random.between(1, 200) }, () => 0) : [];
    case 9:
      return {};
    case 10:
      return withKey(random.pick(keys), random.pick(numbers));
    default:
      return nested(random, random.once(50) ? random.between(100, 2_000) : random.between(2, 30));
  }
};

const swapType = (value: unknown): unknown => {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 1 : 'false';
  if (typeof value === 'string') return value === String(Number(value)) ? Number(value) : [value];
  if (Array.isArray(value)) return Object.fromEntries(value.map((item, index) => [String(index), item as unknown]));
  return value === null || value === undefined ? 'null' : Object.values(value);
};

const changeText = (random: Random, value: string): string => {
  const at = random.below(value.length + 1);
  switch (random.below(8)) {
    case 0:
      return value.slice(0, at);
    case 1:
      return `${value}${random.pick([' ', '\n', '\0', 'x', '0', '\ud800'])}`;
    case 2:
      return `${random.pick([' ', '\n', '+', '-', '0', 'x'])}${value}`;
    case 3:
      return value.slice(0, at) + weirdText(random) + value.slice(at);
    case 4:
      return value.toUpperCase();
    case 5:
      return value.repeat(random.between(2, 9));
    case 6:
      return value.slice(0, at) + value.slice(at + 1);
    default:
      return value.slice(0, at) + String.fromCharCode(random.below(random.once(2) ? 128 : 65_536)) + value.slice(at + 1);
  }
};

const changeNumber = (random: Random, value: number): unknown =>
  random.pick([value + 1, value - 1, -value, value + 0.5, value * 2, value * 1e15, random.pick(numbers), `${value}`]);

const changeList = (random: Random, list: readonly unknown[]): unknown => {
  switch (random.below(5)) {
    case 0:
      return [];
    case 1:
      return [...list, ...list];
    case 2:
      return list.slice(1);
    case 3:
      return [...list, weird(random)];
    default:
      return Array.from({ length: random.once(20) ? 1_500 : 60 }, (_, index) => list[index % Math.max(1, list.length)]);
  }
};

const changeObject = (random: Random, value: Plain): Plain => {
  const own = Object.keys(value);
  const key = random.pick(own);
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  switch (random.below(5)) {
    case 0:
    case 1:
      return rest;
    case 2:
      return over(withKey(random.pick(keys), value[key]), rest);
    case 3:
      return random.once(4) ? { ...value, [`k${random.text(longLength(random), 'ab')}`]: 1 } : { ...value, [`${key}2`]: value[key] };
    default:
      return over(withKey(random.pick(keys), weird(random)), value);
  }
};

const changeHere = (random: Random, value: unknown): unknown => {
  const kind = random.below(10);
  if (kind < 3) return weird(random);
  if (kind === 3) return swapType(value);
  if (typeof value === 'string') return changeText(random, value);
  if (typeof value === 'number') return changeNumber(random, value);
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return changeList(random, value);
  return value === null || value === undefined || Object.keys(value).length === 0 ? weird(random) : changeObject(random, value as Plain);
};

const changeSomewhere = (random: Random, value: unknown, depth: number): unknown => {
  const inner = value !== null && typeof value === 'object' ? Object.keys(value) : [];
  if (inner.length === 0 || random.once(depth === 0 ? 12 : 4)) return changeHere(random, value);
  const key = random.pick(inner);
  const changed = changeSomewhere(random, (value as Plain)[key], depth + 1);
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? changed : item));
  return over(withKey(key, changed), Object.fromEntries(Object.entries(value as Plain).filter(([name]) => name !== key)));
};

/** One to three changes of a plain value. A value is never moved under another known name, so a secret stays where it is known as one. */
export const mutate = (random: Random, value: unknown): unknown => {
  let changed = value;
  for (let times = random.once(3) ? random.between(2, 3) : 1; times > 0; times -= 1) changed = changeSomewhere(random, changed, 0);
  return changed;
};

const tokens = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  'null',
  'true',
  '1e999',
  '-',
  '"__proto__":',
  '\\ud800',
  '\\u0000',
  ' ',
  '\n',
  '\t',
  '#',
  '&a ',
  '*a',
];

export const mutateText = (random: Random, text: string): string => {
  let changed = text;
  for (let times = random.between(1, 3); times > 0; times -= 1) {
    const [at, to] = [random.below(changed.length + 1), random.below(changed.length + 1)].sort((a, b) => a - b) as [number, number];
    switch (random.below(6)) {
      case 0:
        changed = changed.slice(0, at);
        break;
      case 1:
        changed = changed.slice(0, at) + changed.slice(Math.min(to, at + 20));
        break;
      case 2:
        changed = changed.slice(0, to) + changed.slice(at, Math.min(to, at + 200)) + changed.slice(to);
        break;
      case 3:
        changed = changed.slice(0, at) + weirdText(random) + changed.slice(at);
        break;
      default:
        changed = changed.slice(0, at) + random.pick(tokens) + changed.slice(at + random.below(2));
    }
  }
  return changed;
};

export const mutateBytes = (random: Random, bytes: Buffer): Buffer => {
  let changed = Buffer.from(bytes);
  for (let times = random.between(1, 3); times > 0; times -= 1) {
    const at = random.below(changed.length + 1);
    switch (random.below(6)) {
      case 0:
        changed = changed.subarray(0, at);
        break;
      case 1:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + random.between(1, 4))]);
        break;
      case 2:
        changed = Buffer.concat([changed.subarray(0, at), random.bytes(random.between(1, 12)), changed.subarray(at)]);
        break;
      case 3:
        changed = Buffer.concat([changed.subarray(0, at), Buffer.alloc(random.between(1, 10), 0xff), changed.subarray(at)]);
        break;
      default:
        if (at < changed.length) changed[at] = random.once(3) ? random.pick([0, 1, 0x7f, 0x80, 0xff, 0x0b]) : random.bits() & 0xff;
    }
  }
  return changed;
};

/** Text with no thought of structure. */
export const noise = (random: Random): string => {
  const length = random.once(30) ? longLength(random) : random.below(60);
  if (random.once(3)) return random.bytes(Math.min(length, 2_000)).toString(random.once(2) ? 'latin1' : 'utf8');
  if (random.once(12)) return random.pick(['[', '{"a":', '{"a":[', '- ', '? ', '"', '{{', '&a [*a,']).repeat(Math.min(length, 20_000));
  return random.text(length, '{}[]",:0123456789.eE+-truefalsnu \n\\/ab_');
};
