import type { z } from 'zod';

/** What a text holds by this schema; undefined when it is no JSON, or of another shape. For what may be anything, and is then nothing. */
export const jsonBy = <S extends z.ZodType>(schema: S, text: string | undefined): z.output<S> | undefined => {
  try {
    return schema.safeParse(JSON.parse(String(text))).data;
  } catch {
    // No JSON.
  }
  return undefined;
};
