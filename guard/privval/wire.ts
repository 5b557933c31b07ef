import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { createHash } from 'node:crypto';

/** CometBFT's privval messages (proto/tendermint/privval/types.proto, v0.38) and the canonical bytes that are signed. */

export interface Timestamp { readonly seconds: bigint; readonly nanos: number }
export interface PartSetHeader { readonly total: number; readonly hash: Uint8Array }
export interface BlockId { readonly hash: Uint8Array; readonly parts: PartSetHeader }

export interface Vote {
  readonly kind: 'vote'; readonly type: number; readonly height: bigint; readonly round: number; readonly blockId: BlockId; readonly timestamp: Timestamp;
  readonly address: Uint8Array; readonly index: number; readonly extension: Uint8Array;
}
export interface Proposal {
  readonly kind: 'proposal'; readonly type: number; readonly height: bigint; readonly round: number; readonly polRound: number; readonly blockId: BlockId; readonly timestamp: Timestamp;
}
export type Request =
  | { readonly kind: 'pubKey'; readonly chainId: string }
  | { readonly kind: 'sign'; readonly duty: Vote | Proposal; readonly chainId: string }
  | { readonly kind: 'ping' };

export const voteTypes = { prevote: 1, precommit: 2, proposal: 32 } as const;

type FieldReader = (reader: BinaryReader, wire: WireType) => void;

/** Reads a message; a known field with the wrong wire type or an unknown one is skipped as protobuf asks. */
const readFields = (bytes: Uint8Array, fields: Readonly<Record<number, FieldReader>>): void => {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const read = fields[field];
    if (read) read(reader, wire);
    else reader.skip(wire, field);
  }
};

const must = (wire: WireType, expected: WireType): void => {
  if (wire !== expected) throw new Error(`wire type ${wire} where ${expected} was expected`);
};
const text = (set: (value: string) => void): FieldReader => (reader, wire) => { must(wire, WireType.LengthDelimited); set(reader.string()); };
const bytesField = (set: (value: Uint8Array) => void): FieldReader => (reader, wire) => { must(wire, WireType.LengthDelimited); set(reader.bytes()); };
const long = (set: (value: bigint) => void): FieldReader => (reader, wire) => { must(wire, WireType.Varint); set(BigInt(reader.int64())); };
const int = (set: (value: number) => void): FieldReader => (reader, wire) => { must(wire, WireType.Varint); set(reader.int32()); };

const readTimestamp = (bytes: Uint8Array): Timestamp => {
  let [seconds, nanos] = [0n, 0];
  readFields(bytes, { 1: long((value) => { seconds = value; }), 2: int((value) => { nanos = value; }) });
  return { seconds, nanos };
};

const readBlockId = (bytes: Uint8Array): BlockId => {
  let [hash, total, partsHash] = [new Uint8Array(), 0, new Uint8Array()] as [Uint8Array, number, Uint8Array];
  const parts = (value: Uint8Array): void => { readFields(value, { 1: int((found) => { total = found >>> 0; }), 2: bytesField((found) => { partsHash = found; }) }); };
  readFields(bytes, { 1: bytesField((value) => { hash = value; }), 2: bytesField(parts) });
  return { hash, parts: { total, hash: partsHash } };
};

const noBlock: BlockId = { hash: new Uint8Array(), parts: { total: 0, hash: new Uint8Array() } };
const zeroTime: Timestamp = { seconds: 0n, nanos: 0 };

const readVote = (bytes: Uint8Array): Vote => {
  const vote = { kind: 'vote' as const, type: 0, height: 0n, round: 0, blockId: noBlock, timestamp: zeroTime, address: new Uint8Array() as Uint8Array, index: 0, extension: new Uint8Array() as Uint8Array };
  readFields(bytes, {
    1: int((value) => { vote.type = value; }), 2: long((value) => { vote.height = value; }), 3: int((value) => { vote.round = value; }),
    4: bytesField((value) => { vote.blockId = readBlockId(value); }), 5: bytesField((value) => { vote.timestamp = readTimestamp(value); }),
    6: bytesField((value) => { vote.address = value; }), 7: int((value) => { vote.index = value; }), 9: bytesField((value) => { vote.extension = value; }),
  });
  return vote;
};

