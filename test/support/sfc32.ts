/** The generator sfc32: one state, one stream of 32-bit numbers, on every machine. */
export class Sfc32 {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** @param of.turns numbers thrown away first, so that near seeds give streams that are far apart. */
  constructor(of: { a: number; b: number; c: number; turns: number }) {
    [this.#a, this.#b, this.#c] = [of.a, of.b, of.c];
    for (let turn = 0; turn < of.turns; turn += 1) this.bits();
  }

  /** 32 random bits. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
