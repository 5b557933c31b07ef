/** Splits a byte stream into frames: an unsigned varint length, then that many bytes. */

export const maxFrameBytes = 1_048_576;
const maxLengthBytes = 4;

export class FrameReader {
  #buffer = Buffer.alloc(0);

  /**
   * The frames that are complete now.
   * @throws Error when a length is over the limit: the connection cannot go on.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const frames: Uint8Array[] = [];
    for (;;) {
      const head = this.#length();
      if (head === null || this.#buffer.length < head.bytes + head.length) return frames;
      frames.push(this.#buffer.subarray(head.bytes, head.bytes + head.length));
      this.#buffer = this.#buffer.subarray(head.bytes + head.length);
    }
  }

  #length(): { length: number; bytes: number } | null {
    let length = 0;
    for (let index = 0; index < maxLengthBytes; index += 1) {
      const byte = this.#buffer[index];
      if (byte === undefined) return null;
      length += (byte & 0x7f) * 2 ** (7 * index);
      if (length > maxFrameBytes) break;
      if (byte < 0x80) return { length, bytes: index + 1 };
    }
    throw new Error(`a frame of more than ${maxFrameBytes} bytes`);
  }
}