const readProposal = (bytes: Uint8Array): Proposal => {
  const proposal = { kind: 'proposal' as const, type: 0, height: 0n, round: 0, polRound: 0, blockId: noBlock, timestamp: zeroTime };
  readFields(bytes, {
    1: int((value) => { proposal.type = value; }), 2: long((value) => { proposal.height = value; }), 3: int((value) => { proposal.round = value; }),
    4: int((value) => { proposal.polRound = value; }), 5: bytesField((value) => { proposal.blockId = readBlockId(value); }), 6: bytesField((value) => { proposal.timestamp = readTimestamp(value); }),
  });
  return proposal;
};

/** One request of the node, from the bytes inside a frame. @throws Error on anything that is none. */
export const readRequest = (bytes: Uint8Array): Request => {
  let found: Request | undefined;
  const sign = (read: (value: Uint8Array) => Vote | Proposal) => bytesField((message) => {
    let [duty, chainId] = [undefined, ''] as [Vote | Proposal | undefined, string];
    readFields(message, { 1: bytesField((value) => { duty = read(value); }), 2: text((value) => { chainId = value; }) });
    if (!duty) throw new Error('a sign request without a message');
    found = { kind: 'sign', duty, chainId };
  });
  readFields(bytes, {
    1: bytesField((message) => {
      let chainId = '';
      readFields(message, { 1: text((value) => { chainId = value; }) });
      found = { kind: 'pubKey', chainId };
    }),
    3: sign(readVote), 5: sign(readProposal), 7: bytesField(() => { found = { kind: 'ping' }; }),
  });
  if (!found) throw new Error('not a request');
  return found;
};

const writeMessage = (writer: BinaryWriter, field: number, build: (inner: BinaryWriter) => void): BinaryWriter => {
  writer.tag(field, WireType.LengthDelimited).fork();
  build(writer);
  return writer.join();
};
const writeBytes = (writer: BinaryWriter, field: number, value: Uint8Array): void => { if (value.length > 0) writer.tag(field, WireType.LengthDelimited).bytes(value); };
const writeInt = (writer: BinaryWriter, field: number, value: number): void => { if (value !== 0) writer.tag(field, WireType.Varint).int32(value); };
const writeLong = (writer: BinaryWriter, field: number, value: bigint): void => { if (value !== 0n) writer.tag(field, WireType.Varint).int64(value); };
const writeFixed = (writer: BinaryWriter, field: number, value: bigint): void => { if (value !== 0n) writer.tag(field, WireType.Bit64).sfixed64(value); };

const writeTimestamp = (writer: BinaryWriter, field: number, { seconds, nanos }: Timestamp): void => {
  writeMessage(writer, field, (inner) => { writeLong(inner, 1, seconds); writeInt(inner, 2, nanos); });
};

const writeBlockId = (writer: BinaryWriter, field: number, { hash, parts }: BlockId): void => {
  writeMessage(writer, field, (inner) => {
    writeBytes(inner, 1, hash);
    writeMessage(inner, 2, (header) => {
      if (parts.total !== 0) header.tag(1, WireType.Varint).uint32(parts.total);
      writeBytes(header, 2, parts.hash);
    });
  });
};

const isNil = ({ hash, parts }: BlockId): boolean => hash.length === 0 && parts.total === 0 && parts.hash.length === 0;

/** With its length in front, as it is signed and as it is framed. */
export const delimited = (bytes: Uint8Array): Buffer => Buffer.from(new BinaryWriter().bytes(bytes).finish());

const canonical = (duty: Vote | Proposal, chainId: string, timestamp: Timestamp | null): Uint8Array => {
  const writer = new BinaryWriter();
  writeInt(writer, 1, duty.kind === 'vote' ? duty.type : voteTypes.proposal);
  writeFixed(writer, 2, duty.height);
  writeFixed(writer, 3, BigInt(duty.round));
  if (duty.kind === 'proposal') writeInt(writer, 4, duty.polRound);
  const shift = duty.kind === 'proposal' ? 1 : 0;
  if (!isNil(duty.blockId)) writeBlockId(writer, 4 + shift, duty.blockId);
  if (timestamp) writeTimestamp(writer, 5 + shift, timestamp);
  if (chainId !== '') writer.tag(6 + shift, WireType.LengthDelimited).string(chainId);
  return writer.finish();
};

