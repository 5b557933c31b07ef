import { describe, expect, test } from 'vitest';
import { birch, leaseOf } from '../test/support/core.ts';
import { withGuard, type Bench } from '../test/support/guard-bench.ts';

/** How often the whole guard reads and reports, on a virtual clock. */

const signs = ({ driver, maySign }: Bench): boolean => driver.open && maySign();

describe('pace', () => {
  test('a quiet standby peeks, and reads for certain what a peek shows to be new', async () => {
    await withGuard(async (bench) => {
      bench.lease = leaseOf({ holder: birch });
      await bench.during(31_000);
      const [reads, peeks] = [bench.reads, bench.peeks];
      await bench.during(30_000);
      expect([bench.reads - reads, bench.peeks - peeks]).toEqual([1, 9]);
      // Released to this node, as a copy that lags shows it.
      bench.peeked = bench.lease;
      bench.lease = leaseOf({ phase: 'RELEASED', version: 9 });
      await bench.during(6_000);
      expect(signs(bench)).toBe(false);
      bench.peeked = undefined;
      await bench.during(3_500);
      expect(signs(bench)).toBe(true);
    }, {});
  });
  test('a peek that shows another holder takes nothing from nobody, and one that shows this node opens nothing', async () => {
    await withGuard(async (bench) => {
      bench.lease = leaseOf({ holder: birch });
      await bench.during(31_000);
      bench.peeked = leaseOf({ version: 9 });
      await bench.during(60_000);
      expect(bench.opens).toBe(0);
    }, {});
  });
  test('a call makes it read and report at once, and then often', async () => {
    await withGuard(async (bench) => {
      bench.lease = leaseOf({ holder: birch });
      await bench.during(40_500);
      const before = [bench.reads, bench.stored?.sequence ?? 0];
      bench.lease = leaseOf({ holder: birch, call: '0123456789abcdef' });
      await bench.during(3_500);
      expect(bench.stored?.sequence).toBeGreaterThan(before[1] ?? 0);
      const called = [bench.reads, bench.stored?.sequence ?? 0];
      await bench.during(10_000);
      expect(bench.reads - (called[0] ?? 0)).toBe(50);
      expect((bench.stored?.sequence ?? 0) - (called[1] ?? 0)).toBe(5);
      await bench.during(30_000);
      const later = [bench.reads, bench.stored?.sequence ?? 0];
      await bench.during(60_000);
      expect((bench.stored?.sequence ?? 0) - (later[1] ?? 0)).toBe(2);
      expect(bench.reads - (later[0] ?? 0)).toBeLessThan(4);
    }, {});
  });
  test('answers a call with its next read, and is proven to be the only guard whenever a key may come, under a short lease too', async () => {
    const timing = { leaseMs: 2_000, stopMs: 300, marginMs: 300, pollMs: 250, movingPollMs: 50, readTimeoutMs: 500 };
    await withGuard(
      async (bench) => {
        bench.lease = leaseOf({ holder: birch });
        await bench.during(40_010);
        const before = bench.stored?.sequence ?? 0;
        bench.lease = leaseOf({ holder: birch, call: '0123456789abcdef' });
        await bench.during(250);
        expect(bench.stored?.sequence).toBe(before + 1);
        // The second one shows that none has come between.
        await bench.during(400);
        for (let tenth = 0; tenth < 30; tenth += 1) {
          await bench.during(100);
          expect(bench.reporter?.whyUnproven()).toBe(null);
        }
        bench.lease = leaseOf({ phase: 'RELEASED', version: 9 });
        await bench.during(60);
        expect(signs(bench)).toBe(true);
      },
      { config: { timing } },
    );
  });
  test('a holder whose report is lost tries again before it would have to close', async () => {
    await withGuard(async (bench) => {
      await bench.during(40_000);
      expect(signs(bench)).toBe(true);
      bench.writable = false;
      await bench.during(8_000);
      bench.writable = true;
      await bench.during(1_500);
      expect(signs(bench)).toBe(true);
      expect(bench.driver.log.filter((one) => one === 'activate')).toHaveLength(1);
    });
  });
});
