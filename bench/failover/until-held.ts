import type { Bench } from './world.ts';

/** A fault is seen only after the first gap: the first moments after it may still hold lines that were on their way. */
const settleMs = 1_500;
const mostGapMs = 300;

/** True once somebody has signed since the fault, and for so long without a gap. */
export const untilHeld = ({ record, clock }: Bench, of: { readonly faultMs: number; readonly heldMs: number }): boolean => {
  record.read();
  const nowMs = clock.epochMs();
  if (nowMs < of.faultMs + settleMs + of.heldMs) return false;
  const since = record.lines.filter(({ atMs }) => atMs > nowMs - of.heldMs).map(({ atMs }) => atMs);
  const times = [nowMs - of.heldMs, ...since.toSorted((a, b) => a - b), nowMs];
  return times.every((atMs, at) => at === 0 || atMs - (times[at - 1] ?? 0) <= mostGapMs);
};
