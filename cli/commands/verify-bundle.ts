import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { checkBundle, longestBundle } from '../../core/bundle.ts';
import { BatonError } from '../../core/errors.ts';
import { parseWith } from '../../core/parse.ts';
import { claimsOf, type Claim } from '../bundle-claims.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer, Output } from '../output.ts';

const hash = z.string().regex(/^[a-f0-9]{64}$/, 'expected the 64 digits that baton bundle printed');

/** A character of UTF-8 takes at most four bytes. */
const largest = 4 * longestBundle;

/** @throws BatonError InputInvalid when there is no such file, or it is larger than any bundle. */
const read = (file: string): string => {
  try {
    const found = statSync(file);
    if (!found.isFile() || found.size > largest) throw new Error(found.isFile() ? `it has ${found.size} bytes` : 'it is no file');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (cause) {
    throw new BatonError('InputInvalid', `${file} cannot be read: ${(cause as Error).message}`, {
      cause,
      field: 'FILE',
      fix: 'Give the file that baton bundle wrote.',
    });
  }
};

const words = { holds: 'holds', broken: 'BROKEN', unknown: 'unknown' } as const;
const lineOf = ({ claim, state, sentence }: Claim): string => `  ${words[state].padEnd(8)} ${claim.padEnd(14)} ${sentence}`;

const meaning = (expected: boolean | null): string[] => [
  ...(expected === true
    ? ['It proves that these are the very records that had this last hash when it was printed: none was changed, removed, moved or added since.']
    : ['It proves that the records agree with each other, and nothing more: whoever can write the file can compute every hash anew.']),
  'It does not prove who wrote it, nor that what AWS and the nodes told was true.',
];

/**
 * Whether a bundle is whole and agrees with itself. Asks nobody: it needs the file alone.
 * @throws BatonError InputInvalid.
 */
export const verifyBundle = (file: string, options: { readonly expect?: string }): Answer => {
  const expected = options.expect === undefined ? null : parseWith(hash, options.expect, { what: '--expect', code: 'InputInvalid' });
  const found = checkBundle(read(file));
  const nothing = { file, ok: false, broken: null, execution: null, records: 0, last: null, expected: null, claims: [] };
  if (!found.ok) {
    const where = found.line === null ? '' : `Line ${found.line}: `;
    return {
      lines: [`BROKEN: ${file} is not what was written.`, `  ${where}${found.why}.`, '  next: find another copy of it; trust nothing in this one'],
      json: { ...nothing, broken: { line: found.line, why: found.why } },
      exitCode: exitCodes.bundleBroken,
    };
  }
  const { last } = found.head;
  const claims = claimsOf(found.records);
  const asExpected = expected === null ? null : expected === last;
  const ok = asExpected !== false && claims.every(({ state }) => state !== 'broken');
  const name = found.records.find(({ kind }) => kind === 'execution')?.content['execution'];
  const execution = typeof name === 'string' ? name : null;
  return {
    lines: [
      `${ok ? 'Sound' : 'BROKEN'}: ${found.records.length} records of ${execution ?? 'no execution'}, chained to the last.`,
      ...(asExpected === false ? [`  ${words.broken.padEnd(8)} ${'last hash'.padEnd(14)} It is ${last}, not the one that was expected.`] : []),
      ...claims.map(lineOf),
      `Last hash: ${last}`,
      ...(ok ? meaning(asExpected) : ['  next: find another copy of it; trust nothing in this one']),
    ],
    json: { ...nothing, ok, execution, records: found.records.length, last, expected: asExpected, claims },
    exitCode: ok ? exitCodes.done : exitCodes.bundleBroken,
  };
};

/** `baton verify-bundle FILE`: needs no AWS and none of its variables. */
export const registerVerifyBundle = (program: Command, outputOf: (options: { json: boolean; verbose: boolean }) => Output): void => {
  program
    .command('verify-bundle <file>')
    .description('whether a bundle is whole and agrees with itself; needs no AWS')
    .option('--expect <hash>', 'the last hash that baton bundle printed')
    .action((file: string, options: { expect?: string }) => {
      const output = outputOf(program.opts<{ json: boolean; verbose: boolean }>());
      try {
        output.answer(verifyBundle(file, options.expect === undefined ? {} : { expect: options.expect }));
      } catch (error) {
        output.failure(error);
      }
    });
};
