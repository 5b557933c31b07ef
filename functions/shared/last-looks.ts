import type { ValidatorId } from '../../core/ids.ts';
import type { Look } from '../../core/survey.ts';
import { durationMs, elapsedMs, type SteadyMs } from '../../core/time.ts';
import { uncalledMs } from './reports.ts';

/** One survey that fails may lie between two. */
const oldestMs = durationMs(150_000);

/**
 * What each survey saw first, kept over the calls of one process: a guard that has reported since lives, and is not waited for. In a new process the
 * survey looks until it has seen each guard report.
 */
export class LastLooks {
  readonly #looks = new Map<ValidatorId, { readonly look: Look; readonly atMs: SteadyMs }>();

  /** The look before: so long ago that every guard that lives has reported since, and no longer than that its report tells of now. */
  before(validator: ValidatorId, nowMs: SteadyMs): Look | undefined {
    const kept = this.#looks.get(validator);
    if (!kept) return undefined;
    const agoMs = elapsedMs(kept.atMs, nowMs);
    return agoMs >= uncalledMs && agoMs <= oldestMs ? kept.look : undefined;
  }

  keep(validator: ValidatorId, look: Look, atMs: SteadyMs): void {
    this.#looks.set(validator, { look, atMs });
  }
}
