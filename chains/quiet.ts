/**
 * When a validator has nothing due: for planned work alone. Nothing rests on it but how much is missed, so what cannot be told is no reason
 * to wait.
 */

/** Numbers of slots or blocks from `start` to before `end`. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** A window that was chosen stays the best one while it is reached a little late. */
const late = 25;

/**
 * The longest window that is open or begins within so many slots, of two the earlier; one of `enough` is as good as any longer.
 * Null when there is none. An open one begins at the head.
 */
export const bestWindow = (
  windows: readonly Window[],
  { head, within, enough }: { readonly head: number; readonly within: number; readonly enough: number },
): Window | null => {
  const near = windows
    .filter(({ start, end }) => end > head && end > start && start <= head + within)
    .map(({ start, end }) => ({ start: Math.max(start, head), end }))
    .sort((one, other) => one.start - other.start);
  const worth = ({ start, end }: Window): number => Math.min(enough, end - start + (start === head ? late : 0));
  return near.reduce<Window | null>((best, one) => (best === null || worth(one) > worth(best) ? one : best), null);
};

/** What lies between these slots, from `head` to before `end`. */
export const windowsBetween = (due: readonly number[], { head, end }: { readonly head: number; readonly end: number }): Window[] => {
  const ahead = [...due.filter((slot) => slot >= head && slot < end).sort((one, other) => one - other), end];
  return ahead.map((slot, index) => ({ start: index === 0 ? head : (ahead[index - 1] ?? head) + 1, end: slot })).filter((one) => one.end > one.start);
};
