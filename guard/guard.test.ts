import { describe, expect, test } from 'vitest';
import { amber, birch, fencing, leaseOf, run, t, v } from '../test/support/core.ts';
import { withGuard, type Bench } from '../test/support/guard-bench.ts';
import type { NodeReport } from '../core/report.ts';

/** The guard's cycle on a virtual clock. */

const signs = ({ driver, maySign }: Bench): boolean => driver.open && maySign();

describe('opening', () => {
  test('demotes first, then opens for the recorded active, after its word is on record', async () => {
    const ended = await withGuard(async (bench) => {
      await bench.during(100);
      expect(signs(bench)).toBe(true);
      expect(bench.driver.log).toEqual(['demote', 'ready', 'key', 'prepare', 'activate']);
      expect(bench.stored).toMatchObject({ armedTerm: 1, armed: true, leaseMs: 15_000, signing: true });
    });
    expect(signs(ended)).toBe(false);
    expect(ended.driver.log.at(-1)).toBe('demote');
  });
  test('declares the term before it lets anything sign', async () => {
    await withGuard(async (bench) => {
      const declared: unknown[] = [];
      bench.driver.onActivate = () => declared.push(bench.stored?.armedTerm);
      await bench.during(100);
      expect(declared).toEqual([1]);
    });
  });
  test.each(['read', 'gate', 'report'] as const)('closes at once when its loop "%s" dies, opens no more, and ends with that error', async (dies) => {
    const seen: boolean[] = [];
    const ended = withGuard(async (bench) => {
      await bench.during(100);
      seen.push(signs(bench));
      bench.onCycle = (loop) => {
        if (loop === dies) throw new Error('notify is gone');
      };
      await bench.during(1_100);
      seen.push(bench.driver.open, bench.maySign());
      await bench.during(20_000);
      seen.push(bench.driver.open, bench.maySign());
    });
    await expect(ended).rejects.toThrow('notify is gone');
    expect(seen).toEqual([true, false, false, false, false]);
  });
  test('a standby never opens a key', async () => {
    await withGuard(async (bench) => {
      bench.lease = leaseOf({ holder: birch });
      await bench.during(5_000);
      expect(bench.opens).toBe(0);
      expect(signs(bench)).toBe(false);
    }, {});
  });
  test('does not open while its word cannot be written', async () => {
    await withGuard(async (bench) => {
      bench.writable = false;
      await bench.during(5_000);
      expect(signs(bench)).toBe(false);
      bench.writable = true;
      await bench.during(3_000);
      expect(signs(bench)).toBe(true);
    });
  });
  test('a signer that stopped by itself is closed, tells so, and is opened anew in the same term', async () => {
    await withGuard(async (bench) => {
      await bench.during(1_000);
      bench.driver.failActivate = true;
      bench.driver.stalled = true;
      await bench.during(3_000);
      expect(signs(bench)).toBe(false);
      expect(bench.stored?.distress).not.toBe(null);
      bench.driver.failActivate = false;
      await bench.during(3_000);
      expect(signs(bench)).toBe(true);
      expect(bench.stored?.armedTerm).toBe(1);
    });
  });
  test('a word that is on record only after the deadline opens nothing, and the next read tries again', async () => {
    await withGuard(
      async (bench) => {
        bench.writeMs = 13_000;
        await bench.during(100);
        bench.readMs = 13_500;
        await bench.during(13_500);
        [bench.writeMs, bench.readMs] = [0, 0];
        expect(signs(bench)).toBe(false);
        await bench.during(30_000);
        expect(signs(bench)).toBe(true);
      },
      // Nothing but the opening itself looks at the deadline.
      { deadlineTickMs: 600_000 },
    );
  });
  test('does not open in a term that was declared with other timing', async () => {
    const stored: NodeReport = {
      validator: v,
      node: amber,
      sequence: 4,
      writer: 'b'.repeat(32),
      armedTerm: t(1),
      armed: true,
      leaseMs: 60_000,
      signing: false,
      floor: 1,
      synced: true,
      height: 1,
      build: 'b1',
      distress: null,
      diskFreeBytes: 1,
    };
    await withGuard(
      async (bench) => {
        await bench.during(5_000);
        expect(signs(bench)).toBe(false);
        expect(bench.stored?.distress).toContain('GuardRefused: term 1 was declared with other timing');
        bench.lease = leaseOf({ term: t(2), phase: 'RELEASED', releasedTerm: t(2) });
        await bench.during(3_000);
        expect(signs(bench)).toBe(true);
      },
      { stored },
    );
  });
  test('does not open again in a term whose watermark is gone', async () => {
    await withGuard(async (bench) => {
      await bench.during(100);
      bench.driver.lost = true;
      bench.reachable = false;
      await bench.during(14_000);
      expect(signs(bench)).toBe(false);
      bench.reachable = true;
      await bench.during(3_000);
      expect(signs(bench)).toBe(false);
      expect(bench.stored?.distress).toContain('the watermark of term 1 is gone');
    });
  });
  test('a lease without a watermark does not open', async () => {
    await withGuard(async (bench) => {
      const { watermark: _, ...rest } = leaseOf();
      bench.lease = rest;
      await bench.during(3_000);
      expect(signs(bench)).toBe(false);
    });
  });
  test('an activation that fails is tried again and leaves nothing open', async () => {
    await withGuard(async (bench) => {
      bench.driver.failActivate = true;
      await bench.during(3_000);
      expect(signs(bench)).toBe(false);
      expect(bench.stored?.distress).toContain('it does not start');
      bench.driver.failActivate = false;
      await bench.during(3_000);
      expect(signs(bench)).toBe(true);
      expect(bench.stored?.distress).toBe(null);
    });
  });
});

