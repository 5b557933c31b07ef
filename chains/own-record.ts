import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { term, type Term } from '../core/ids.ts';
import { replaceDurably } from '../runtime/durable.ts';

/** For daemons that keep a record of their own of what they signed: of which term it is, and whether it is whole. On the disk before the first duty. */

const ownRecord = z.strictObject({
  /** The term in which this node was opened last, or was about to be. */
  term,
  /** From the first duty of the term on, the daemon's record holds every duty. */
  exact: z.boolean(),
});
export type OwnRecord = z.infer<typeof ownRecord>;

const name = 'own-term.json';

export class RecordFile {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = stateDir;
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  }

  /** Null when there is none that can be read. */
  load(): OwnRecord | null {
    try {
      return ownRecord.parse(JSON.parse(readFileSync(join(this.#folder, name), 'utf8')));
    } catch {
      return null;
    }
  }

  /** Durable when it returns. @throws when the disk did not take it: then nothing may be signed. */
  save(of: { term: Term; exact: boolean }): void {
    const text = `${JSON.stringify({ term: of.term, exact: of.exact })}\n`;
    replaceDurably({ file: join(this.#folder, name), temporary: join(this.#folder, `.${name}.tmp`), text, what: 'the record of the term' });
  }
}

/** A disk that came back from an earlier time holds no record of what was signed since. */
export const forgetRecord = (stateDir: string): void => {
  rmSync(join(stateDir, name), { force: true });
};
