/**
 * Puts a note into an ELF program, where Node looks for the program inside of it: a table of segments at the end, one more loaded segment that
 * holds this table and the note, and one more that names the note. What is not loaded (symbols) is left out. 64 bits, little-endian.
 */

const headerBytes = 64;
const entryBytes = 56;
const [load, note, table] = [1, 4, 6];
/** The largest page of any machine that Node has a build for. */
const pageBytes = 65_536;

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly align: number;
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

const readSegment = (elf: Buffer, at: number): Segment => ({
  type: elf.readUInt32LE(at),
  flags: elf.readUInt32LE(at + 4),
  offset: Number(elf.readBigUInt64LE(at + 8)),
  address: Number(elf.readBigUInt64LE(at + 16)),
  fileBytes: Number(elf.readBigUInt64LE(at + 32)),
  memoryBytes: Number(elf.readBigUInt64LE(at + 40)),
  align: Number(elf.readBigUInt64LE(at + 48)),
});

const writeSegment = (to: Buffer, at: number, of: Segment): void => {
  to.writeUInt32LE(of.type, at);
  to.writeUInt32LE(of.flags, at + 4);
  [of.offset, of.address, of.address, of.fileBytes, of.memoryBytes, of.align].forEach((value, index) => {
    to.writeBigUInt64LE(BigInt(value), at + 8 + index * 8);
  });
};

const noteOf = (name: string, content: Buffer): Buffer => {
  const named = Buffer.alloc(roundUp(name.length + 1, 4));
  named.write(name);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length + 1, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, named, content, Buffer.alloc(roundUp(content.length, 4) - content.length)]);
};

/** @throws Error when it is no such program. */
export const withNote = (elf: Buffer, { name, content }: { readonly name: string; readonly content: Buffer }): Buffer => {
  if (elf.length < headerBytes || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1)
    throw new Error('expected an ELF program of 64 bits, little-endian');
  const from = Number(elf.readBigUInt64LE(32));
  const segments = Array.from({ length: elf.readUInt16LE(56) }, (_, index) => readSegment(elf, from + index * entryBytes));
  const loads = segments.filter(({ type }) => type === load);
  const [first] = loads;
  if (!first || loads.some(({ offset, fileBytes }) => offset + fileBytes > elf.length)) throw new Error('the ELF program is cut off');
  // Older kernels tell a program where its table is by the distance of the first segment alone, so the new one keeps to it.
  const base = first.address - first.offset;
  const endOfFile = Math.max(...loads.map(({ offset, fileBytes }) => offset + fileBytes));
  const endOfMemory = Math.max(...loads.map(({ address, memoryBytes }) => address + memoryBytes)) - base;
  const offset = roundUp(Math.max(endOfFile, endOfMemory), pageBytes);
  const tableBytes = (segments.length + 2) * entryBytes;
  const noteAt = roundUp(tableBytes, 16);
  const body = noteOf(name, content);
  const made = Buffer.alloc(offset + noteAt + body.length);
  elf.copy(made, 0, 0, endOfFile);
  body.copy(made, offset + noteAt);
  const placed = (type: number, at: number, bytes: number, align: number): Segment => ({
    ...{ type, flags: 4, offset: offset + at, address: base + offset + at, fileBytes: bytes, memoryBytes: bytes, align },
  });
  // Loaded segments stand in the order of their addresses, and the table's own entry before them.
  const last = segments.findLastIndex(({ type }) => type === load);
  const all = [
    ...segments.slice(0, last + 1).map((one) => (one.type === table ? placed(table, 0, tableBytes, 8) : one)),
    placed(load, 0, noteAt + body.length, pageBytes),
    ...segments.slice(last + 1),
    placed(note, noteAt, body.length, 4),
  ];
  all.forEach((one, index) => {
    writeSegment(made, offset + index * entryBytes, one);
  });
  made.writeBigUInt64LE(BigInt(offset), 32);
  made.writeUInt16LE(all.length, 56);
  // No sections: they lay behind what is loaded.
  made.writeBigUInt64LE(0n, 40);
  made.writeUInt16LE(0, 60);
  made.writeUInt16LE(0, 62);
  return made;
};
