import type { Proposal, Vote } from '../../chains/cometbft/privval/read.ts';
import type { Random } from './random.ts';

/** Requests of a CometBFT node, written and read without the code under test: varints, tags and lengths by hand. */

export const varint = (value: bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};
const field = (number: number, wire: number, content: Buffer): Buffer => Buffer.concat([varint(BigInt(number * 8 + wire)), content]);
export const bytesField = (number: number, content: Uint8Array): Buffer => field(number, 2, Buffer.concat([varint(BigInt(content.length)), content]));
export const intField = (number: number, value: bigint): Buffer => field(number, 0, varint(value));
export const frameOf = (content: Buffer): Buffer => Buffer.concat([varint(BigInt(content.length)), content]);

const blockId = (random: Random): Buffer => {
  if (random.once(4)) return Buffer.alloc(0);
  const hash = Buffer.alloc(32, random.below(3));
  return Buffer.concat([bytesField(1, hash), bytesField(2, Buffer.concat([intField(1, 1n), bytesField(2, hash)]))]);
};
const time = (random: Random): Buffer =>
  Buffer.concat([intField(1, BigInt(random.pick([0, 1_700_000_000, -62_135_596_800]))), intField(2, BigInt(random.below(1e9)))]);

const heights = [1n, 4n, 5n, 6n, 7n];
const oddNumbers = [0n, -1n, 2n ** 31n, 2n ** 32n + 5n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 63n - 1n, -(2n ** 63n)];

/** An unknown field, which is skipped. */
const unknown = (random: Random): Buffer =>
  random.pick([
    field(19, 1, Buffer.alloc(8, 1)),
    field(20, 5, Buffer.alloc(4, 1)),
    intField(21, 2n ** 64n - 1n),
    bytesField(22, Buffer.from('x')),
    Buffer.concat([field(23, 3, intField(1, 1n)), varint(23n * 8n + 4n)]),
    varint(23n * 8n + 3n),
    Buffer.alloc(random.between(1, 300), 0xbb),
    varint(23n * 8n + 7n),
    varint(7n),
  ]);

/** One request; when `sane`, one that must be read. */
export const requestBytes = (random: Random, sane: boolean): Buffer => {
  const kind = random.below(8);
  const chain = random.once(12) ? random.pick(['', 'other', 'é', 'c\0']) : 'c';
  if (kind === 0) return bytesField(7, Buffer.alloc(0));
  if (kind === 1) return bytesField(1, bytesField(1, Buffer.from(chain)));
  const number = (usual: bigint): bigint => (!sane && random.once(10) ? random.pick(oddNumbers) : usual);
  const height = intField(2, number(random.pick(heights)));
  const round = intField(3, number(BigInt(random.below(3))));
  const parts =
    kind < 4
      ? [intField(1, number(32n)), height, round, intField(4, number(-1n)), bytesField(5, blockId(random)), bytesField(6, time(random))]
      : [
          intField(1, number(BigInt(random.between(1, 2)))),
          height,
          round,
          bytesField(4, blockId(random)),
          bytesField(5, time(random)),
          bytesField(6, Buffer.alloc(20, 9)),
          intField(7, number(3n)),
          ...(random.once(3) ? [bytesField(9, Buffer.from('extension'))] : []),
        ];
  if (!sane && random.once(5)) parts.splice(random.below(parts.length + 1), 0, unknown(random));
  if (!sane && random.once(8)) parts.push(random.pick(parts));
  if (!sane && random.once(8)) parts.splice(random.below(parts.length), 1);
  const message = Buffer.concat([bytesField(1, Buffer.concat(parts)), bytesField(2, Buffer.from(chain))]);
  return bytesField(kind < 4 ? 5 : 3, message);
};

class Refused extends Error {}

interface Field {
  readonly number: number;
  readonly wire: number;
  readonly value: bigint;
  readonly bytes: Buffer;
}

/** A varint as the specification has it: at most ten bytes. */
const varintAt = (bytes: Buffer, at: number, longest = 10): { value: bigint; to: number } => {
  let value = 0n;
  for (let index = 0; index < longest; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new Refused();
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), to: at + index + 1 };
  }
  throw new Refused();
};

