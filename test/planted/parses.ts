import { transformSync } from 'esbuild';
import { parse } from 'yaml';

/** Why the text of a file is not one of its language, or null: a bug must be wrong, not broken. */
export const notParsed = (file: string, text: string): string | null => {
  try {
    if (file.endsWith('.ts')) transformSync(text, { loader: 'ts', logLevel: 'silent' });
    else if (file.endsWith('.json')) JSON.parse(text);
    else parse(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};
