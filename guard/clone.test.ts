import { describe, expect, test } from 'vitest';
import type { NodeReport } from '../core/report.ts';
import { birch, fencing, leaseOf, reportOf, t } from '../test/support/core.ts';
import { TestMemory, withGuard, type Bench } from '../test/support/guard-bench.ts';

/** Two guards with one node identity, on two machines. */

const signs = ({ driver, maySign }: Bench): boolean => driver.open && maySign();
const [me, other] = ['a'.repeat(32), 'b'.repeat(32)];
const stored = (of: Partial<NodeReport> = {}): NodeReport => reportOf({ writer: other, sequence: 7, after: 6, ...of });
/** The other guard writes its next report. */
const moves = (bench: Bench): void => {
  bench.stored = stored({ sequence: (bench.stored?.sequence ?? 0) + 1, after: bench.stored?.sequence ?? 0 });
};

describe('a guard that starts', () => {
  test('opens at once when the one before has ended here', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(100);
        expect(signs(bench)).toBe(true);
        expect(bench.stored).toMatchObject({ writer: me });
      },
      { stored: stored() },
    );
  });
  test('after another boot opens in the same term when the report has stood still, and not before', async () => {
    const report = stored();
    await withGuard(
      async (bench) => {
        await bench.during(18_500);
        expect(signs(bench)).toBe(false);
        expect(bench.stored).toEqual(report);
        await bench.during(2_000);
        expect(signs(bench)).toBe(true);
        expect(bench.driver.log).not.toContain('forget');
      },
      { stored: report, memory: new TestMemory(report, { place: 'another boot' }) },
    );
  });
  test('opens nothing while the guard of another machine writes, and leaves word', async () => {
    await withGuard(
      async (bench) => {
        for (let round = 0; round < 60; round += 1) {
          await bench.during(2_000);
          moves(bench);
          expect(signs(bench)).toBe(false);
        }
        expect(bench.opens).toBe(0);
        expect(bench.stored).toMatchObject({ writer: other });
        expect(bench.marked.length).toBeGreaterThan(3);
        expect(bench.marked.length).toBeLessThan(8);
      },
      { stored: stored(), memory: new TestMemory(undefined) },
    );
  });
  test('does not displace a standby that lives and reports seldom', async () => {
    const standby = stored({ signing: false, armedTerm: undefined });
    await withGuard(
      async (bench) => {
        bench.lease = leaseOf({ holder: birch });
        for (let round = 0; round < 10; round += 1) {
          await bench.during(30_000);
          expect(bench.stored).toMatchObject({ writer: other, sequence: 7 + round });
          bench.stored = { ...standby, sequence: 8 + round, after: 7 + round };
        }
        // Then it is gone. That it stood still is seen from the last refusal on.
        await bench.during(75_000);
        expect(bench.stored).toMatchObject({ writer: me });
      },
      { stored: standby, memory: new TestMemory(undefined) },
    );
  });
  test('relinquishes nothing while another guard writes', async () => {
    await withGuard(
      async (bench) => {
        bench.lease = fencing();
        await bench.during(5_000);
        expect(bench.stored).toEqual(stored());
      },
      { stored: stored(), memory: new TestMemory(undefined) },
    );
  });
  test('on a copied disk never opens the term that was declared, and does not tell its last duty', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(60_000);
        expect(signs(bench)).toBe(false);
        expect(bench.driver.log).toContain('forget');
        expect(bench.stored).toMatchObject({ writer: me, relinquished: { term: 1, watermark: null } });
        bench.lease = fencing();
        await bench.during(3_000);
        expect(bench.stored?.relinquished).toEqual({ term: 2, watermark: null });
        bench.driver.lost = false;
        bench.lease = leaseOf({ term: t(3), phase: 'RELEASED', releasedTerm: t(3) });
        await bench.during(3_000);
        expect(signs(bench)).toBe(true);
      },
      { stored: stored(), memory: new TestMemory(undefined) },
    );
  });
  test('after one that signs on through an outage opens nothing, however long it is silent', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(120_000);
        expect(signs(bench)).toBe(false);
        expect(bench.said.at(-1)).toContain('NodeUnproven');
      },
      { stored: stored({ armed: false }), memory: new TestMemory(undefined), config: { onControlPlaneLoss: 'hold' } },
    );
  });
});

test('a person who states that the guard before has ended opens for the next one, on the disk that goes on', async () => {
  const report = stored({ armed: false });
  await withGuard(
    async (bench) => {
      await bench.during(100);
      expect(signs(bench)).toBe(true);
    },
    { stored: report, memory: new TestMemory(report, { place: 'another boot', stated: other }), config: { onControlPlaneLoss: 'hold' } },
  );
});

describe.each(['stop', 'hold'])('a guard that holds, with policy %s', (onControlPlaneLoss) => {
  test('closes for good when another guard has written', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(1_000);
        expect(signs(bench)).toBe(true);
        moves(bench);
        await bench.during(2_100);
        expect(signs(bench)).toBe(false);
        expect(bench.driver.log.at(-1)).toBe('demote');
        expect(bench.marked).toEqual([me]);
        expect(bench.said.some((one) => one.startsWith('NodeCloned: another guard has this node identity'))).toBe(true);
        await bench.during(120_000);
        expect(signs(bench)).toBe(false);
        expect(bench.stored).toMatchObject({ writer: other });
      },
      { config: { onControlPlaneLoss } },
    );
  });
  test('closes when a copy of its own memory has written', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(1_000);
        const { stored: last } = bench;
        if (!last) throw new Error('no report');
        bench.stored = { ...last, sequence: last.sequence + 1, after: last.sequence, height: 61 };
        await bench.during(2_100);
        // One report may stand on the same as that of the copy; the next one cannot.
        bench.stored = { ...last, sequence: last.sequence + 2, after: last.sequence + 1, height: 62 };
        await bench.during(2_100);
        expect(signs(bench)).toBe(false);
      },
      { config: { onControlPlaneLoss } },
    );
  });
});

test('a guard whose reports are not acknowledged closes, though it reads the lease, and opens again with the second that is', async () => {
  await withGuard(async (bench) => {
    await bench.during(1_000);
    bench.writable = false;
    await bench.during(9_000);
    expect(signs(bench)).toBe(true);
    await bench.during(5_000);
    expect(signs(bench)).toBe(false);
    expect(bench.driver.log.at(-1)).toBe('demote');
    bench.writable = true;
    await bench.during(2_600);
    expect(signs(bench)).toBe(true);
  });
});

test('the guard that writes passes on that another one wants to', async () => {
  await withGuard(async (bench) => {
    await bench.during(1_000);
    if (bench.stored) bench.stored = { ...bench.stored, rival: other };
    await bench.during(4_500);
    expect(bench.stored?.distress).toContain(`NodeCloned: another guard with this node's identity wants to write here (${other})`);
    expect(signs(bench)).toBe(true);
    await bench.during(125_000);
    expect(bench.stored?.distress).toBe(null);
  });
});
