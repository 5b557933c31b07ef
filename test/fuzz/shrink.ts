/** Smaller forms of an input that failed, largest step first. Works on plain values, text and bytes. */

function* pieces(length: number): Iterable<[number, number]> {
  for (let size = Math.ceil(length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < length; from += size) yield [from, Math.min(length, from + size)];
    if (length / size > 64) return;
  }
}

export function* smaller(value: unknown): Iterable<unknown> {
  if (typeof value === 'string') {
    for (const [from, to] of pieces(value.length)) yield value.slice(0, from) + value.slice(to);
    return;
  }
  if (Buffer.isBuffer(value)) {
    for (const [from, to] of pieces(value.length)) yield Buffer.concat([value.subarray(0, from), value.subarray(to)]);
    return;
  }
  if (Array.isArray(value)) {
    for (const [from, to] of pieces(value.length)) yield [...(value as unknown[]).slice(0, from), ...(value as unknown[]).slice(to)];
    for (const [index, item] of value.entries()) for (const less of smaller(item)) yield value.with(index, less);
    return;
  }
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return;
  for (const key of Object.keys(value)) yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  for (const [key, item] of Object.entries(value)) for (const less of smaller(item)) yield { ...value, [key]: less };
}
