import { newPromises, testimonyOf, type Promises } from '../core/ask.ts';
import { BatonError } from '../core/errors.ts';
import type { Lease } from '../core/lease.ts';
import { longestReportMs } from '../core/pace.ts';
import type { NodeReport } from '../core/report.ts';
import { elapsedMs, type Clock, type SteadyMs } from '../core/time.ts';
import {
  hasEnded,
  isProven,
  isStated,
  lostRecord,
  lostTermOf,
  newWriter,
  nextSequence,
  onAcknowledged,
  onRefused,
  onSeen,
  onSent,
  overOf,
  whyNotWrite,
  type Held,
  type Over,
  type WriteReply,
  type WriterState,
} from '../core/writer.ts';
import type { GuardConfig } from './config.ts';
import type { Health } from '../chains/driver.ts';
import type { Memory } from './memory.ts';

/** This node's own item in the table: what the guard says about itself, and whether it is the one guard that may say it. */

export type Word = Pick<NodeReport, 'armedTerm' | 'armed' | 'asks' | 'leaseMs' | 'signing' | 'floor' | 'relinquished'>;

export interface ReporterOptions {
  readonly config: GuardConfig;
  readonly clock: Pick<Clock, 'steadyMs'>;
  /** Drawn for this process: 32 hex digits. */
  readonly writer: string;
  readonly read: (signal: AbortSignal) => Promise<NodeReport | undefined>;
  /** One request, never repeated by itself. */
  readonly write: (report: NodeReport, over: Over, signal?: AbortSignal) => Promise<WriteReply>;
  /** Leaves word for the guard that wrote this report. */
  readonly mark: (report: NodeReport, rival: string, signal?: AbortSignal) => Promise<unknown>;
  readonly memory: Memory;
  /** Takes away the record of what was signed: it does not go on from there. */
  readonly forget: () => void;
  readonly diskFreeBytes: () => number | null;
  /** Waits between tries to read the own item at start. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  /** Bounds a call that nobody else bounds. */
  readonly timeout: () => AbortSignal;
}

/** Whether the table has acknowledged a report. @param say told why when another guard writes in its place. */
export const isAcknowledged = (written: Promise<void>, say: (why: string) => void): Promise<boolean> =>
  written.then(
    () => true,
    (error: unknown) => {
      if ((error as Error).name === 'NodeCloned') say((error as Error).message);
      return false;
    },
  );

/** How long the word of another guard is passed on. */
const rivalShownMs = 120_000;

