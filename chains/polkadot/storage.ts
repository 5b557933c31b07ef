/** Where Substrate keeps what, and how it is read: storage keys (twox128, twox64-concat), compact numbers, BABE digests. */

const mask = (1n << 64n) - 1n;
const [p1, p2, p3, p4, p5] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n] as const;
const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & mask;
const round = (lane: bigint, input: bigint): bigint => (rotate((lane + input * p2) & mask, 31n) * p1) & mask;
const merge = (hash: bigint, lane: bigint): bigint => ((hash ^ round(0n, lane)) * p1 + p4) & mask;

const lanesOf = (bytes: Buffer, seed: bigint): bigint => {
  const lanes = [seed + p1 + p2, seed + p2, seed, seed - p1].map((lane) => lane & mask);
  for (let at = 0; at + 32 <= bytes.length; at += 32)
    for (const [index, lane] of lanes.entries()) lanes[index] = round(lane, bytes.readBigUInt64LE(at + index * 8));
  const mixed = lanes.reduce((sum, lane, index) => sum + rotate(lane, [1n, 7n, 12n, 18n][index] ?? 0n), 0n) & mask;
  return lanes.reduce(merge, mixed);
};

/** XXH64, by its specification. */
export const xxh64 = (bytes: Buffer, seed: bigint): bigint => {
  let hash = ((bytes.length >= 32 ? lanesOf(bytes, seed) : seed + p5) + BigInt(bytes.length)) & mask;
  let at = bytes.length - (bytes.length % 32);
  for (; at + 8 <= bytes.length; at += 8) hash = (rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4) & mask;
  for (; at + 4 <= bytes.length; at += 4) hash = (rotate(hash ^ ((BigInt(bytes.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask;
  for (; at < bytes.length; at += 1) hash = (rotate(hash ^ ((BigInt(bytes.readUInt8(at)) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
};

const twox = (bytes: Buffer, words: number): string => {
  const out = Buffer.alloc(words * 8);
  for (let word = 0; word < words; word += 1) out.writeBigUInt64LE(xxh64(bytes, BigInt(word)), word * 8);
  return out.toString('hex');
};

const plain = (pallet: string, item: string): string => `0x${twox(Buffer.from(pallet), 2)}${twox(Buffer.from(item), 2)}`;

export const sessionValidators = plain('Session', 'Validators');
/** Who has offended in this era, with how severe it was. */
export const disabledValidators = plain('Session', 'DisabledValidators');
export const queuedKeys = plain('Session', 'QueuedKeys');
export const babeAuthorities = plain('Babe', 'Authorities');
/** The keys that the stash has set, whether they count already or not. */
export const nextKeysOf = (stash: string): string => {
  const account = Buffer.from(stash.slice(2), 'hex');
  return `${plain('Session', 'NextKeys')}${twox(account, 1)}${account.toString('hex')}`;
};

const bytesOf = (hex: string): Buffer => {
  if (!/^0x([0-9a-f]{2})*$/.test(hex)) throw new Error('not hexadecimal');
  return Buffer.from(hex.slice(2), 'hex');
};

/** A compact number below 2^30, and where the rest begins. @throws Error. */
const compact = (bytes: Buffer): { value: number; at: number } => {
  const mode = (bytes.at(0) ?? 3) & 3;
  if (mode === 0) return { value: bytes.readUInt8(0) >> 2, at: 1 };
  if (mode === 1 && bytes.length >= 2) return { value: bytes.readUInt16LE(0) >> 2, at: 2 };
  if (mode === 2 && bytes.length >= 4) return { value: bytes.readUInt32LE(0) >>> 2, at: 4 };
  throw new Error('no compact number');
};

const maxValidators = 10_000;

/** `Vec<AccountId32>`, each in hexadecimal. @throws Error when it is none. */
export const accountsOf = (hex: string): string[] => {
  const bytes = bytesOf(hex);
  const { value, at } = compact(bytes);
  if (value > maxValidators || bytes.length !== at + value * 32) throw new Error('no list of accounts');
  return Array.from({ length: value }, (_, index) => `0x${bytes.toString('hex', at + index * 32, at + index * 32 + 32)}`);
};

/** Of a billion. */
const wholeSeverity = 1_000_000_000;

/**
 * How severe the offence was for which the validator of this index is disabled: a share above 0 up to 1; 1 where the chain does not say (older
 * runtimes list indices alone). Null when it is not disabled, for nothing that is slashed, or the list is of a form that is not known.
 */
export const severityIn = (hex: string, index: number): number | null => {
  const bytes = bytesOf(hex);
  const { value: count, at } = compact(bytes);
  const width = count === 0 ? 0 : (bytes.length - at) / count;
  if (width !== 4 && width !== 8) return null;
  for (let from = at; from < bytes.length; from += width) {
    if (bytes.readUInt32LE(from) !== index) continue;
    const severity = width === 4 ? 1 : Math.min(1, bytes.readUInt32LE(from + 4) / wholeSeverity);
    return severity === 0 ? null : severity;
  }
  return null;
};

const preRuntime = 6;

/** Which authority authored the block, by the BABE digest of its header; null when it has none. @throws Error when it cannot be read. */
export const authorityIn = (logs: readonly string[]): number | null => {
  for (const log of logs) {
    const bytes = bytesOf(log);
    if (bytes.at(0) !== preRuntime || bytes.toString('latin1', 1, 5) !== 'BABE') continue;
    const { value, at } = compact(bytes.subarray(5));
    const data = bytes.subarray(5 + at);
    // 1 primary, 2 secondary plain, 3 secondary with VRF; each then has the index of the authority and the slot.
    if (data.length !== value || value < 13 || ![1, 2, 3].includes(data.readUInt8(0))) throw new Error('no BABE digest');
    return data.readUInt32LE(1);
  }
  return null;
};