const fieldsIn = (bytes: Buffer): Field[] => {
  const found: Field[] = [];
  const open: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = varintAt(bytes, at);
    at = tag.to;
    const [number, wire] = [Number(tag.value >> 3n), Number(tag.value & 7n)];
    if (number === 0 || number > 0x1fffffff) throw new Refused();
    let [value, content] = [0n, Buffer.alloc(0)] as [bigint, Buffer];
    // What lies within a group is passed over, however long a number in it is.
    if (wire === 0) ({ value, to: at } = varintAt(bytes, at, open.length > 0 ? Infinity : 10));
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varintAt(bytes, at);
      if (length.value > 2n ** 31n) throw new Refused();
      content = bytes.subarray(length.to, length.to + Number(length.value));
      at = length.to + Number(length.value);
    } else if (wire === 3) open.push(number);
    else if (wire === 4) {
      if (open.pop() !== number) throw new Refused();
    } else throw new Refused();
    if (at > bytes.length || open.length > 100) throw new Refused();
    if (open.length === 0) found.push({ number, wire, value, bytes: content });
  }
  if (open.length > 0) throw new Refused();
  return found;
};

/** The last field of this number, which must have this wire type wherever it stands. */
const last = (fields: readonly Field[], number: number, wire: number): Field | undefined => {
  const all = fields.filter((one) => one.number === number && one.wire !== 4);
  if (all.some((one) => one.wire !== wire)) throw new Refused();
  return all.at(-1);
};
const int = (fields: readonly Field[], number: number): number => Number(BigInt.asIntN(32, last(fields, number, 0)?.value ?? 0n));
const long = (fields: readonly Field[], number: number): bigint => BigInt.asIntN(64, last(fields, number, 0)?.value ?? 0n);
const part = (fields: readonly Field[], number: number): Buffer => last(fields, number, 2)?.bytes ?? Buffer.alloc(0);
/** Each of a repeated sub-message is read, and the last one counts. */
const message = (fields: readonly Field[], number: number): Field[] => {
  last(fields, number, 2);
  return (
    fields
      .filter((one) => one.number === number)
      .map((one) => fieldsIn(one.bytes))
      .at(-1) ?? []
  );
};

const readBlock = (fields: Field[]): unknown => {
  const parts = message(fields, 2);
  return { hash: part(fields, 1), parts: { total: int(parts, 1) >>> 0, hash: part(parts, 2) } };
};
const readTime = (fields: Field[]): unknown => ({ seconds: long(fields, 1), nanos: int(fields, 2) });

const readDuty = (fields: Field[], kind: 'vote' | 'proposal'): unknown => {
  const [type, height, round] = [int(fields, 1), long(fields, 2), int(fields, 3)];
  if (kind === 'proposal')
    return { kind, type, height, round, polRound: int(fields, 4), blockId: readBlock(message(fields, 5)), timestamp: readTime(message(fields, 6)) };
  return {
    kind,
    type,
    height,
    round,
    blockId: readBlock(message(fields, 4)),
    timestamp: readTime(message(fields, 5)),
    address: part(fields, 6),
    index: int(fields, 7),
    extension: part(fields, 9),
  };
};

/** The request in a frame as a second decoder finds it, or null when there is none. */
export const readAgain = (frame: Buffer): unknown => {
  try {
    let found: unknown = null;
    for (const { number, wire, bytes } of fieldsIn(frame)) {
      if (![1, 3, 5, 7].includes(number)) continue;
      if (wire !== 2) throw new Refused();
      if (number === 7) {
        found = { kind: 'ping' };
        continue;
      }
      const inner = fieldsIn(bytes);
      if (number === 1) {
        found = { kind: 'pubKey', chainId: part(inner, 1).toString('utf8') };
        continue;
      }
      const duties = inner.filter((one) => one.number === 1);
      if (duties.length === 0) throw new Refused();
      const duty = readDuty(message(inner, 1), number === 3 ? 'vote' : 'proposal');
      found = { kind: 'sign', duty, chainId: part(inner, 2).toString('utf8') };
    }
    return found;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
};

export type Duty = Vote | Proposal;
