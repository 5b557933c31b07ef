import { epochMs, steadyMs, type Clock, type DurationMs } from '../../core/time.ts';
import type { Scheduler } from './scheduler.ts';

const timedOut = new DOMException('timed out', 'TimeoutError');
const epochAtStartMs = 1_700_000_000_000;

/**
 * A process: code that can be paused and killed, with its own view of time. Everything that reaches it comes through `deliver`;
 * a paused one gets it when it goes on, a dead one never. Its steady clock goes on while it is paused, as a machine's does.
 */
export class Proc {
  dead = false;
  #pauses = 0;
  #held: (() => void)[] = [];
  readonly clock: Clock;
  readonly name: string;
  readonly #scheduler: Scheduler;

  /** @param of.rate how fast its clock runs; 1 is true. `aheadMs`: how wrong its wall clock is. */
  constructor(scheduler: Scheduler, name: string, of: { readonly rate: number; readonly aheadMs: number }) {
    this.#scheduler = scheduler;
    this.name = name;
    const localMs = (): number => scheduler.nowMs * of.rate;
    this.clock = {
      epochMs: () => epochMs(Math.round(epochAtStartMs + of.aheadMs + localMs())),
      steadyMs: () => steadyMs(localMs()),
      sleep: (length, signal) => this.#sleep(length / of.rate, signal),
      timeout: (length: DurationMs) => {
        const controller = new AbortController();
        scheduler.after(length / of.rate, name, () => {
          this.deliver(() => {
            controller.abort(timedOut);
          });
        });
        return controller.signal;
      },
    };
  }

  get paused(): boolean {
    return this.#pauses > 0;
  }

  /** Runs it now, later when the process goes on, or never. */
  deliver(act: () => void): void {
    if (this.dead) return;
    if (this.#pauses > 0) this.#held.push(act);
    else act();
  }

  pause(): void {
    this.#pauses += 1;
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses > 0) return;
    const held = this.#held;
    this.#held = [];
    for (const act of held)
      this.#scheduler.after(0, this.name, () => {
        this.deliver(act);
      });
  }

  kill(): void {
    this.dead = true;
    this.#held = [];
  }

  #sleep(lengthMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new Error('aborted', { cause: signal.reason }));
        return;
      }
      const timer = this.#scheduler.after(lengthMs, this.name, () => {
        this.deliver(() => {
          stop();
          resolve();
        });
      });
      const stop = this.#scheduler.listen(signal, () => {
        stop();
        this.#scheduler.cancel(timer);
        reject(new Error('aborted', { cause: signal?.reason }));
      });
    });
  }
}
