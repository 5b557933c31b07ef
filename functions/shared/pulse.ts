import { durationMs, elapsedMs, type DurationMs, type SteadyMs } from '../../core/time.ts';

/** Whether numbers that somebody must raise are raised: of guards, and of the watch. A stored number alone shows no life. */

/** More rounds than any watcher makes before the next one takes over. */
const mostRounds = 1_000_000;

/** What a watcher raises: each takeover begins to count anew, under a higher generation. Nobody's item is less than any. */
export const sequenceOf = (watcher: { readonly generation: number; readonly round: number } | undefined): number =>
  watcher === undefined ? -1 : watcher.generation * mostRounds + watcher.round;

interface Counted {
  readonly sequence: number;
}

interface Beat<T> {
  readonly now: T;
  /** What stood there before it last rose. */
  readonly before: T | null;
  readonly firstMs: SteadyMs;
  readonly roseMs: SteadyMs | null;
}

export class Pulse<T extends Counted> {
  readonly #withinMs: DurationMs;
  readonly #beats = new Map<string, Beat<T>>();

  /** @param withinMs whoever raises its number within this time lives. */
  constructor(withinMs: number) {
    this.#withinMs = durationMs(withinMs);
  }

  note(key: string, found: T, atMs: SteadyMs): void {
    const known = this.#beats.get(key);
    if (!known) this.#beats.set(key, { now: found, before: null, firstMs: atMs, roseMs: null });
    else if (found.sequence > known.now.sequence) this.#beats.set(key, { ...known, now: found, before: known.now, roseMs: atMs });
    else this.#beats.set(key, { ...known, now: found });
  }

  /** `unknown`: not watched long enough. */
  of(key: string, atMs: SteadyMs): 'alive' | 'silent' | 'unknown' {
    const known = this.#beats.get(key);
    if (!known) return 'unknown';
    if (known.roseMs !== null && elapsedMs(known.roseMs, atMs) < this.#withinMs) return 'alive';
    return elapsedMs(known.firstMs, atMs) < this.#withinMs ? 'unknown' : 'silent';
  }

  /** What stood there before it rose, when it lives; what stands there now, when it does not. */
  before(key: string, atMs: SteadyMs): T | undefined {
    const known = this.#beats.get(key);
    return this.of(key, atMs) === 'alive' ? (known?.before ?? undefined) : known?.now;
  }
}
