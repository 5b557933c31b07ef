/**
 * Virtual time: a heap of events ordered by time, then by sequence. Between two events every promise that can go on has gone on.
 * A hash over all events shows whether two runs were the same.
 */

export interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly label: string;
  fire: (() => void) | null;
}

// Ticks of the next kind run only after the queue of promises is empty, and need no turn of the event loop.
const drained = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

// Nobody reads the stacks of the many errors that are part of the game.
Error.stackTraceLimit = 0;

const before = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);

export class Scheduler {
  nowMs = 0;
  events = 0;
  #heap: Timer[] = [];
  #sequence = 0;
  #low = 0x811c9dc5 | 0;
  #high = 0x01000193 | 0;

  /** A composite signal with a listener is kept by the platform for ever: what was never told must be let go in the end. */
  readonly listening = new Set<() => void>();

  /** Listens to `signal` until the answer is called; and in the end at the latest. */
  listen(signal: AbortSignal | undefined, onAbort: () => void): () => void {
    if (!signal) return () => undefined;
    const stop = (): void => {
      signal.removeEventListener('abort', onAbort);
      this.listening.delete(stop);
    };
    signal.addEventListener('abort', onAbort);
    this.listening.add(stop);
    return stop;
  }

  end(): void {
    for (const stop of this.listening) stop();
    this.#heap = [];
  }

  /** Runs `fire` at a time that is not in the past. */
  at(atMs: number, label: string, fire: () => void): Timer {
    this.#sequence += 1;
    const timer: Timer = { atMs: Math.max(atMs, this.nowMs), sequence: this.#sequence, label, fire };
    this.#push(timer);
    return timer;
  }

  after(lengthMs: number, label: string, fire: () => void): Timer {
    return this.at(this.nowMs + lengthMs, label, fire);
  }

  cancel(timer: Timer): void {
    timer.fire = null;
  }

  /** Takes a fact into the hash. */
  mix(text: string): void {
    for (let index = 0; index < text.length; index += 1) this.#mixNumber(text.charCodeAt(index));
  }

  get hash(): string {
    return (this.#low >>> 0).toString(16).padStart(8, '0') + (this.#high >>> 0).toString(16).padStart(8, '0');
  }

  #mixNumber(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high + value, 0x85ebca6b) ^ (this.#low >>> 13);
  }

  /** Goes on until `isOver` after some event, or until that time. False when the time came first. */
  async run(untilMs: number, isOver: () => boolean, afterEach: () => void): Promise<boolean> {
    await drained();
    while (!isOver()) {
      const timer = this.#heap[0];
      if (timer === undefined || timer.atMs > untilMs) {
        this.nowMs = untilMs;
        return false;
      }
      this.#pop();
      if (timer.fire === null) continue;
      this.nowMs = timer.atMs;
      this.events += 1;
      this.#mixNumber(Math.round(timer.atMs * 1_000));
      this.mix(timer.label);
      timer.fire();
      await drained();
      afterEach();
    }
    return true;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Timer;
      if (!before(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      if (!before(heap[child] as Timer, last)) break;
      heap[index] = heap[child] as Timer;
      index = child;
    }
    heap[index] = last;
  }
}
