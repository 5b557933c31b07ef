/** Branded time: an instant on a wall clock, an instant on one machine's steady clock, and a length of time never mix by accident. */

declare const unit: unique symbol;

/** Milliseconds since 1970 on some machine's wall clock. For people to read; never compared between machines. */
export type EpochMs = number & { readonly [unit]: 'EpochMs' };

/** Milliseconds on one machine's steady clock. Meaningless on any other machine. */
export type SteadyMs = number & { readonly [unit]: 'SteadyMs' };

/** A length of time in milliseconds, finite and not negative. */
export type DurationMs = number & { readonly [unit]: 'DurationMs' };

/** @throws RangeError when `value` is not a finite number of milliseconds ≥ 0. */
export const durationMs = (value: number): DurationMs => {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`a duration must be a finite number of milliseconds ≥ 0, got ${value}`);
  return value as DurationMs;
};

export const epochMs = (value: number): EpochMs => value as EpochMs;
export const steadyMs = (value: number): SteadyMs => value as SteadyMs;

/** Time from `from` to `to` on one machine; 0 when `to` is earlier. */
export const elapsedMs = (from: SteadyMs, to: SteadyMs): DurationMs => durationMs(Math.max(0, to - from));

export const addMs = (at: SteadyMs, length: DurationMs): SteadyMs => steadyMs(at + length);

/** The only source of time. Edges get it from `runtime/clock.ts`, tests from a virtual one; `core/` never holds one. */
export interface Clock {
  /** Wall clock, for people. */
  epochMs(): EpochMs;
  /** Steady clock that goes on counting while the machine is suspended. */
  steadyMs(): SteadyMs;
  /** Resolves after `length`, or rejects with the signal's reason. */
  sleep(length: DurationMs, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `length`. */
  timeout(length: DurationMs): AbortSignal;
}

export const dayMs = 86_400_000;

/** A moment for people, to the second. */
export const utcOf = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
