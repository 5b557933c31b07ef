import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { BatonError } from '../../../core/errors.ts';
import { historyOf, merge, noHistory, raise, type KeyHistory } from '../eip3076.ts';
import type { EthereumMark } from '../mark.ts';

/**
 * What each key has signed, on the disk: a line for each message, appended and synced before the signature leaves. Rewritten as a whole when
 * it is opened or raised. A last line without its end is of a write that never returned: its signature never left.
 */

/** The calls to the disk, so that their order can be tested. */
export interface StoreDisk {
  readonly openSync: typeof openSync;
  readonly writeSync: (fd: number, text: string) => number;
  readonly fsyncSync: typeof fsyncSync;
  readonly closeSync: typeof closeSync;
  readonly renameSync: typeof renameSync;
  readonly mkdirSync: typeof mkdirSync;
  readonly readFileSync: (file: string, encoding: 'utf8') => string;
}

export const storeDisk: StoreDisk = {
  openSync,
  writeSync: (fd, text) => writeSync(fd, text),
  fsyncSync,
  closeSync,
  renameSync,
  mkdirSync,
  readFileSync: (file, encoding) => readFileSync(file, encoding),
};

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const signingRoot = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .nullable();
const head = z.strictObject({ baton: z.literal('eip3076'), chain: z.string().regex(/^0x[0-9a-f]{64}$/) });
const line = z.strictObject({
  key: z.string().regex(/^0x[0-9a-f]{96}$/),
  block: z.strictObject({ slot: count, signingRoot }).nullable(),
  vote: z.strictObject({ source: count, target: count, signingRoot }).nullable(),
});

const broken = (file: string, cause: unknown): BatonError =>
  new BatonError('GuardRefused', `the record of what was signed, ${file}, cannot be read`, {
    cause,
    fix: 'Do not delete it. Switch over to another node, which raises the watermark, then remove the file.',
  });

/** What the text of a store says. @throws BatonError GuardRefused when any whole line of it is not as it was written. */
export const historiesOf = (text: string, of: { file: string; chain: string }): Map<string, KeyHistory> => {
  const found = new Map<string, KeyHistory>();
  try {
    const whole = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
    const [first, ...rest] = whole;
    const { chain } = head.parse(JSON.parse(first ?? ''));
    if (chain !== of.chain) throw new Error(`it is of chain ${chain}`);
    for (const one of rest) {
      const { key, block, vote } = line.parse(JSON.parse(one));
      found.set(key, merge(found.get(key) ?? noHistory, { block, vote }));
    }
  } catch (cause) {
    throw broken(of.file, cause);
  }
  return found;
};

const lineOf = (key: string, { block, vote }: KeyHistory): string => `${JSON.stringify({ key, block, vote })}\n`;

export class HistoryStore {
  readonly #file: string;
  readonly #chain: string;
  readonly #disk: StoreDisk;
  #histories: Map<string, KeyHistory> = new Map();
  /** Where lines are appended; null while it is not open, and for good once the disk has failed. */
  #fd: number | null = null;

  /** @param of.chain genesis validators root, `0x` and 64 hex in lower case. */
  constructor(of: { file: string; chain: string; disk?: StoreDisk }) {
    this.#file = of.file;
    this.#chain = of.chain;
    this.#disk = of.disk ?? storeDisk;
    this.#disk.mkdirSync(dirname(of.file), { recursive: true, mode: 0o700 });
  }

  /** Null when there is no file. @throws BatonError GuardRefused. */
  load(): ReadonlyMap<string, KeyHistory> | null {
    let text: string;
    try {
      text = this.#disk.readFileSync(this.#file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw broken(this.#file, cause);
    }
    return historiesOf(text, { file: this.#file, chain: this.#chain });
  }

  /**
   * Opens for these keys, each at least at the floor, durable when it returns.
   * @param of.unknown the floor for a key of which the file has no record.
   * @throws when the disk cannot be read or written: then nothing may be signed.
   */
  open(of: { keys: readonly string[]; floor: EthereumMark; unknown: EthereumMark }): void {
    this.close();
    const kept = new Map(this.load());
    for (const key of of.keys) {
      const known = kept.get(key);
      kept.set(key, known === undefined ? raise(historyOf(of.unknown), of.floor) : raise(known, of.floor));
    }
    this.#replace(kept);
    this.#histories = kept;
    this.#fd = this.#disk.openSync(this.#file, 'a', 0o600);
  }

  #replace(histories: ReadonlyMap<string, KeyHistory>): void {
    const temporary = `${this.#file}.tmp`;
    const text = [
      `${JSON.stringify({ baton: 'eip3076', chain: this.#chain })}\n`,
      ...[...histories].map(([key, history]) => lineOf(key, history)),
    ].join('');
    const fd = this.#disk.openSync(temporary, 'w', 0o600);
    try {
      this.#write(fd, text);
    } finally {
      this.#disk.closeSync(fd);
    }
    this.#disk.renameSync(temporary, this.#file);
    const folder = this.#disk.openSync(dirname(this.#file), 'r');
    try {
      this.#disk.fsyncSync(folder);
    } finally {
      this.#disk.closeSync(folder);
    }
  }

  #write(fd: number, text: string): void {
    if (this.#disk.writeSync(fd, text) !== Buffer.byteLength(text)) throw new Error('the disk took only a part of what was signed');
    this.#disk.fsyncSync(fd);
  }

  /** Undefined for a key that was not opened. */
  get(key: string): KeyHistory | undefined {
    return this.#fd === null ? undefined : this.#histories.get(key);
  }

  /**
   * The new history of a key, on the disk when it returns.
   * @throws when the disk did not take it. What it holds is then not known: the store is closed, and nothing more is signed.
   */
  advance(key: string, history: KeyHistory): void {
    const fd = this.#fd;
    if (fd === null) throw new Error('the record of what was signed is closed');
    try {
      this.#write(fd, lineOf(key, history));
      this.#histories.set(key, history);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = null;
    if (fd !== null) this.#disk.closeSync(fd);
  }
}
