import { describe, expect, test } from 'vitest';
import { birch, leaseOf, t } from '../test/support/core.ts';
import { withGuard } from '../test/support/guard-bench.ts';
import { steadyMs } from '../core/time.ts';
import { loopLimits, Watchdog, type Loop } from './watchdog.ts';

/** systemd's watchdog is fed while all loops go on. */

const limits = loopLimits({ pollMs: 1_000, readTimeoutMs: 2_000, stopMs: 3_000 });
const run = (rounds: readonly (readonly [atMs: number, loop: Loop])[]): { fed: number[]; said: string[] } => {
  let now = 0;
  const [fed, said]: [number[], string[]] = [[], []];
  const watchdog = new Watchdog({
    clock: { steadyMs: () => steadyMs(now) },
    limits,
    feed: () => fed.push(now),
    say: (sentence) => said.push(sentence),
  });
  for (const [atMs, loop] of rounds) {
    now = atMs;
    watchdog.beat(loop);
  }
  return { fed, said };
};
/** Each loop comes round once a second, except for one after a time. */
const seconds = (count: number, stops?: { loop: Loop; atS: number }): [number, Loop][] =>
  Array.from({ length: count }, (_, at) => at).flatMap((at) =>
    (['read', 'gate', 'report'] as const).filter((loop) => loop !== stops?.loop || at < stops.atS).map((loop): [number, Loop] => [at * 1_000, loop]),
  );

describe('the watchdog', () => {
  test('is fed once a second while all loops go on', () => {
    expect(run(seconds(40))).toEqual({ fed: Array.from({ length: 40 }, (_, at) => at * 1_000), said: [] });
  });
  test('limits leave each loop what its round may wait for', () => {
    expect(limits).toEqual({ read: 5_000, gate: 2_000, report: 21_000 });
  });
  test.each<[Loop, number]>([
    ['read', 5_000],
    ['gate', 2_000],
    ['report', 21_000],
  ])('is fed no more when "%s" makes no progress', (loop, limitMs) => {
    const { fed, said } = run(seconds(60, { loop, atS: 10 }));
    expect(fed.at(-1)).toBe(9_000 + limitMs);
    expect(said).toEqual([`The loop "${loop}" makes no progress: systemd ends this guard if that lasts.`]);
  });
  test('a loop that never came round is late too', () => {
    expect(run(seconds(60, { loop: 'report', atS: 0 })).fed.at(-1)).toBe(21_000);
  });
  test('a pause of all of them is over when they go on', () => {
    const { fed } = run([...seconds(3), [9_000, 'gate'], [9_010, 'read'], [9_020, 'gate'], [9_020, 'report']]);
    expect(fed.at(-1)).toBe(9_010);
  });
});

describe('the guard tells of', () => {
  type Change = (bench: Parameters<Parameters<typeof withGuard>[0]>[0], until: Promise<void>) => void;
  const loopsAfter = async (change: Change, afterMs = 4_000): Promise<string[]> => {
    const seen = new Set<Loop>();
    await withGuard(
      async (bench) => {
        await bench.during(500);
        let end = (): void => undefined;
        const until = new Promise<void>((resolve) => (end = resolve));
        change(bench, until);
        await bench.during(afterMs);
        bench.onCycle = (loop) => seen.add(loop);
        await bench.during(4_000);
        bench.onCycle = () => undefined;
        end();
      },
      { deadlineTickMs: 500 },
    );
    return [...seen].sort();
  };
  test('each of its loops, also while the table is away', async () => {
    expect(await loopsAfter(() => undefined)).toEqual(['gate', 'read', 'report']);
    expect(await loopsAfter((bench) => (bench.reachable = false))).toEqual(['gate', 'read', 'report']);
  });
  test('no report when the health of the validator is never told', async () => {
    expect(await loopsAfter((bench, until) => (bench.driver.health = () => until.then(() => ({ synced: true, height: 1, distress: null }))))).toEqual(
      ['gate', 'read'],
    );
  });
  test('no gate when an action does not end', async () => {
    const stuck: Change = (bench, until) => {
      bench.driver.demote = () => until;
      bench.lease = leaseOf({ holder: birch, term: t(2) });
    };
    expect(await loopsAfter(stuck, 80_000)).toEqual(['read', 'report']);
  });
});
