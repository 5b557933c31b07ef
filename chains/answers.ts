import type { Ask } from './rpc.ts';

/**
 * What one place of watching has answered in one round of looks. Validators of the same chain ask the same there: it is asked once, and all of
 * them are given what came, be it an answer or trouble.
 */
export interface Answers {
  once<T>(question: string, ask: () => Promise<T>): Promise<T>;
}

/** Whoever looks alone asks everything anew. */
export const alone: Answers = { once: (_question, ask) => ask() };

/** An endpoint, and what it has answered already. */
export interface At {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly answers: Answers;
}

/** For one who looks alone. */
export const atOf = (url: string, signal: AbortSignal): At => ({ url, signal, answers: alone });

class Shared implements Answers {
  readonly #asked = new Map<string, Promise<unknown>>();

  once<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#asked.get(question) as Promise<T> | undefined;
    if (known) return known;
    const asked = ask();
    this.#asked.set(question, asked);
    return asked;
  }
}

/** One round of looks. What was answered in one vantage is never used for another: two that agree must have seen it themselves. */
export class Round {
  readonly #places = new Map<string, Shared>();

  /** @param of.kind of the chain: each kind parses its answers in its own way. */
  at({ kind, vantage, url }: { readonly kind: string; readonly vantage: string; readonly url: string }): Answers {
    const key = JSON.stringify([kind, vantage, url]);
    const known = this.#places.get(key) ?? new Shared();
    this.#places.set(key, known);
    return known;
  }
}

/** Asks by JSON-RPC what nobody has asked there in this round. */
export const onceOf =
  (answers: Answers, call: Ask): Ask =>
  (url, of, signal) =>
    answers.once(JSON.stringify(of), () => call(url, of, signal));
