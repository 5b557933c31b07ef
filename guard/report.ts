import type { NodeReport } from '../core/report.ts';
import type { GuardConfig } from './config.ts';
import type { Health } from './driver.ts';

/** This node's own item in the table: what the guard says about itself. */

export type Word = Pick<NodeReport, 'armedTerm' | 'armed' | 'leaseMs' | 'signing' | 'floor' | 'relinquished'>;

export interface ReporterOptions {
  readonly config: GuardConfig;
  readonly read: (signal: AbortSignal) => Promise<NodeReport | undefined>;
  /** False when the stored item is newer. */
  readonly write: (report: NodeReport, signal?: AbortSignal) => Promise<boolean>;
  readonly diskFreeBytes: () => number | null;
  /** Waits between tries to read the own item at start. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  /** Bounds a read that nobody else bounds. */
  readonly timeout: () => AbortSignal;
}

const maxTries = 3;

export class Reporter {
  readonly #options: ReporterOptions;
  #last: NodeReport | undefined;
  #chain: Promise<void> = Promise.resolve();
  health: Health = { synced: false, height: null, distress: null };
  /** A refusal of the guard itself; goes away with the next time it opens. */
  distress: string | null = null;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  get word(): NodeReport | undefined {
    return this.#last;
  }

  /** Reads what an earlier run of this guard said. Nothing may be opened before that is known, so it tries until the signal. */
  async start(signal: AbortSignal): Promise<NodeReport | undefined> {
    for (;;) {
      try {
        this.#last = await this.#options.read(signal);
        return this.#last;
      } catch (error) {
        if (signal.aborted) return undefined;
        await this.#options.pause(signal).catch(() => undefined);
        if ((error as Error).name === 'LeaseInvalid') throw error;
      }
    }
  }

  /** Writes the item with this changed. Resolves when the table has acknowledged it. One write at a time. */
  write(word: Partial<Word>, signal?: AbortSignal): Promise<void> {
    const done = this.#chain.then(() => this.#write(word, signal));
    this.#chain = done.catch(() => undefined);
    return done;
  }

  async #write(word: Partial<Word>, signal?: AbortSignal): Promise<void> {
    const { config } = this.#options;
    if (word.signing === true) this.distress = null;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const { armedTerm, armed, leaseMs, relinquished } = { ...this.#last, ...word };
      const next: NodeReport = {
        validator: config.validator,
        node: config.node,
        sequence: (this.#last?.sequence ?? 0) + 1,
        armed: armed ?? config.onControlPlaneLoss === 'stop',
        leaseMs: leaseMs ?? config.timing.leaseMs,
        ...(armedTerm === undefined ? {} : { armedTerm }),
        ...(relinquished === undefined ? {} : { relinquished }),
        signing: word.signing ?? false,
        floor: word.floor ?? this.#last?.floor ?? 0,
        synced: this.health.synced,
        height: this.health.height,
        build: config.build,
        distress: this.distress ?? this.health.distress,
        diskFreeBytes: this.#options.diskFreeBytes(),
      };
      if (await this.#options.write(next, signal)) {
        this.#last = next;
        return;
      }
      // An earlier write of our own may have come late: go on from what is stored.
      this.#last = await this.#options.read(signal ?? this.#options.timeout());
    }
    throw new Error('another writer is ahead of this guard in its own item: is a second guard running?');
  }
}
