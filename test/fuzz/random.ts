import { Sfc32 } from '../support/sfc32.ts';

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
  readonly #source: Sfc32;

  /** The stream of one input: of nothing but the seed, the name of the target and the number of the input. */
  constructor(seed: number, name: string, input: number) {
    const a = scramble(seed);
    const b = scramble(a ^ hashText(name));
    this.#source = new Sfc32({ a, b, c: scramble(b ^ input), turns: 6 });
  }

  /** 32 random bits. */
  bits(): number {
    return this.#source.bits();
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
