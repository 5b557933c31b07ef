import { readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { Remembered } from '../core/writer.ts';
import { replaceDurably } from '../runtime/durable.ts';
import { realDisk, type Disk } from '../chains/state.ts';

/** What this machine remembers of the guard that wrote here last: on the same disk as the watermark, so that one is as old as the other. */

const number = z.number().int().min(0);
const remembered = z.strictObject({ place: z.string().max(200), writer: z.string().max(64), acked: number, sent: number });

export interface Memory {
  readonly last: Remembered | null;
  /** Null when it cannot be told: then nothing is ever proven by it. */
  readonly place: string | null;
  /** The writer of which a person has stated on this machine that it has ended. */
  readonly stated: string | null;
  save(of: Omit<Remembered, 'place'>): void;
}

/**
 * This boot of the kernel and this network namespace, where the lock of a guard can be had once. Of two containers on one machine, or of two
 * that are copies of each other, each has its own namespace.
 */
export const placeOf = (): string | null => {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/net')}`;
  } catch {
    return null;
  }
};

export class MemoryFile implements Memory {
  readonly place: string | null;
  readonly stated: string | null;
  readonly #file: string;
  readonly #disk: Disk;
  #last: Remembered | null = null;

  constructor(of: { stateDir: string; place: string | null; disk?: Disk }) {
    this.place = of.place;
    this.#file = join(of.stateDir, 'writer.json');
    this.#disk = of.disk ?? realDisk;
    this.#disk.mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    this.stated = this.#statement(of.stateDir);
    try {
      this.#last = remembered.parse(JSON.parse(this.#disk.readFileSync(this.#file, 'utf8')));
    } catch {
      // Nothing is proven by what is not there or cannot be read: it only takes longer.
    }
  }

  #statement(stateDir: string): string | null {
    try {
      return this.#disk.readFileSync(join(stateDir, 'ended'), 'utf8').trim();
    } catch {
      return null;
    }
  }

  get last(): Remembered | null {
    return this.#last;
  }

  save(of: Omit<Remembered, 'place'>): void {
    this.#last = { ...of, place: this.place ?? '' };
    try {
      const text = JSON.stringify(this.#last);
      replaceDurably({ file: this.#file, temporary: `${this.#file}.tmp`, text, what: 'the writer' }, this.#disk);
    } catch {
      // A disk that takes nothing must not keep the guard from saying so; its successor waits.
    }
  }
}
