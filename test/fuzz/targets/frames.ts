import { FrameReader, maxFrameBytes } from '../../../chains/cometbft/privval/frames.ts';
import { readRequest } from '../../../chains/cometbft/privval/read.ts';
import { frameOf, readAgain, requestBytes } from '../privval.ts';
import { mutateBytes } from '../mutate.ts';
import { hold, same, target } from '../target.ts';

/** Bytes from the node's privval socket: frames out of any pieces, and the request inside each. */

interface Input {
  readonly stream: Buffer;
  /** Where the stream is cut into pieces. */
  readonly cuts: readonly number[];
}

/** The frames in a stream, or null when a length is over the limit: written from the protobuf specification. */
const framesIn = (stream: Buffer): Buffer[] | null => {
  const frames: Buffer[] = [];
  for (let at = 0; ;) {
    let [length, shift] = [0n, 0n];
    let from = at;
    for (;;) {
      const byte = stream[from];
      if (byte === undefined) return frames;
      from += 1;
      length |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (length > BigInt(maxFrameBytes)) return null;
      if (byte < 0x80) break;
      if (shift >= 28n) return null;
    }
    const to = from + Number(length);
    if (to > stream.length) return frames;
    frames.push(stream.subarray(from, to));
    at = to;
  }
};

/** The errors that read.ts and the wire library document: the connection ends on each. */
export const isFrameRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  error.message.length < 300 &&
  (error.constructor === Error || (error instanceof RangeError && error.message === 'premature EOF'));

export const frames = target<Input>({
  name: 'privval-frames',
  about: 'chains/cometbft/privval/frames.ts FrameReader, chains/cometbft/privval/read.ts readRequest',
  refuses: isFrameRefusal,
  make: (random, valid) => {
    const whole = Buffer.concat(Array.from({ length: random.between(1, 4) }, () => frameOf(requestBytes(random, valid))));
    const stream = valid || random.once(3) ? whole : random.once(6) ? random.bytes(random.below(300)) : mutateBytes(random, whole);
    const pieces = random.once(20) ? stream.length : random.below(6);
    return { stream, cuts: Array.from({ length: pieces }, () => random.below(stream.length + 1)).sort((a, b) => a - b) };
  },
  run: ({ stream, cuts }) => {
    const expected = framesIn(stream);
    const reader = new FrameReader();
    const found: Buffer[] = [];
    let refused: unknown = null;
    try {
      for (const [index, cut] of [...cuts, stream.length].entries())
        for (const frame of reader.push(stream.subarray(cuts[index - 1] ?? 0, cut))) found.push(Buffer.from(frame));
    } catch (error) {
      refused = error;
    }
    hold((refused === null) === (expected !== null), `the reader ${refused === null ? 'took' : 'refused'} a stream that it should not`);
    if (refused !== null || expected === null) throw refused;
    same(
      found.map((frame) => frame.toString('hex')),
      expected.map((frame) => frame.toString('hex')),
      'the frames',
    );
    for (const frame of found) {
      const again = readAgain(frame);
      const request = ((): ReturnType<typeof readRequest> | Error => {
        try {
          return readRequest(frame);
        } catch (error) {
          if (again !== null) throw error;
          return error as Error;
        }
      })();
      if (request instanceof Error) throw request;
      hold(again !== null, 'a request was read where a second decoder finds none');
      same(JSON.stringify(request, plain), JSON.stringify(again, plain), 'the request');
    }
    return 'accepted';
  },
});

const plain = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer' && 'data' in value
    ? Buffer.from(value.data as number[]).toString('hex')
    : value;
};
