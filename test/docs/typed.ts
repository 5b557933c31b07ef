import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the documents tell people to type. */

export const root = join(import.meta.dirname, '..', '..');
export const read = (file: string): string => readFileSync(join(root, file), 'utf8');
export const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => join('docs', file)),
].filter((file) => file.endsWith('.md') && !file.startsWith('docs/decisions'));

/** Splits a line as a shell does, as far as the documents need it. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '');

/** The words after `baton`; null when the line is another command. */
export const batonWords = (line: string): string[] | null => {
  const words = wordsOf(line);
  if (words[0] === 'baton') return words.slice(1);
  const at = words.indexOf('--');
  return words[0] === 'npm' && words[1] === 'run' && words.includes('baton') && at >= 0 ? words.slice(at + 1) : null;
};

export interface Typed {
  readonly line: string;
  /** Within a sentence, where arguments may be left out. */
  readonly mentioned: boolean;
}

/** What is typed at a shell: each line of a block, and each command within a sentence that begins as `named` says. */
export const commandsIn = (text: string, named = /`(baton [a-z][^`]*)`/g): Typed[] => {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  const blocks = [...joined.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, body = '']) => body.split('\n').flatMap((line) => line.split(' && ')));
  const inline = [...joined.replaceAll(/```[\s\S]*?```/g, '').matchAll(named)].map(([, body = '']) => body);
  return [...blocks.map((line) => ({ line, mentioned: false })), ...inline.map((line) => ({ line, mentioned: true }))];
};
