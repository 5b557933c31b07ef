import type { Bench } from './world.ts';

/** A fault is seen only after the first gap: the first moments after it may still hold lines that were on their way. */
const settleMs = 1_500;
const mostGapMs = 300;

/** True once somebody has signed since the fault, and for so long without a gap. @param of.by who it must be; null for anybody. */
export const isHeld = ({ record, clock }: Bench, of: { readonly faultMs: number; readonly heldMs: number; readonly by: string | null }): boolean => {
  record.read();
  const nowMs = clock.epochMs();
  if (nowMs < of.faultMs + settleMs + of.heldMs) return false;
  const since = record.lines.filter(({ atMs, node }) => atMs > nowMs - of.heldMs && (of.by === null || node === of.by)).map(({ atMs }) => atMs);
  const times = [nowMs - of.heldMs, ...since.toSorted((a, b) => a - b), nowMs];
  return times.every((atMs, at) => at === 0 || atMs - (times[at - 1] ?? 0) <= mostGapMs);
};
