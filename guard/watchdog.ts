import { durationMs, elapsedMs, type Clock, type DurationMs, type SteadyMs } from '../core/time.ts';

/** systemd's watchdog is fed while every loop of the guard goes on, and no longer: one that hangs is not covered by the others. */

/** The loops: reads of the lease, the look at the deadline (with the actions that wait for their turn), health and report. */
export type Loop = 'read' | 'gate' | 'report';

const feedEveryMs = durationMs(1_000);

/** Longest time between two rounds of a loop, by what each round may wait for. */
export const loopLimits = (timing: { pollMs: number; readTimeoutMs: number; stopMs: number }): Readonly<Record<Loop, DurationMs>> => ({
  read: durationMs(timing.pollMs + timing.readTimeoutMs + 2_000),
  gate: durationMs(2_000),
  // The health command, systemd's word on the unit, three tries to write and to read the report.
  report: durationMs(2 * timing.stopMs + 6 * timing.readTimeoutMs + 3_000),
});

export interface WatchdogOptions {
  readonly clock: Pick<Clock, 'steadyMs'>;
  readonly limits: Readonly<Record<Loop, DurationMs>>;
  readonly feed: () => void;
  readonly say: (sentence: string) => void;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #seen = new Map<Loop, SteadyMs>();
  #fedMs: SteadyMs | null = null;
  #late: Loop | null = null;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** A loop has gone round. Feeds only when none of the others is late; one that comes round again is late no more, as after a pause of all. */
  beat(loop: Loop): void {
    const { clock, limits, say } = this.#options;
    const now = clock.steadyMs();
    // From the first beat of any: a loop that never comes round is late too.
    if (this.#seen.size === 0) for (const one of Object.keys(limits) as Loop[]) this.#seen.set(one, now);
    this.#seen.set(loop, now);
    const [late] = [...this.#seen].find(([one, seenMs]) => elapsedMs(seenMs, now) > limits[one]) ?? [];
    if (late !== undefined && late !== this.#late) say(`The loop "${late}" makes no progress: systemd ends this guard if that lasts.`);
    this.#late = late ?? null;
    if (late === undefined) this.feed();
  }

  /** At most once a second. */
  feed(): void {
    const now = this.#options.clock.steadyMs();
    if (this.#fedMs !== null && elapsedMs(this.#fedMs, now) < feedEveryMs) return;
    this.#fedMs = now;
    this.#options.feed();
  }
}
