import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { createHash } from 'node:crypto';
import { voteTypes, type BlockId, type Proposal, type Timestamp, type Vote } from './read.ts';

/** The canonical bytes that are signed, and the answers in their frames. */

const writeMessage = (writer: BinaryWriter, field: number, build: (inner: BinaryWriter) => void): BinaryWriter => {
  writer.tag(field, WireType.LengthDelimited).fork();
  build(writer);
  return writer.join();
};
const writeBytes = (writer: BinaryWriter, field: number, value: Uint8Array): void => {
  if (value.length > 0) writer.tag(field, WireType.LengthDelimited).bytes(value);
};
const writeInt = (writer: BinaryWriter, field: number, value: number): void => {
  if (value !== 0) writer.tag(field, WireType.Varint).int32(value);
};
const writeLong = (writer: BinaryWriter, field: number, value: bigint): void => {
  if (value !== 0n) writer.tag(field, WireType.Varint).int64(value);
};
const writeFixed = (writer: BinaryWriter, field: number, value: bigint): void => {
  if (value !== 0n) writer.tag(field, WireType.Bit64).sfixed64(value);
};

const writeTimestamp = (writer: BinaryWriter, field: number, { seconds, nanos }: Timestamp): void => {
  writeMessage(writer, field, (inner) => {
    writeLong(inner, 1, seconds);
    writeInt(inner, 2, nanos);
  });
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
export const signBytes = (duty: Vote | Proposal, chainId: string, timestamp: Timestamp = duty.timestamp): Buffer =>
  delimited(canonical(duty, chainId, timestamp));

/** Hash of a duty's content without its timestamp: two duties with the same one are the same message. */
export const contentOf = (duty: Vote | Proposal, chainId: string): string =>
  createHash('sha256')
    .update(canonical(duty, chainId, null))
    .digest('hex');

export const extensionBytes = (vote: Vote, chainId: string): Buffer => {
  const writer = new BinaryWriter();
  writeBytes(writer, 1, vote.extension);
  writeFixed(writer, 2, vote.height);
  writeFixed(writer, 3, BigInt(vote.round));
  if (chainId !== '') writer.tag(4, WireType.LengthDelimited).string(chainId);
  return delimited(writer.finish());
};

/** A precommit for a block carries a signed extension; nil and prevotes never do. */
export const wantsExtension = (duty: Vote | Proposal): duty is Vote =>
  duty.kind === 'vote' && duty.type === voteTypes.precommit && !isNil(duty.blockId);

export interface Signed {
  readonly signature: Uint8Array;
  readonly timestamp: Timestamp;
  readonly extensionSignature: Uint8Array | null;
}

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

export const pongFrame = (): Buffer =>
  framed((writer) => {
    writeMessage(writer, 8, () => undefined);
  });

export const pubKeyFrame = (publicKey: Uint8Array): Buffer =>
  framed((writer) => {
    writeMessage(writer, 2, (answer) => {
      writeMessage(answer, 1, (key) => {
        writeBytes(key, 1, publicKey);
      });
    });
  });

export const signedFrame = (duty: Vote | Proposal, signed: Signed): Buffer =>
  framed((writer) => {
    if (duty.kind === 'vote')
      writeMessage(writer, 4, (answer) => {
        writeMessage(answer, 1, (vote) => {
          writeVote(vote, duty, signed);
        });
      });
    else
      writeMessage(writer, 6, (answer) => {
        writeMessage(answer, 1, (proposal) => {
          writeProposal(proposal, duty, signed);
        });
      });
  });

/** RemoteSignerError codes of this signer. */
export const refusalCodes = { notHolder: 1, watermark: 2, wrongChain: 3, state: 4, arbiter: 5, key: 6 } as const;

export const refusalFrame = (duty: Vote | Proposal, code: number, description: string): Buffer =>
  framed((writer) => {
    writeMessage(writer, duty.kind === 'vote' ? 4 : 6, (answer) => {
      writeMessage(answer, 1, () => undefined);
      writeMessage(answer, 2, (error) => {
        writeInt(error, 1, code);
        error.tag(2, WireType.LengthDelimited).string(description);
      });
    });
  });
