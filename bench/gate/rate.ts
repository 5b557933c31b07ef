import { elapsedMs, type Clock, type DurationMs } from '../../core/time.ts';
import { percentile } from '../figures.ts';

/** How fast a set of keys signs: each key one duty after the other, never more than `atOnce` keys at once. */

export interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly signatures: number;
  /** Why something was not signed, each with how often. */
  readonly refused: Readonly<Record<string, number>>;
}

export const atOnce = 32;

export const roundOf = (tookMs: readonly number[], wholeMs: number, refused: Readonly<Record<string, number>> = {}): Round => {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return {
    perSecond: wholeMs > 0 ? (tookMs.length / wholeMs) * 1_000 : 0,
    ...{ p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), signatures: tookMs.length, refused },
  };
};

export interface Load {
  /** The keys that have nothing to sign, who waits longest first. Kept from round to round, so that every key has its turn. */
  readonly idle: number[];
  readonly lengthMs: DurationMs;
  /** Null, or why it did not sign. */
  readonly sign: (key: number) => Promise<string | null>;
  readonly clock: Pick<Clock, 'steadyMs'>;
}

export const measureRate = async ({ idle, lengthMs, sign, clock }: Load): Promise<Round> => {
  const beganMs = clock.steadyMs();
  const tookMs: number[] = [];
  const refused: Record<string, number> = {};
  const isOver = (): boolean => elapsedMs(beganMs, clock.steadyMs()) >= lengthMs;
  const lane = async (): Promise<void> => {
    for (let key = idle.shift(); key !== undefined; key = isOver() ? undefined : idle.shift()) {
      const askedMs = clock.steadyMs();
      const why = await sign(key);
      if (why === null) tookMs.push(elapsedMs(askedMs, clock.steadyMs()));
      else refused[why] = (refused[why] ?? 0) + 1;
      idle.push(key);
    }
  };
  await Promise.all(Array.from({ length: Math.min(idle.length, atOnce) }, lane));
  return roundOf(tookMs, elapsedMs(beganMs, clock.steadyMs()), refused);
};
