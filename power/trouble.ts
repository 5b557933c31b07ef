import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import type { PowerTestCode } from '../core/power-proof.ts';
import { Unanswered } from '../relay/post.ts';

type Code = Exclude<PowerTestCode, 'works'>;

/** Why there is no answer that can be used. Its words hold nothing that was sent or received. */
export class Trouble extends Error {
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** @param who as a sentence begins with it: `the controller`. */
export const troubleOf = (error: unknown, who: string): Trouble => {
  if (error instanceof Trouble) return error;
  if (error instanceof Unanswered) return new Trouble('PowerUnreachable', `${who} gives no answer: ${error.message}`);
  if (error instanceof BatonError) return new Trouble('PowerSecretMissing', error.message);
  return new Trouble('PowerUnreachable', `${who} gives no answer`);
};

/** @throws Trouble. */
export const readJson = <S extends z.ZodType>(body: string, schema: S, of: { readonly what: string; readonly wanted: string }): z.output<S> => {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Trouble('PowerUnusable', `${of.what} is not JSON`);
  }
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  throw new Trouble('PowerUnusable', `${of.what} is not ${of.wanted}`);
};
