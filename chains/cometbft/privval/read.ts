import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Reading CometBFT's privval requests (proto/tendermint/privval/types.proto, v0.38). */

export interface Timestamp {
  readonly seconds: bigint;
  readonly nanos: number;
}
export interface PartSetHeader {
  readonly total: number;
  readonly hash: Uint8Array;
}
export interface BlockId {
  readonly hash: Uint8Array;
  readonly parts: PartSetHeader;
}

export interface Vote {
  readonly kind: 'vote';
  readonly type: number;
  readonly height: bigint;
  readonly round: number;
  readonly blockId: BlockId;
  readonly timestamp: Timestamp;
  readonly address: Uint8Array;
  readonly index: number;
  readonly extension: Uint8Array;
}
export interface Proposal {
  readonly kind: 'proposal';
  readonly type: number;
  readonly height: bigint;
  readonly round: number;
  readonly polRound: number;
  readonly blockId: BlockId;
  readonly timestamp: Timestamp;
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
    // Skipping would take a varint of any length.
    else if (wire === WireType.Varint) reader.uint64();
    else reader.skip(wire, field);
  }
};

const must = (wire: WireType, expected: WireType): void => {
  if (wire !== expected) throw new Error(`wire type ${wire} where ${expected} was expected`);
};
const text =
  (set: (value: string) => void): FieldReader =>
  (reader, wire) => {
    must(wire, WireType.LengthDelimited);
    set(reader.string());
  };
const bytesField =
  (set: (value: Uint8Array) => void): FieldReader =>
  (reader, wire) => {
    must(wire, WireType.LengthDelimited);
    set(reader.bytes());
  };
const long =
  (set: (value: bigint) => void): FieldReader =>
  (reader, wire) => {
    must(wire, WireType.Varint);
    set(BigInt(reader.int64()));
  };
const int =
  (set: (value: number) => void): FieldReader =>
  (reader, wire) => {
    must(wire, WireType.Varint);
    set(reader.int32());
  };

const readTimestamp = (bytes: Uint8Array): Timestamp => {
  let [seconds, nanos] = [0n, 0];
  readFields(bytes, {
    1: long((value) => {
      seconds = value;
    }),
    2: int((value) => {
      nanos = value;
    }),
  });
  return { seconds, nanos };
};

const readBlockId = (bytes: Uint8Array): BlockId => {
  let [hash, total, partsHash] = [new Uint8Array(), 0, new Uint8Array()] as [Uint8Array, number, Uint8Array];
  const parts = (value: Uint8Array): void => {
    readFields(value, {
      1: int((found) => {
        total = found >>> 0;
      }),
      2: bytesField((found) => {
        partsHash = found;
      }),
    });
  };
  readFields(bytes, {
    1: bytesField((value) => {
      hash = value;
    }),
    2: bytesField(parts),
  });
  return { hash, parts: { total, hash: partsHash } };
};

const noBlock: BlockId = { hash: new Uint8Array(), parts: { total: 0, hash: new Uint8Array() } };
const zeroTime: Timestamp = { seconds: 0n, nanos: 0 };

const readVote = (bytes: Uint8Array): Vote => {
  const vote = {
    kind: 'vote' as const,
    type: 0,
    height: 0n,
    round: 0,
    blockId: noBlock,
    timestamp: zeroTime,
    address: new Uint8Array() as Uint8Array,
    index: 0,
    extension: new Uint8Array() as Uint8Array,
  };
  readFields(bytes, {
    1: int((value) => {
      vote.type = value;
    }),
    2: long((value) => {
      vote.height = value;
    }),
    3: int((value) => {
      vote.round = value;
    }),
    4: bytesField((value) => {
      vote.blockId = readBlockId(value);
    }),
    5: bytesField((value) => {
      vote.timestamp = readTimestamp(value);
    }),
    6: bytesField((value) => {
      vote.address = value;
    }),
    7: int((value) => {
      vote.index = value;
    }),
    9: bytesField((value) => {
      vote.extension = value;
    }),
  });
  return vote;
};

const readProposal = (bytes: Uint8Array): Proposal => {
  const proposal = { kind: 'proposal' as const, type: 0, height: 0n, round: 0, polRound: 0, blockId: noBlock, timestamp: zeroTime };
  readFields(bytes, {
    1: int((value) => {
      proposal.type = value;
    }),
    2: long((value) => {
      proposal.height = value;
    }),
    3: int((value) => {
      proposal.round = value;
    }),
    4: int((value) => {
      proposal.polRound = value;
    }),
    5: bytesField((value) => {
      proposal.blockId = readBlockId(value);
    }),
    6: bytesField((value) => {
      proposal.timestamp = readTimestamp(value);
    }),
  });
  return proposal;
};

/** One request of the node, from the bytes inside a frame. @throws Error on anything that is none. */
export const readRequest = (bytes: Uint8Array): Request => {
  let found: Request | undefined;
  const sign = (read: (value: Uint8Array) => Vote | Proposal) =>
    bytesField((message) => {
      let [duty, chainId] = [undefined, ''] as [Vote | Proposal | undefined, string];
      readFields(message, {
        1: bytesField((value) => {
          duty = read(value);
        }),
        2: text((value) => {
          chainId = value;
        }),
      });
      if (!duty) throw new Error('a sign request without a message');
      found = { kind: 'sign', duty, chainId };
    });
  readFields(bytes, {
    1: bytesField((message) => {
      let chainId = '';
      readFields(message, {
        1: text((value) => {
          chainId = value;
        }),
      });
      found = { kind: 'pubKey', chainId };
    }),
    3: sign(readVote),
    5: sign(readProposal),
    7: bytesField(() => {
      found = { kind: 'ping' };
    }),
  });
  if (!found) throw new Error('not a request');
  return found;
};
