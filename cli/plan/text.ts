import { readFile } from 'node:fs/promises';
import { isScalar, parseDocument, visit, type Document } from 'yaml';
import { BatonError } from '../../core/errors.ts';

/** The text of validators.yaml: hostile until it is read. */

const maxFileBytes = 2_000_000;
/** Comparisons of keys within one map, over the whole file: each key is compared with those before it. */
const maxCompared = 1_000_000;
const maxAliasCount = 100;
const longestReason = 300;

/** @throws BatonError ConfigInvalid when the file cannot be read. */
export const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new BatonError('ConfigInvalid', `cannot read ${file}`, { cause, fix: 'Give the path of validators.yaml: `baton apply validators.yaml`' });
  });

/** A few hundred characters of nested keys, or a map of very many keys, would take the library minutes. */
const read = (text: string): Document => {
  let compared = 0;
  const uniqueKeys = (a: unknown, b: unknown): boolean => {
    if ((compared += 1) > maxCompared) throw new Error('a map has too many keys');
    return a === b || (isScalar(a) && isScalar(b) && a.value === b.value);
  };
  const document = parseDocument(text, { uniqueKeys });
  const [error] = document.errors;
  if (error) throw error;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key)) throw new Error('a key is not plain text');
    },
  });
  return document;
};

const bounded = <T>(text: string, file: string, use: (document: Document) => T): T => {
  if (text.length > maxFileBytes)
    throw new BatonError('ConfigInvalid', `${file} has ${text.length} characters, at most ${maxFileBytes} are read`, { fix: 'Split the file.' });
  try {
    return use(read(text));
  } catch (cause) {
    const reason = ((cause as Error).message.split('\n')[0] ?? '').slice(0, longestReason);
    throw new BatonError('ConfigInvalid', `${file} is not YAML: ${reason}`, { cause, fix: 'Mend the line that is named and run it again.' });
  }
};

/** What the text of a YAML file holds. @throws BatonError ConfigInvalid when it is no YAML, or too much of it. */
export const valueOf = (text: string, file: string): unknown => bounded(text, file, (document): unknown => document.toJS({ maxAliasCount }));

/** The same with its comments, to be changed and written again. @throws BatonError ConfigInvalid. */
export const documentOf = (text: string, file: string): Document => bounded(text, file, (document) => document);
