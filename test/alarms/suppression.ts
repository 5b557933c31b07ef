import type { State } from './metric-state.ts';

/** When a composite alarm with an actions suppressor takes its actions, by "Suppressing composite alarm actions". */

export interface Periods {
  readonly waitSeconds: number;
  readonly extensionSeconds: number;
}

export interface Look {
  readonly seconds: number;
  readonly composite: State;
  readonly suppressor: State;
}

export interface Suppression {
  readonly last: Look | null;
  /** A change of state whose actions were not taken yet. */
  readonly withheld: boolean;
  readonly waitUntil: number | null;
  readonly extensionUntil: number | null;
}

export const unsuppressed: Suppression = { last: null, withheld: false, waitUntil: null, extensionUntil: null };

/**
 * One look further. `act` says whether the actions of the present state are taken now.
 *
 * While the suppressor is in ALARM nothing is taken and every wait is discarded. When it leaves ALARM an extension begins; a change of the
 * composite discards wait and extension alike and begins a new wait. When either runs out, the actions of the then present state are taken,
 * if a change was withheld: AWS does not say whether a state that was told already is told again.
 */
export const suppress = (before: Suppression, now: Look, periods: Periods): { after: Suppression; act: boolean } => {
  const changed = before.last?.composite !== now.composite;
  const withheld = before.withheld || changed;
  if (now.suppressor === 'ALARM') return { after: { last: now, withheld, waitUntil: null, extensionUntil: null }, act: false };
  let { waitUntil, extensionUntil } = before;
  if (before.last?.suppressor === 'ALARM') extensionUntil = now.seconds + periods.extensionSeconds;
  else if (changed) [waitUntil, extensionUntil] = [now.seconds + periods.waitSeconds, null];
  const ranOut = [waitUntil, extensionUntil].some((until) => until !== null && now.seconds >= until);
  if (!ranOut) return { after: { last: now, withheld, waitUntil, extensionUntil }, act: false };
  return { after: { last: now, withheld: false, waitUntil: null, extensionUntil: null }, act: withheld };
};
