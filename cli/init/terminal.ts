import { createInterface } from 'node:readline/promises';
import type { z } from 'zod';
import { BatonError } from '../../core/errors.ts';
import { firstIssue } from '../../core/issue.ts';

/** Questions to a person, each answered by a line. */

export interface Terminal {
  ask(question: string): Promise<string>;
  say(line: string): void;
  close(): void;
}

/** A wrong answer is asked for again so often. */
const maxTries = 20;

/** @throws BatonError InputInvalid when nobody sits there. */
export const terminalHere = (): Terminal => {
  if (!process.stdin.isTTY)
    throw new BatonError('InputInvalid', 'there is no terminal to ask at', { field: '--answers', fix: 'baton init --answers FILE.json --yes' });
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return {
    ask: (question) => lines.question(question),
    say: (line) => void process.stderr.write(`${line}\n`),
    close: () => {
      lines.close();
    },
  };
};

export interface Question<S extends z.ZodType> {
  /** Name of the field, as it stands in the file. */
  readonly field: string;
  readonly about: string;
  readonly schema: S;
  /** What Enter means. */
  readonly fallback?: string;
  /** Makes a value of the line, before the schema judges it. */
  readonly read?: (line: string) => unknown;
}

const tooOften = (field: string): BatonError =>
  new BatonError('InputInvalid', `${field} was answered wrongly ${maxTries} times`, {
    field,
    fix: 'Read README.md, validators.yaml, and run baton init again.',
  });

/** Asks until the schema takes the answer, and says what is wrong with each that it does not. @throws BatonError InputInvalid after twenty. */
export const ask = async <S extends z.ZodType>(terminal: Terminal, question: Question<S>): Promise<z.input<S>> => {
  const { field, about, schema, fallback, read = (line) => line } = question;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const line = (await terminal.ask(`${about}${fallback === undefined ? '' : ` [${fallback}]`}: `)).trim();
    const value = read(line === '' && fallback !== undefined ? fallback : line);
    const found = schema.safeParse(value);
    if (found.success) return value as z.input<S>;
    terminal.say(`  ${field}: ${firstIssue(found.error).message}`);
  }
  throw tooOften(field);
};

/** @throws BatonError InputInvalid after twenty answers that are neither yes nor no. */
export const askYes = async (terminal: Terminal, about: string, fallback: boolean): Promise<boolean> => {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const line = (await terminal.ask(`${about} [${fallback ? 'Y/n' : 'y/N'}]: `)).trim().toLowerCase();
    if (line === '') return fallback;
    if (/^(y|yes|n|no)$/.test(line)) return line.startsWith('y');
    terminal.say('  Type y or n.');
  }
  throw tooOften(about);
};

/** Words between commas. */
export const listOf = (line: string): string[] =>
  line
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * Asks a group of questions until what they give together is accepted.
 * @param check throws a BatonError that says what does not fit.
 */
export const untilAccepted = async <T>(terminal: Terminal, questions: () => Promise<T>, check: (given: T) => void): Promise<T> => {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const given = await questions();
    try {
      check(given);
      return given;
    } catch (error) {
      if (!(error instanceof BatonError)) throw error;
      terminal.say(`  ${error.message}`);
      terminal.say(`  ${error.fix} These questions again:`);
    }
  }
  throw tooOften('this part');
};
