import type { Disk } from '../../chains/state.ts';
import type { Prng } from './prng.ts';

/** A disk in memory. What was not synced is there until the power goes; then each such change is lost or kept by chance. */

interface Handle {
  readonly file: string;
  readonly folder: boolean;
}

const failed = (code: string): Error => Object.assign(new Error(code), { code });

export class SimDisk {
  full = false;
  /** Counts down with each call; the power goes at 0. */
  tearAfter: number | null = null;
  readonly #visible = new Map<string, string>();
  readonly #durable = new Map<string, string>();
  /** Synced content under a name whose folder is not synced yet. */
  readonly #unsynced = new Map<string, string>();
  readonly #handles = new Map<number, Handle>();
  readonly #random: Prng;
  readonly #onTear: () => void;
  readonly #onDurable: (file: string, text: string) => void;
  #next = 3;

  constructor(of: { random: Prng; onTear: () => void; onDurable: (file: string, text: string) => void }) {
    this.#random = of.random;
    this.#onTear = of.onTear;
    this.#onDurable = of.onDurable;
  }

  read(file: string): string | undefined {
    return this.#visible.get(file);
  }

  /** A person writes a file. */
  put(file: string, text: string): void {
    this.#durable.set(file, text);
    this.#visible.set(file, text);
  }

  /** What stands on another disk now. */
  copyOf(other: SimDisk): void {
    for (const [file, text] of other.#durable) this.put(file, text);
  }

  /** The power goes. */
  crash(): void {
    for (const [file, text] of this.#unsynced) if (this.#random.chance(0.5)) this.#setDurable(file, text);
    this.#unsynced.clear();
    this.#visible.clear();
    for (const [file, text] of this.#durable) this.#visible.set(file, text);
    this.#handles.clear();
    this.tearAfter = null;
  }

  #setDurable(file: string, text: string): void {
    this.#durable.set(file, text);
    this.#onDurable(file, text);
  }

  #step(): void {
    if (this.tearAfter === null) return;
    this.tearAfter -= 1;
    if (this.tearAfter > 0) return;
    this.tearAfter = null;
    this.#onTear();
    throw failed('EIO');
  }

  #handle(fd: number): Handle {
    const found = this.#handles.get(fd);
    if (!found) throw failed('EBADF');
    return found;
  }

  /** The calls as chains/state.ts makes them. */
  asDisk(): Disk {
    const disk = {
      openSync: (file: string, flags: string): number => {
        this.#step();
        if (flags === 'w') {
          if (this.full) throw failed('ENOSPC');
          this.#visible.set(file, '');
        }
        this.#next += 1;
        this.#handles.set(this.#next, { file, folder: flags === 'r' });
        return this.#next;
      },
      writeSync: (fd: number, text: string): number => {
        this.#step();
        if (this.full) throw failed('ENOSPC');
        this.#visible.set(this.#handle(fd).file, text);
        return Buffer.byteLength(text);
      },
      fsyncSync: (fd: number): void => {
        this.#step();
        const { file, folder } = this.#handle(fd);
        if (!folder) {
          this.#unsynced.set(file, this.#visible.get(file) ?? '');
          return;
        }
        for (const [name, text] of this.#unsynced) this.#setDurable(name, text);
        this.#unsynced.clear();
      },
      closeSync: (fd: number): void => {
        this.#handles.delete(fd);
      },
      renameSync: (from: string, to: string): void => {
        this.#step();
        this.#visible.set(to, this.#visible.get(from) ?? '');
        this.#visible.delete(from);
        const synced = this.#unsynced.get(from);
        this.#unsynced.delete(from);
        if (synced !== undefined) this.#unsynced.set(to, synced);
      },
      readFileSync: (file: string): string => {
        const found = this.#visible.get(file);
        if (found === undefined) throw failed('ENOENT');
        return found;
      },
      rmSync: (file: string): void => {
        this.#visible.delete(file);
        this.#unsynced.delete(file);
      },
      mkdirSync: (): undefined => undefined,
    };
    return disk as unknown as Disk;
  }
}
