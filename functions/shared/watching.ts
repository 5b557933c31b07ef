import { Round } from '../../chains/index.ts';
import type { ExecutionName, ValidatorId } from '../../core/ids.ts';
import type { DurationMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';
import { resume, unwatched, watchOne, type Watched, type WatchNeeds } from './watch-round.ts';

/** All validators of one watcher, round after round. None waits for another: whose look takes longer than a round is left out of the next. */
export class Watching {
  readonly started: ExecutionName[] = [];
  readonly #deps: Pick<Deps, WatchNeeds>;
  readonly #vantage: string;
  #fleet: readonly ValidatorId[] = [];
  readonly #known = new Map<ValidatorId, Watched>();
  readonly #busy = new Map<ValidatorId, Promise<void>>();
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;

  constructor(deps: Pick<Deps, WatchNeeds>, vantage: string, signal: AbortSignal) {
    this.#deps = deps;
    this.#vantage = vantage;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
  }

  /**
   * Ends when all have been looked at, and after `mostMs` at the latest. Then those that have not ended go on beside the next.
   * @param fleet those that this watcher looks at now; what it knew of another is forgotten, for somebody else looks at it.
   */
  async round(fleet: readonly ValidatorId[], mostMs: DurationMs): Promise<void> {
    const round = new Round();
    this.#fleet = fleet;
    const wanted = new Set(fleet);
    for (const validator of this.#known.keys()) if (!wanted.has(validator)) this.#known.delete(validator);
    for (const validator of fleet) {
      if (this.#busy.has(validator)) continue;
      this.#busy.set(
        validator,
        this.#look(validator, round).finally(() => this.#busy.delete(validator)),
      );
    }
    const enough = new AbortController();
    const longest = this.#deps.clock.sleep(mostMs, enough.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#busy.values()), longest]);
    enough.abort();
  }

  /** What is known of each. */
  all(): Watched[] {
    return this.#fleet.map((validator) => this.#known.get(validator) ?? { ...unwatched, unseen: true });
  }

  /** Nothing that is still under way has an effect after this. */
  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#busy.values());
  }

  /** One validator's trouble never stops the others. */
  async #look(validator: ValidatorId, round: Round): Promise<void> {
    const vantage = this.#vantage;
    try {
      const before = this.#known.get(validator) ?? (await resume(this.#deps, validator, vantage, this.#signal));
      const { after, started } = await watchOne(this.#deps, { validator, vantage, before, round }, this.#signal);
      this.#known.set(validator, after);
      if (started) this.started.push(started);
    } catch {
      this.#known.set(validator, { ...(this.#known.get(validator) ?? unwatched), unseen: true });
    }
  }
}