describe('closing', () => {
  test('without a read it closes before lease − stop has passed since the last good read was sent, and opens again with the next', async () => {
    await withGuard(async (bench) => {
      await bench.during(100);
      bench.reachable = false;
      await bench.during(10_900);
      expect(signs(bench)).toBe(true);
      await bench.during(1_100);
      expect(signs(bench)).toBe(false);
      expect(bench.driver.log.at(-1)).toBe('demote');
      expect(bench.stored?.relinquished).toBe(undefined);
      bench.reachable = true;
      await bench.during(3_000);
      expect(signs(bench)).toBe(true);
    });
  });
  test('the deadline counts from when the read was sent, however long its answer took', async () => {
    await withGuard(async (bench) => {
      bench.readMs = 1_500;
      await bench.during(1_600);
      expect(signs(bench)).toBe(true);
      bench.reachable = false;
      await bench.during(10_350);
      expect(signs(bench)).toBe(true);
      await bench.during(100);
      expect(signs(bench)).toBe(false);
    });
  });
  test('with policy hold an outage does not close, and it is not armed; another holder still closes', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(100);
        expect(bench.stored).toMatchObject({ armed: false });
        bench.reachable = false;
        await bench.during(60_000);
        expect(signs(bench)).toBe(true);
        bench.reachable = true;
        bench.lease = leaseOf({ term: t(2), holder: birch, phase: 'RELEASED', releasedTerm: t(2) });
        await bench.during(2_000);
        expect(signs(bench)).toBe(false);
      },
      { config: { onControlPlaneLoss: 'hold' } },
    );
  });
  test('a fenced term is relinquished with the watermark, only after it is verified', async () => {
    await withGuard(async (bench) => {
      await bench.during(100);
      bench.driver.failDemote = true;
      bench.lease = fencing({ claim: run('one') });
      await bench.during(3_000);
      expect(signs(bench)).toBe(false);
      expect(bench.stored?.relinquished).toBe(undefined);
      bench.driver.failDemote = false;
      await bench.during(3_000);
      expect(bench.stored?.relinquished).toEqual({ term: 2, watermark: { kind: 'consensus', height: 50, round: 0, step: 3 } });
      expect(bench.stored?.signing).toBe(false);
    });
  });
  test('the watermark it gives up is never below the lease’s', async () => {
    await withGuard(async (bench) => {
      bench.driver.mark = { kind: 'consensus', height: 2, round: 0, step: 3 };
      bench.lease = fencing();
      await bench.during(3_000);
      expect(bench.stored?.relinquished?.watermark).toEqual({ kind: 'consensus', height: 10, round: 0, step: 3 });
    });
  });
  test('what its driver hands over goes with the relinquish, but not from a disk of an earlier time, nor when it is too large', async () => {
    const handed = async (bytes: number, lost = false): Promise<unknown> => {
      const bench = await withGuard(async (one) => {
        await one.during(3_000);
        one.driver.handed = { term: t(1), bytes: Buffer.alloc(bytes, 1) };
        if (lost && one.reporter) Object.defineProperty(one.reporter, 'lostRecord', { value: true });
        one.lease = fencing();
        await one.during(3_000);
      });
      expect(bench.stored?.relinquished?.term).toBe(2);
      return bench.stored?.relinquished?.handover;
    };
    expect(await handed(3)).toEqual({ term: 1, bytes: 'AQEB' });
    expect(await handed(16_384)).toMatchObject({ term: 1 });
    expect(await handed(16_385)).toBe(undefined);
    expect(await handed(3, true)).toBe(undefined);
  });
  test('the driver is told the term, and what came with the key', async () => {
    const sealed = { node: amber, term: t(1), box: 'x', dataKey: 'x', grantToken: 'x' };
    const activations = async (of: object): Promise<unknown> => {
      const bench = await withGuard(async (one) => {
        one.lease = leaseOf({ sealed: { ...sealed, ...of } });
        await one.during(3_000);
      });
      return bench.driver.activations.map(({ term, handover }) => ({ term, handover: handover?.toString() ?? null }));
    };
    expect(await activations({})).toEqual([{ term: 1, handover: null }]);
    expect(await activations({ handover: 'dG93ZXI=' })).toEqual([{ term: 1, handover: 'tower' }]);
  });
  test('a relinquished term is never opened again, also after a restart; a reinstated one is', async () => {
    const first = await withGuard(async (bench) => {
      await bench.during(100);
      bench.lease = fencing();
      await bench.during(2_000);
    });
    const stored = first.stored as NodeReport;
    expect(stored.relinquished?.term).toBe(2);
    await withGuard(
      async (bench) => {
        bench.lease = leaseOf({ term: t(2), phase: 'HELD' });
        await bench.during(3_000);
        expect(signs(bench)).toBe(false);
        bench.lease = leaseOf({ term: t(3), phase: 'RELEASED', releasedTerm: t(3) });
        await bench.during(3_000);
        expect(signs(bench)).toBe(true);
      },
      { stored },
    );
  });
});

test('it opens nothing before it knows what it said before', async () => {
  await withGuard(async (bench) => {
    bench.reachable = false;
    await bench.during(5_000);
    expect(bench.opens).toBe(0);
    bench.reachable = true;
    await bench.during(3_000);
    expect(signs(bench)).toBe(true);
  });
});
