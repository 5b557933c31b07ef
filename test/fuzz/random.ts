/** A seeded generator of pseudo-random numbers (sfc32): one seed, one stream, on every machine. */

const scramble = (state: number): number => {
  let z = (state + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
};

const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
};

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** The stream of one input: of nothing but the seed, the name of the target and the number of the input. */
  constructor(seed: number, name: string, input: number) {
    this.#a = scramble(seed);
    this.#b = scramble(this.#a ^ hashText(name));
    this.#c = scramble(this.#b ^ input);
    for (let turn = 0; turn < 6; turn += 1) this.bits();
  }

  /** 32 random bits. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** 0 ≤ n < below. */
  below(below: number): number {
    return below <= 0 ? 0 : Math.floor((this.bits() / 2 ** 32) * below);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bytes(length: number): Buffer {
    const made = Buffer.allocUnsafe(length);
    for (let index = 0; index < length; index += 1) made[index] = this.bits();
    return made;
  }

  text(length: number, alphabet: string): string {
    let made = '';
    for (let index = 0; index < length; index += 1) made += alphabet[this.below(alphabet.length)];
    return made;
  }

  hex(length: number): string {
    return this.text(length, '0123456789abcdef');
  }
}
