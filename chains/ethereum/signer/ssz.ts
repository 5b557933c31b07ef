import { createHash } from 'node:crypto';

/** As much of SSZ (the consensus specification's simple serialize) as the duties of a validator need: roots of what is signed. */

const chunkBytes = 32;

const sha256 = (a: Uint8Array, b: Uint8Array): Buffer => createHash('sha256').update(a).update(b).digest();

const zeroes: Buffer[] = [Buffer.alloc(chunkBytes)];
const zeroAt = (depth: number): Buffer => {
  for (let at = zeroes.length; at <= depth; at += 1) zeroes.push(sha256(zeroAt(at - 1), zeroAt(at - 1)));
  return zeroes[depth] ?? Buffer.alloc(chunkBytes);
};

/** Root of the binary tree over these chunks, filled up with zeroes to `limit` leaves. */
export const merkleize = (chunks: readonly Uint8Array[], limit: number = chunks.length): Buffer => {
  if (chunks.length > limit) throw new RangeError(`${chunks.length} chunks do not fit into ${limit}`);
  const depth = Math.ceil(Math.log2(Math.max(limit, 1)));
  let layer: Uint8Array[] = [...chunks];
  for (let level = 0; level < depth; level += 1) {
    const next: Uint8Array[] = [];
    for (let at = 0; at < layer.length; at += 2) next.push(sha256(layer[at] ?? zeroAt(level), layer[at + 1] ?? zeroAt(level)));
    layer = next;
  }
  return Buffer.from(layer[0] ?? zeroAt(depth));
};

/** The bytes in chunks of 32, the last one filled up with zeroes. */
const chunked = (bytes: Uint8Array): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = Buffer.alloc(chunkBytes);
    chunk.set(bytes.subarray(at, at + chunkBytes));
    chunks.push(chunk);
  }
  return chunks;
};

export const bytesOf = (hex: string): Buffer => Buffer.from(hex.replace(/^0x/, ''), 'hex');
export const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

/** Root of a byte vector; also of a bit vector. */
export const vectorRoot = (hex: string): Buffer => merkleize(chunked(bytesOf(hex)));

export const uint64Root = (value: string | number | bigint): Buffer => {
  const chunk = Buffer.alloc(chunkBytes);
  chunk.writeBigUInt64LE(BigInt(value));
  return chunk;
};

/** Root of a bit list with room for `limitBits`. Its highest set bit tells where it ends. @throws RangeError when there is none. */
export const bitlistRoot = (hex: string, limitBits: number): Buffer => {
  const bytes = bytesOf(hex);
  const last = bytes.at(-1) ?? 0;
  if (last === 0) throw new RangeError('a bit list without its end');
  const endBit = 31 - Math.clz32(last);
  const length = (bytes.length - 1) * 8 + endBit;
  if (length > limitBits) throw new RangeError(`a bit list of ${length} bits, expected at most ${limitBits}`);
  bytes[bytes.length - 1] = last & ~(1 << endBit);
  const used = bytes.subarray(0, Math.ceil(length / 8));
  return sha256(merkleize(chunked(used), Math.ceil(limitBits / (chunkBytes * 8))), uint64Root(length));
};

/** Root of a container: of the roots of its fields, in their order. */
export const containerRoot = (...fields: readonly Uint8Array[]): Buffer => merkleize(fields);
