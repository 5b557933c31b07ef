import { elapsedMs, type Clock, type SteadyMs } from '../core/time.ts';

/** What a guard does to its node: one thing after the other, while its reads and its deadline go on beside them. */

const maxQueued = 20;

export class Actions {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  readonly #say: (sentence: string) => void;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #sinceMs: SteadyMs | null = null;

  constructor(clock: Pick<Clock, 'steadyMs'>, say: (sentence: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** False when too much waits already; what fails is said and keeps nothing from following. */
  add(name: string, act: () => Promise<void>): boolean {
    if (this.#queued >= maxQueued) {
      this.#say(`Too much waits to be done: ${name} is left to the next cycle.`);
      return false;
    }
    this.#queued += 1;
    this.#queue = this.#queue
      .then(() => {
        this.#sinceMs = this.#clock.steadyMs();
        return act();
      })
      .catch((error: unknown) => {
        this.#say(`${name} failed: ${(error as Error).message}`);
      })
      .finally(() => {
        this.#sinceMs = null;
        this.#queued -= 1;
      });
    return true;
  }

  /** Nothing is done, and nothing waits to be. */
  get idle(): boolean {
    return this.#queued === 0;
  }

  /** Resolves when all that was added until now has ended. */
  ended(): Promise<void> {
    return this.#queue;
  }

  /** One that does not end keeps all others waiting, a close among them. */
  isStuck(longestMs: number): boolean {
    return this.#sinceMs !== null && elapsedMs(this.#sinceMs, this.#clock.steadyMs()) > longestMs;
  }
}
