import { shardOf } from '../../core/shard.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { durationMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';
import { Pulse, sequenceOf } from './pulse.ts';

/**
 * Several watchers of one vantage share the fleet. Each sees by the others' round counters who lives, and looks at what falls to it among those.
 * Whom it has not seen alive does not count: two that look at the same validator are harmless, for the execution that both start is judged by the
 * same lease, and one that nobody looks at is not.
 */

/** A watcher makes a round every few seconds. */
const aliveMs = 15_000;
/** Two rounds: so long a watcher looks who is there before it takes its own part over. Whoever watches it meanwhile goes on. */
const observeMs = durationMs(10_000);

/** The name under which a watcher's rounds are counted. */
export const watcherName = (vantage: string, shard: number): string => (shard === 0 ? vantage : `${vantage}#${shard}`);

export interface Part {
  readonly vantage: string;
  readonly shard: number;
  readonly shards: number;
}

export class Shards {
  readonly #deps: Pick<Deps, 'records' | 'clock'>;
  readonly #part: Part;
  readonly #others: readonly number[];
  readonly #pulse = new Pulse<{ readonly sequence: number }>(aliveMs);

  constructor(deps: Pick<Deps, 'records' | 'clock'>, part: Part) {
    this.#deps = deps;
    this.#part = part;
    this.#others = Array.from({ length: part.shards }, (_, shard) => shard).filter((shard) => shard !== part.shard);
  }

  /** Before the watch is taken over. */
  async begin(signal: AbortSignal): Promise<void> {
    if (this.#others.length === 0) return;
    await this.look(signal);
    await this.#deps.clock.sleep(observeMs, signal);
  }

  async look(signal: AbortSignal): Promise<void> {
    const { records, clock } = this.#deps;
    const note = async (shard: number): Promise<void> => {
      // Who cannot be read is not seen alive.
      const found = await records.readWatcher(watcherName(this.#part.vantage, shard), signal).catch(() => null);
      if (found === null) return;
      // A new owner counts from 0 again: that it is another one shows life too, and so does one where none was.
      this.#pulse.note(String(shard), { sequence: sequenceOf(found) }, clock.steadyMs());
    };
    await Promise.all(this.#others.map(note));
  }

  #live(): number[] {
    const nowMs = this.#deps.clock.steadyMs();
    return [this.#part.shard, ...this.#others.filter((shard) => this.#pulse.of(String(shard), nowMs) === 'alive')].toSorted((a, b) => a - b);
  }

  /** Those of the fleet that fall to this watcher. */
  mine(fleet: readonly ValidatorId[]): readonly ValidatorId[] {
    const live = this.#live();
    return live.length === 1 ? fleet : fleet.filter((validator) => shardOf(validator, live) === this.#part.shard);
  }

  /** Every watcher is there. */
  whole(): boolean {
    return this.#live().length === this.#part.shards;
  }
}
