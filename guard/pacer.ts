import type { NodeId } from '../core/ids.ts';
import type { Lease } from '../core/lease.ts';
import { isAlert, isSame, mayPeek, newPace, onCall, readInMs, reportEveryMs, type Pace } from '../core/pace.ts';
import type { Clock, DurationMs } from '../core/time.ts';
import type { Timing } from '../core/timing.ts';

export interface PacerOptions {
  readonly clock: Pick<Clock, 'steadyMs'>;
  readonly config: { readonly node: NodeId; readonly timing: Timing };
  /** An eventually consistent read; rejects when the table gives no answer in time. */
  readonly peekLease: (signal: AbortSignal) => Promise<Lease | undefined>;
}

/** When one guard reads next, and when it reports: core/pace.ts with what this guard has seen. */
export class Pacer {
  readonly #options: PacerOptions;
  #pace: Pace = newPace;
  #lease: Lease | undefined;
  #peeks = 0;
  #wanted = new AbortController();

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  get #alert(): boolean {
    return isAlert(this.#pace, this.#lease, this.#options.clock.steadyMs());
  }

  /** The last good read. */
  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** Takes in a good read. */
  saw(lease: Lease | undefined): void {
    const before = this.#pace;
    this.#pace = onCall(before, lease, this.#options.clock.steadyMs());
    if (this.#pace !== before) this.#wanted.abort();
    this.#lease = lease;
  }

  /** True when a peek is enough now, and shows that nothing has changed. Rejects as `peekLease` does. */
  async isQuiet(holds: boolean, signal: AbortSignal): Promise<boolean> {
    const { config, peekLease } = this.#options;
    if (!mayPeek({ alert: this.#alert, holds, lease: this.#lease, node: config.node, peeks: this.#peeks })) {
      this.#peeks = 0;
      return false;
    }
    this.#peeks += 1;
    return isSame(await peekLease(signal), this.#lease);
  }

  /** Who holds, or may soon, must be the proven writer of its node's item; a quiet standby reports too seldom to be. */
  isAwake(holds: boolean): boolean {
    return holds || this.#alert;
  }

  readInMs(failed: boolean): DurationMs {
    return readInMs({ alert: this.#alert, failed }, this.#options.config.timing);
  }

  reportEveryMs(holds: boolean, failed: boolean): DurationMs {
    return reportEveryMs({ alert: this.#alert, holds, failed }, this.#options.config.timing);
  }

  /** Aborted when whoever called waits for a report. */
  get wanted(): AbortSignal {
    return this.#wanted.signal;
  }

  /** Once after each call. */
  takeWanted(): boolean {
    const wanted = this.#wanted.signal.aborted;
    if (wanted) this.#wanted = new AbortController();
    return wanted;
  }
}
