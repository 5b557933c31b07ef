import { isDeepStrictEqual } from 'node:util';
import type { Random } from './random.ts';

/** What a parser did with an input. What it throws is judged by the engine: a BatonError is a refusal, anything else a crash. */
export type Outcome = 'accepted' | 'refused';

/** One parser that meets outside input. To add one: one file in targets/, one line in targets/index.ts. */
export interface Target<I = unknown> {
  readonly name: string;
  /** Which code of the tree it runs. */
  readonly about: string;
  /** An input; when `valid`, an untouched valid one, which must be accepted. */
  readonly make: (random: Random, valid: boolean) => I;
  /** Runs the parser and holds what it accepted to conditions written by hand. @throws Wrong when they do not hold. */
  readonly run: (input: I) => Outcome | Promise<Outcome>;
  /** An error other than a BatonError that is the documented refusal of this parser. */
  readonly refuses?: (error: unknown) => boolean;
  /** Time that one input may take; 250 ms when absent. */
  readonly budgetMs?: (input: I) => number;
  /** A smaller input to try in the place of one that failed. */
  readonly smaller?: (input: I) => Iterable<I>;
  readonly open?: () => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
}

/** The oracle's word: accepted though not valid, or told something that is not so. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
}

export const hold = (condition: boolean, what: string): void => {
  if (!condition) throw new Wrong(what);
};

export const shownAs = (value: unknown): string => {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item)) ?? 'undefined';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

export const same = (found: unknown, expected: unknown, what: string): void => {
  if (!isDeepStrictEqual(found, expected)) throw new Wrong(`${what}: ${shownAs(found)}, expected ${shownAs(expected)}`);
};

/** Stands where secrets stand; no message may hold it. */
export const canary = 'Q0FOQVJZc2VjcmV0';

/** Keeps the type of its inputs to itself, so that targets of all kinds fit in one list. */
export const target = <I>(of: Target<I>): Target => of as unknown as Target;
