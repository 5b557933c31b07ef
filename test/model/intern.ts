/** Gives equal parts of states the same small number, so that a state is encoded by a few characters. */
export class Interned<P> {
  readonly #codes = new Map<string, string>();
  readonly #write: (part: P) => string;

  constructor(write: (part: P) => string) {
    this.#write = write;
  }

  /** Two characters that stand for this part and every equal one. */
  code(part: P): string {
    const text = this.#write(part);
    let code = this.#codes.get(text);
    if (code === undefined) {
      const number = this.#codes.size;
      code = String.fromCharCode(number & 0x7fff, number >> 15);
      this.#codes.set(text, code);
    }
    return code;
  }
}

/** The same with the codes of one state's parts at hand: of the states that follow it, only what changed is written anew. */
export class Codes<P> {
  readonly #interned: Interned<P>;
  #parts: readonly P[] = [];
  #known: string[] = [];

  constructor(write: (part: P) => string) {
    this.#interned = new Interned(write);
  }

  base(parts: readonly P[]): void {
    this.#parts = parts;
    this.#known = parts.map((part) => this.#interned.code(part));
  }

  of(parts: readonly P[]): string {
    let all = '';
    for (const [index, part] of parts.entries()) all += part === this.#parts[index] ? (this.#known[index] ?? '') : this.#interned.code(part);
    return all;
  }
}

export const replaced = <T>(list: readonly T[], index: number, value: T): T[] => list.map((one, at) => (at === index ? value : one));

/** `make`, which is asked once for each object. */
export const once = <P extends object, R>(make: (part: P) => R): ((part: P) => R) => {
  const made = new WeakMap<P, R>();
  return (part) => {
    const known = made.get(part) ?? make(part);
    made.set(part, known);
    return known;
  };
};
