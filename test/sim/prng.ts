import { Sfc32 } from '../support/sfc32.ts';

/** One seeded source of chance (sfc32) for a whole run. */
export class Prng {
  readonly #source: Sfc32;

  constructor(seed: number) {
    this.#source = new Sfc32({ a: seed | 0, b: Math.floor(seed / 2 ** 32) | 0, c: 0x9e3779b9 | 0, turns: 15 });
  }

  /** 0 ≤ x < 1. */
  next(): number {
    return this.#source.bits() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number, 0 ≤ n < limit. */
  int(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.int(list.length)];
    if (found === undefined) throw new RangeError('nothing to pick from');
    return found;
  }

  hex(bytes: number): string {
    let text = '';
    for (let index = 0; index < bytes; index += 1) text += this.int(256).toString(16).padStart(2, '0');
    return text;
  }
}
