import type { ValidatorId } from './ids.ts';

/** What `baton doctor` found, one precondition of a failover at a time. */

/** What was read, or why it is not known. */
export type Seen<T> = { readonly value: T } | { readonly unknown: string } | { readonly broken: string };

/** `unknown`: it was asked for and could not be told. `unchecked`: nobody asked. Neither counts as ok. */
export const healthStates = ['ok', 'warn', 'fail', 'unknown', 'unchecked'] as const;
export type HealthState = (typeof healthStates)[number];

export interface Told {
  readonly state: HealthState;
  readonly sentence: string;
  /** What to type or do next; null when nothing is to be done. */
  readonly next: string | null;
}

export interface Finding extends Told {
  /** Stable name of what was looked at. */
  readonly check: string;
  readonly validator: ValidatorId | null;
  /** Name of the node, where it is about one. */
  readonly node: string | null;
}

export const ok = (sentence: string): Told => ({ state: 'ok', sentence, next: null });
export const not = (state: HealthState, sentence: string, next: string): Told => ({ state, sentence, next });
export const fail = (sentence: string, next: string): Told => not('fail', sentence, next);

export const valueOf = <T>(seen: Seen<T>): T | undefined => ('value' in seen ? seen.value : undefined);

type Unseen = Exclude<Seen<never>, { readonly value: never }>;

export const unseenAs = (seen: Unseen, next: string): Told => ('broken' in seen ? fail(seen.broken, next) : not('unknown', seen.unknown, next));

export const seenAs = <T>(seen: Seen<T>, next: string, tell: (value: T) => Told): Told => ('value' in seen ? tell(seen.value) : unseenAs(seen, next));

export const countsOf = (findings: readonly Finding[]): Readonly<Record<HealthState, number>> => {
  const count = (state: HealthState): number => findings.filter((one) => one.state === state).length;
  return { ok: count('ok'), warn: count('warn'), fail: count('fail'), unknown: count('unknown'), unchecked: count('unchecked') };
};

/** The worst of all: what could not be told is worse than a warning, for it may be anything. */
export const worstOf = (findings: readonly Finding[]): 'ok' | 'fail' | 'unknown' => {
  const counts = countsOf(findings);
  if (counts.fail > 0) return 'fail';
  return counts.unknown > 0 ? 'unknown' : 'ok';
};
