/** Time to recover in figures. Pure: `baton report` reads, this counts. */

export interface Run {
  readonly execution: string;
  /** `failover`: a verdict or an alarm asked for it. */
  readonly kind: 'failover' | 'by-hand' | 'drill';
  readonly startedMs: number;
  /** SUCCEEDED, RUNNING, or the name of the failure end. */
  readonly end: string;
  /** It took the term: from then on nobody but its candidate comes to sign by it. */
  readonly tookTerm: boolean;
  /** From its start until the new holder was seen signing; null when it never was. */
  readonly toSignatureMs: number | null;
  /** Of that, time in which it waited for people. */
  readonly askedMs: number;
}

export interface Figures {
  readonly runs: number;
  readonly drills: number;
  /** How they ended, by the name of the end. */
  readonly ends: Readonly<Record<string, number>>;
  /** Those that ended after they had taken the term: the objective is about these. */
  readonly recoveries: number;
  readonly medianMs: number | null;
  readonly longestMs: number | null;
  readonly within: number;
  /** Of the recoveries, 0 to 1; null when there was none. */
  readonly share: number | null;
}

/** While a drill waits for an answer the active signs on: that time is no downtime. Of a failover it is. */
export const recoveryMs = ({ kind, toSignatureMs, askedMs }: Run): number | null =>
  toSignatureMs === null ? null : kind === 'failover' ? toSignatureMs : Math.max(0, toSignatureMs - askedMs);

/** Of an even number the greater of the two in the middle: no time is told that never was. */
const medianOf = (sorted: readonly number[]): number | null => sorted[Math.floor(sorted.length / 2)] ?? null;

const countsOf = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(names)].sort().map((name) => [name, names.filter((one) => one === name).length]));

/** @param objectiveMs within which a new holder is to sign. One that took the term and was never seen signing is not within it. */
export const figuresOf = (runs: readonly Run[], objectiveMs: number): Figures => {
  const recoveries = runs.filter(({ tookTerm, end }) => tookTerm && end !== 'RUNNING');
  const times = recoveries.flatMap((one) => recoveryMs(one) ?? []).sort((a, b) => a - b);
  const within = times.filter((ms) => ms <= objectiveMs).length;
  return {
    runs: runs.length,
    drills: runs.filter(({ kind }) => kind === 'drill').length,
    ends: countsOf(runs.map(({ end }) => end)),
    recoveries: recoveries.length,
    medianMs: medianOf(times),
    longestMs: times.at(-1) ?? null,
    within,
    share: recoveries.length === 0 ? null : within / recoveries.length,
  };
};

/** A median that changed by less than this share is the same. */
const sameShare = 0.1;

export const trendOf = (now: Figures, before: Figures): 'faster' | 'slower' | 'same' | null => {
  if (now.medianMs === null || before.medianMs === null) return null;
  if (Math.abs(now.medianMs - before.medianMs) <= before.medianMs * sameShare) return 'same';
  return now.medianMs < before.medianMs ? 'faster' : 'slower';
};

const bars = '▁▂▃▄▅▆▇█';

/** One bar for each recovery, oldest first, the longest the highest; `×` for one that never signed. */
export const sparkline = (runs: readonly Run[]): string => {
  const times = runs
    .filter(({ tookTerm, end }) => tookTerm && end !== 'RUNNING')
    .toSorted((a, b) => a.startedMs - b.startedMs)
    .map(recoveryMs);
  const most = Math.max(1, ...times.map((ms) => ms ?? 0));
  return times.map((ms) => (ms === null ? '×' : bars[Math.min(bars.length - 1, Math.floor((ms / most) * bars.length))])).join('');
};
