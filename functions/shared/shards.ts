import { planOf, plannedShard, shardOf, type Asking, type Plan } from '../../core/shard.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { durationMs, type Clock, type DurationMs } from '../../core/time.ts';
import type { Records } from '../../aws/records.ts';
import { Pulse, sequenceOf } from './pulse.ts';

/**
 * Several watchers of one vantage share the fleet. Each sees by the others' round counters who lives, and looks at what falls to it among those.
 * Whom it has not seen alive does not count: two that look at the same validator are harmless, for the execution that both start is judged by the
 * same lease, and one that nobody looks at is not. Each tells the digest of its plan beside its rounds; beside one whose plan is another, it looks
 * at what falls to it by name too.
 */

/** A watcher makes a round every few seconds. */
const aliveMs = 15_000;
/** Two rounds: so long a watcher looks who is there before it takes its own part over. Whoever watches it meanwhile goes on. */
const observeMs = durationMs(10_000);

/** Configurations that are in memory at once while a plan is made. */
const mostAtOnce = 200;

/** The name under which a watcher's rounds are counted. */
export const watcherName = (vantage: string, shard: number): string => (shard === 0 ? vantage : `${vantage}#${shard}`);

export interface Part {
  readonly vantage: string;
  readonly shard: number;
  readonly shards: number;
}

interface Needs {
  readonly records: Pick<Records, 'readAsks' | 'readWatcher'>;
  readonly clock: Clock;
}

export class Shards {
  readonly #deps: Needs;
  readonly #part: Part;
  readonly #others: readonly number[];
  readonly #pulse = new Pulse<{ readonly sequence: number }>(aliveMs);
  /** Digests of the others' plans, as they were told last. */
  readonly #plans = new Map<number, string>();
  #plan: Plan = planOf([], 1);

  constructor(deps: Needs, part: Part) {
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
      this.#plans.set(shard, found?.plan ?? '');
      // A new owner counts from 0 again: that it is another one shows life too, and so does one where none was.
      this.#pulse.note(String(shard), { sequence: sequenceOf(found) }, clock.steadyMs());
    };
    await Promise.all(this.#others.map(note));
  }

  #live(): number[] {
    const nowMs = this.#deps.clock.steadyMs();
    return [this.#part.shard, ...this.#others.filter((shard) => this.#pulse.of(String(shard), nowMs) === 'alive')].toSorted((a, b) => a - b);
  }

  /** How this fleet is shared. @returns the shortest time between two looks at any of it; null of none. */
  async share(fleet: readonly ValidatorId[], signal: AbortSignal): Promise<DurationMs | null> {
    const asking: Asking[] = [];
    let shortestMs: DurationMs | null = null;
    const read = async (validator: ValidatorId): Promise<Asking> => {
      // Whose configuration cannot be read is looked at all the same, alone.
      const found = await this.#deps.records.readAsks(validator, signal).catch(() => undefined);
      if (found) shortestMs = durationMs(Math.min(shortestMs ?? found.probeMs, found.probeMs));
      return { validator, asks: found?.asks ?? null };
    };
    for (let from = 0; from < fleet.length; from += mostAtOnce) asking.push(...(await Promise.all(fleet.slice(from, from + mostAtOnce).map(read))));
    this.#plan = planOf(asking, this.#part.shards);
    return shortestMs;
  }

  /** Told beside the rounds of this watcher. */
  plan(): string {
    return this.#plan.digest;
  }

  /** Those of the fleet that fall to this watcher. */
  mine(fleet: readonly ValidatorId[]): readonly ValidatorId[] {
    const [live, own] = [this.#live(), this.#part.shard];
    if (live.length === 1) return fleet;
    const alike = live.every((shard) => shard === own || this.#plans.get(shard) === this.#plan.digest);
    return fleet.filter((one) => plannedShard(this.#plan, one, live) === own || (!alike && shardOf(one, live) === own));
  }

  /** Every watcher is there. */
  whole(): boolean {
    return this.#live().length === this.#part.shards;
  }
}