export class Reporter {
  readonly #options: ReporterOptions;
  #state: WriterState;
  #chain: Promise<void> = Promise.resolve();
  #promises: Promises | null = null;
  #rival: { readonly id: string; readonly atMs: SteadyMs } | null = null;
  health: Health = { synced: false, height: null, distress: null };
  /** A refusal of the guard itself; goes away with the next time it opens. */
  distress: string | null = null;
  /** The lease as it was read last: it may prove that an earlier term of this node is over. */
  lease: Lease | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#state = newWriter(options.writer);
  }

  get word(): NodeReport | undefined {
    return this.#state.seen?.report;
  }

  get #held(): Held {
    const { timing, onControlPlaneLoss } = this.#options.config;
    return { leaseMs: timing.leaseMs, stopMs: timing.stopMs, timed: onControlPlaneLoss === 'stop' };
  }

  get writer(): Pick<WriterState, 'mode' | 'ackedMs'> {
    return this.#state;
  }

  /** What was promised in this node's name; null until its item was taken over. */
  get promises(): Promises | null {
    return this.#promises;
  }

  /** Before the answer leaves: from now on the report says so. */
  promise(promises: Promises): void {
    this.#promises = promises;
  }

  /** The guard has not taken the item over yet. */
  get waits(): boolean {
    return this.#state.mode === 'new';
  }

  /** Null when this guard is the proven writer now: only then may anything be held. */
  whyUnproven(): string | null {
    if (isProven(this.#state, this.#options.clock.steadyMs(), this.#held)) return null;
    return this.#whyNotWrite() ?? 'No report of this guard was acknowledged in time: it may not be the only one of its node.';
  }

  #ended(): boolean {
    const { memory } = this.#options;
    return this.word !== undefined && (hasEnded(this.word, memory.last, memory.place) || isStated(this.word, memory.stated));
  }

  #whyNotWrite(): string | null {
    const { config, clock } = this.#options;
    return whyNotWrite(this.#state, {
      nowMs: clock.steadyMs(),
      timing: config.timing,
      seldomMs: longestReportMs,
      lease: this.lease,
      ended: this.#ended(),
    });
  }

  /** True when the disk's record of the last duty does not go on from what this node has signed. */
  get lostRecord(): boolean {
    return this.word !== undefined && lostRecord(this.word);
  }

  /** Reads what was said before in this node's name. Nothing may be opened before that is known, so it tries until the signal. */
  async start(signal: AbortSignal): Promise<NodeReport | undefined> {
    for (;;) {
      try {
        const found = await this.#options.read(signal);
        this.#state = onSeen(this.#state, found, this.#options.clock.steadyMs());
        return found;
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
    const { clock, memory, forget, config } = this.#options;
    const why = this.#whyNotWrite();
    if (why !== null) throw new BatonError('NodeCloned', why, { fix: 'docs/decisions/0040-cloned-machine.md' });
    if (word.signing === true) this.distress = null;
    // Before it is said that the record is gone, it is.
    const lost = this.waits ? lostTermOf(this.word, memory.last) : {};
    if (lost.relinquished) forget();
    const next = this.#next({ ...lost, ...word });
    const over = overOf(this.#state);
    const taken = this.waits ? { before: this.word, ended: this.#ended(), timing: config.timing } : null;
    const sentMs = clock.steadyMs();
    // The record of the guard before is needed until this one has taken over.
    if (!this.waits) memory.save({ writer: next.writer, acked: next.after, sent: next.sequence });
    this.#state = onSent(this.#state, next.sequence);
    const reply = await this.#options.write(next, over, signal ?? this.#options.timeout());
    if (reply.outcome === 'unknown') throw new Error('it is not known who wrote this report');
    if (reply.outcome === 'refused') {
      await this.#refused(reply.found);
      return;
    }
    this.#state = onAcknowledged(this.#state, next, { ...this.#held, sentMs });
    if (taken) this.#promises = newPromises(taken, clock.steadyMs());
    memory.save({ writer: next.writer, acked: next.sequence, sent: next.sequence });
    if (reply.rival !== null && reply.rival !== this.#state.me) this.#rival = { id: reply.rival, atMs: clock.steadyMs() };
  }

  /** Another guard has written here: alive on another machine, or a late word of one that has ended. */
  async #refused(found: NodeReport | undefined): Promise<never> {
    const { clock, mark, timeout } = this.#options;
    this.#state = onRefused(this.#state, found, clock.steadyMs());
    if (found) await mark(found, this.#state.me, timeout()).catch(() => undefined);
    throw new BatonError('NodeCloned', this.#whyNotWrite() ?? 'another guard has written in the name of this node', {
      fix: 'docs/decisions/0040-cloned-machine.md',
    });
  }

  #distress(): string | null {
    const { clock } = this.#options;
    const rival = this.#rival;
    if (rival !== null && elapsedMs(rival.atMs, clock.steadyMs()) < rivalShownMs)
      return `NodeCloned: another guard with this node's identity wants to write here (${rival.id}): find the copied machine and take it down.`;
    return this.distress ?? this.health.distress;
  }

  #next(word: Partial<Word>): NodeReport & { writer: string; after: number } {
    const { config, clock, diskFreeBytes } = this.#options;
    const last = this.word;
    const { armedTerm, armed, asks, leaseMs, relinquished } = { ...last, ...word };
    // A floor never falls, and what is said of promises is of this instant: of those that come later none is to a term below it.
    const floor = Math.max(word.floor ?? 0, last?.floor ?? 0);
    const told = config.onControlPlaneLoss === 'ask' ? testimonyOf({ floor }, this.#promises, clock.steadyMs()) : { floor };
    return {
      validator: config.validator,
      node: config.node,
      sequence: nextSequence(this.#state),
      writer: this.#state.me,
      after: last?.sequence ?? 0,
      armed: armed ?? config.onControlPlaneLoss !== 'hold',
      leaseMs: leaseMs ?? config.timing.leaseMs,
      ...(armedTerm === undefined ? {} : { armedTerm }),
      ...(asks === undefined ? {} : { asks }),
      ...(relinquished === undefined ? {} : { relinquished }),
      signing: word.signing ?? false,
      ...told,
      synced: this.health.synced,
      height: this.health.height,
      build: config.build,
      distress: this.#distress(),
      diskFreeBytes: diskFreeBytes(),
    };
  }
}
