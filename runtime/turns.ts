/** At most so many at once, for each of several and in all. Whose turn it is goes round, so that a slow one with many waiting delays no other. */

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #most: { readonly each: number; readonly all: number };
  readonly #lanes = new Map<string, Lane>();
  /** Lanes in which somebody waits and may go on, the longest-waiting lane first. */
  readonly #ready = new Map<string, Lane>();
  #running = 0;

  constructor(most: { readonly each: number; readonly all: number }) {
    this.#most = most;
  }

  /** Resolves when it is the caller's turn, who gives it back by what this returns, once. */
  take(key: string): Promise<() => void> {
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    return new Promise((resolve) => {
      lane.waiting.push(() => {
        resolve(() => {
          this.#giveBack(key, lane);
        });
      });
      this.#note(key, lane);
      this.#serve();
    });
  }

  #note(key: string, lane: Lane): void {
    if (lane.waiting.length > 0 && lane.running < this.#most.each) this.#ready.set(key, lane);
  }

  #giveBack(key: string, lane: Lane): void {
    lane.running -= 1;
    this.#running -= 1;
    this.#note(key, lane);
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(key);
    this.#serve();
  }

  #serve(): void {
    for (const [key, lane] of this.#ready) {
      if (this.#running >= this.#most.all) return;
      this.#ready.delete(key);
      lane.running += 1;
      this.#running += 1;
      lane.waiting.shift()?.();
      // It stands last now: the loop comes to it again after the others.
      this.#note(key, lane);
    }
  }
}
