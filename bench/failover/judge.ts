/** What a record of lines says: how long nobody wrote, how long both did, and who wrote after another had taken over. Pure. */

export const tickMs = 100;
/** A node that has not written for longer was not writing in between: two ticks and a half. */
const streakMs = 250;

/** One line of the dummy signer. */
export interface Line {
  /** By the clock of the one machine on which every node runs, in milliseconds since 1970. */
  readonly atMs: number;
  readonly node: string;
  /** The tick for which it was written. */
  readonly height: number;
}

export interface Judgement {
  /** The longest time without a line since the fault, in milliseconds; null when nobody wrote again. */
  readonly downtimeMs: number | null;
  /** How long both wrote, in milliseconds. */
  readonly overlapMs: number;
  /** Lines of a node that another had already taken over from, and from which nobody handed back. Each is a double signature. */
  readonly lateLines: number;
  /** Ticks for which both wrote. */
  readonly twice: number;
  /** Who wrote last; null when nobody wrote after the fault. */
  readonly last: string | null;
  /** When the node that took over wrote first; null when nobody took over. */
  readonly tookOverMs: number | null;
}

/** A line, or null when the text is none, as the last one of a machine that lost its power may be. */
export const lineOf = (text: string): Line | null => {
  const [, atMs, node, height] = /^(\d+) ([a-z]+) (\d+)$/.exec(text) ?? [];
  return node === undefined ? null : { atMs: Number(atMs), node, height: Number(height) };
};

interface Streak {
  readonly fromMs: number;
  readonly toMs: number;
}

const streaksOf = (lines: readonly Line[]): Streak[] => {
  const streaks: { fromMs: number; toMs: number }[] = [];
  for (const { atMs } of lines) {
    const last = streaks.at(-1);
    if (last !== undefined && atMs - last.toMs <= streakMs) last.toMs = atMs;
    else streaks.push({ fromMs: atMs, toMs: atMs });
  }
  return streaks;
};

const sharedMs = (some: readonly Streak[], others: readonly Streak[]): number =>
  some.reduce(
    (sum, one) => sum + others.reduce((part, other) => part + Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs)), 0),
    0,
  );

/** The longest time between two lines of whomever, one of them after the fault. */
const gapOf = (lines: readonly Line[], faultMs: number): number =>
  lines.reduce((longest, { atMs }, index) => {
    const before = lines[index - 1];
    return before === undefined || atMs < faultMs ? longest : Math.max(longest, atMs - before.atMs);
  }, 0);

/**
 * @param of.active who wrote until the fault.
 * @param of.endMs when the run ended: a gap that lasts until then is one without an end.
 */
export const judge = (unordered: readonly Line[], of: { readonly active: string; readonly faultMs: number; readonly endMs: number }): Judgement => {
  const lines = unordered.toSorted((a, b) => a.atMs - b.atMs);
  const ofActive = lines.filter(({ node }) => node === of.active);
  const ofOthers = lines.filter(({ node }) => node !== of.active);
  const [firstOther, lastOther] = [ofOthers[0], ofOthers.at(-1)];
  const late = firstOther && lastOther ? ofActive.filter(({ atMs }) => atMs > firstOther.atMs && atMs < lastOther.atMs).length : 0;
  const heights = new Set(ofActive.map(({ height }) => height));
  const last = lines.findLast(({ atMs }) => atMs >= of.faultMs);
  const silentMs = of.endMs - (lines.at(-1)?.atMs ?? of.faultMs);
  const longestMs = gapOf(lines, of.faultMs);
  return {
    downtimeMs: silentMs > Math.max(longestMs, streakMs) ? null : longestMs,
    overlapMs: sharedMs(streaksOf(ofActive), streaksOf(ofOthers)),
    lateLines: late,
    twice: new Set(ofOthers.filter(({ height }) => heights.has(height)).map(({ height }) => height)).size,
    last: last?.node ?? null,
    tookOverMs: firstOther?.atMs ?? null,
  };
};
