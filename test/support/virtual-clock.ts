import { epochMs, steadyMs, type Clock, type DurationMs, type EpochMs, type SteadyMs } from '../../core/time.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * A clock that jumps: when everything waits, time goes on to the next sleeper. `advanceWhileBusy` runs until the promise settles.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #sleepers: Sleeper[] = [];

  epochMs(): EpochMs {
    return epochMs(1_700_000_000_000 + this.#now);
  }

  steadyMs(): SteadyMs {
    return steadyMs(this.#now);
  }

  sleep(length: DurationMs, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new Error('aborted', { cause: signal.reason }));
        return;
      }
      const sleeper = { at: this.#now + length, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
          reject(new Error('aborted', { cause: signal.reason }));
        },
        { once: true },
      );
    });
  }

  timeout(length: DurationMs): AbortSignal {
    const controller = new AbortController();
    this.#sleepers.push({
      at: this.#now + length,
      wake: () => {
        controller.abort(new DOMException('timed out', 'TimeoutError'));
      },
    });
    return controller.signal;
  }

  /** Runs `work` to its end, jumping to the next sleeper whenever the event loop has nothing else to do. */
  async run<T>(work: Promise<T>, limitMs = 10_000_000): Promise<T> {
    let settled = false;
    const done = work.finally(() => {
      settled = true;
    });
    done.catch(() => undefined);
    for (;;) {
      for (let turn = 0; turn < 8 && !settled; turn += 1)
        await new Promise<void>((resolve) => {
          setImmediate(resolve);
        });
      if (settled) return done;
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0];
      if (!next) continue;
      if (next.at > limitMs) throw new Error(`nothing ended within ${limitMs} ms of virtual time`);
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}
