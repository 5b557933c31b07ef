import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError } from '../core/errors.ts';
import type { Term } from '../core/ids.ts';
import { replaceDurably } from '../runtime/durable.ts';

/** The highest term seen on this node, as the documents `fence` and `rejoin` keep it: what comes late from an older term is refused by it. */

const known = /^([1-9]\d{0,15}) (?:fenced|rejoined|held)$/m;

const seenIn = (file: string): number => {
  try {
    return Number(known.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw cause;
  }
};

/**
 * Durable when it returns.
 * @throws BatonError GuardRefused when a command has seen a newer term here, or what the disk says: then nothing may be signed.
 */
export const keepTerm = (stateDir: string, term: Term): void => {
  const file = join(stateDir, 'term');
  const seen = seenIn(file);
  if (seen > term)
    throw new BatonError('GuardRefused', `a command has seen term ${seen} on this node, and the lease names term ${term}`, {
      fix: `Was the table put back from a backup? Switch over until its term is above ${seen}.`,
    });
  replaceDurably({ file, temporary: `${file}.guard`, text: `${term} held\n`, what: 'the term' });
};