/** The exact bytes that CometBFT verifies a signature of. */
export const signBytes = (duty: Vote | Proposal, chainId: string, timestamp: Timestamp = duty.timestamp): Buffer => delimited(canonical(duty, chainId, timestamp));

/** Hash of a duty's content without its timestamp: two duties with the same one are the same message. */
export const contentOf = (duty: Vote | Proposal, chainId: string): string => createHash('sha256').update(canonical(duty, chainId, null)).digest('hex');

export const extensionBytes = (vote: Vote, chainId: string): Buffer => {
  const writer = new BinaryWriter();
  writeBytes(writer, 1, vote.extension);
  writeFixed(writer, 2, vote.height);
  writeFixed(writer, 3, BigInt(vote.round));
  if (chainId !== '') writer.tag(4, WireType.LengthDelimited).string(chainId);
  return delimited(writer.finish());
};

/** A precommit for a block carries a signed extension; nil and prevotes never do. */
export const wantsExtension = (duty: Vote | Proposal): duty is Vote => duty.kind === 'vote' && duty.type === voteTypes.precommit && !isNil(duty.blockId);

export interface Signed { readonly signature: Uint8Array; readonly timestamp: Timestamp; readonly extensionSignature: Uint8Array | null }

const writeVote = (writer: BinaryWriter, vote: Vote, signed: Signed): void => {
  writeInt(writer, 1, vote.type);
  writeLong(writer, 2, vote.height);
  writeInt(writer, 3, vote.round);
  writeBlockId(writer, 4, vote.blockId);
  writeTimestamp(writer, 5, signed.timestamp);
  writeBytes(writer, 6, vote.address);
  writeInt(writer, 7, vote.index);
  writeBytes(writer, 8, signed.signature);
  writeBytes(writer, 9, vote.extension);
  if (signed.extensionSignature) writeBytes(writer, 10, signed.extensionSignature);
};

const writeProposal = (writer: BinaryWriter, proposal: Proposal, signed: Signed): void => {
  writeInt(writer, 1, proposal.type);
  writeLong(writer, 2, proposal.height);
  writeInt(writer, 3, proposal.round);
  writeInt(writer, 4, proposal.polRound);
  writeBlockId(writer, 5, proposal.blockId);
  writeTimestamp(writer, 6, signed.timestamp);
  writeBytes(writer, 7, signed.signature);
};

const framed = (build: (writer: BinaryWriter) => void): Buffer => {
  const writer = new BinaryWriter();
  build(writer);
  return delimited(writer.finish());
};

export const pongFrame = (): Buffer => framed((writer) => { writeMessage(writer, 8, () => undefined); });

export const pubKeyFrame = (publicKey: Uint8Array): Buffer =>
  framed((writer) => { writeMessage(writer, 2, (answer) => { writeMessage(answer, 1, (key) => { writeBytes(key, 1, publicKey); }); }); });

export const signedFrame = (duty: Vote | Proposal, signed: Signed): Buffer => framed((writer) => {
  if (duty.kind === 'vote') writeMessage(writer, 4, (answer) => { writeMessage(answer, 1, (vote) => { writeVote(vote, duty, signed); }); });
  else writeMessage(writer, 6, (answer) => { writeMessage(answer, 1, (proposal) => { writeProposal(proposal, duty, signed); }); });
});

/** RemoteSignerError codes of this signer. */
export const refusalCodes = { notHolder: 1, watermark: 2, wrongChain: 3, state: 4 } as const;

export const refusalFrame = (duty: Vote | Proposal, code: number, description: string): Buffer => framed((writer) => {
  writeMessage(writer, duty.kind === 'vote' ? 4 : 6, (answer) => {
    writeMessage(answer, 1, () => undefined);
    writeMessage(answer, 2, (error) => { writeInt(error, 1, code); error.tag(2, WireType.LengthDelimited).string(description); });
  });
});
