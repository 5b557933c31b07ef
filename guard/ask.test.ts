import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Round } from '../core/ask.ts';
import type { NodeId } from '../core/ids.ts';
import type { NodeReport } from '../core/report.ts';
import { durationMs, steadyMs } from '../core/time.ts';
import { birch, cedar, fencing, leaseOf, reportOf, t } from '../test/support/core.ts';
import { TestMemory, withGuard, type Bench } from '../test/support/guard-bench.ts';
import type { View } from './peers/peers.ts';
import { rawPublicKeyOf } from '../runtime/ed25519.ts';

/** The guard with policy `ask`: what it declares, by what it goes on, and what its report says of its own promises. */

const rawKey = (): string => rawPublicKeyOf(generateKeyPairSync('ed25519').publicKey).toString('base64');
const config = {
  onControlPlaneLoss: 'ask',
  peers: { listen: '127.0.0.1:1', keyFile: '/etc/baton/key', nodes: [{ node: birch, address: 'birch:7000', publicKey: rawKey() }] },
};
const signs = ({ driver, maySign }: Bench): boolean => driver.open && maySign();

/** The asking itself is the test's: it tells what was asked, and gives what the test gives. */
class TestPeers {
  view: View | null = null;
  readonly asks: NodeId[];
  constructor(asks: NodeId[] = [birch]) {
    this.asks = asks;
  }
  async run(view: View): Promise<void> {
    this.view = view;
  }
  promise(bench: Bench): void {
    const round: Round = { term: t(1), sentMs: bench.clock.steadyMs(), promiseMs: durationMs(15_000), questions: [] };
    this.view?.extend(round);
  }
}

const stored = (of: Partial<NodeReport> = {}): NodeReport =>
  reportOf({ writer: 'b'.repeat(32), sequence: 7, after: 6, promised: false, asks: [birch], ...of });

describe('a holder', () => {
  test('declares whom it asks, before it opens, and nothing that it asks is left for another policy', async () => {
    const peers = new TestPeers([birch, cedar]);
    await withGuard(
      async (bench) => {
        await bench.during(100);
        expect(signs(bench)).toBe(true);
        expect(bench.stored).toMatchObject({ armedTerm: 1, armed: true, asks: [birch, cedar], promised: true });
      },
      { config, peers },
    );
    await withGuard(async (bench) => {
      await bench.during(100);
      expect(bench.stored?.asks).toBe(undefined);
      expect(bench.stored?.promised).toBe(undefined);
    });
  });
  test('that declared other peers for this term does not open', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(3_000);
        expect(signs(bench)).toBe(false);
        expect(bench.said.join()).toContain('GuardRefused: term 1 was declared with other timing or peers');
      },
      { config, peers: new TestPeers(), stored: stored({ asks: [cedar] }) },
    );
  });
  test('cut off from the table goes on while all promise, and stops when they do no more', async () => {
    const peers = new TestPeers();
    await withGuard(
      async (bench) => {
        await bench.during(1_000);
        expect(peers.view?.readFailed()).toBe(false);
        bench.reachable = false;
        for (let second = 0; second < 60; second += 1) {
          await bench.during(1_000);
          peers.promise(bench);
          expect(signs(bench)).toBe(true);
        }
        expect(peers.view?.readFailed()).toBe(true);
        await bench.during(8_500);
        expect(signs(bench)).toBe(true);
        await bench.during(100);
        expect(signs(bench)).toBe(false);
        // What has passed is not revived.
        peers.promise(bench);
        await bench.during(1_000);
        expect(signs(bench)).toBe(false);
      },
      { config, peers },
    );
  });
  test('without a promise stops at its deadline', async () => {
    await withGuard(
      async (bench) => {
        await bench.during(1_000);
        bench.reachable = false;
        await bench.during(12_500);
        expect(signs(bench)).toBe(false);
      },
      { config, peers: new TestPeers() },
    );
  });
  test('closes at once on a read of a higher term, whatever was promised', async () => {
    const peers = new TestPeers();
    await withGuard(
      async (bench) => {
        await bench.during(1_000);
        peers.promise(bench);
        bench.lease = fencing();
        await bench.during(1_500);
        expect(signs(bench)).toBe(false);
        expect(bench.stored?.relinquished?.term).toBe(2);
      },
      { config, peers },
    );
  });
});

describe('a standby', () => {
  const lease = leaseOf({ holder: birch, candidate: birch });
  const standby = (act: (bench: Bench, peers: TestPeers) => Promise<void>, of: { before?: NodeReport; ended?: boolean } = {}) => {
    const peers = new TestPeers();
    const { before = stored({ armedTerm: undefined, armed: false }), ended = true } = of;
    const memory = new TestMemory(before, ended ? {} : { place: 'another boot' });
    return withGuard(
      async (bench) => {
        bench.lease = lease;
        await act(bench, peers);
      },
      { config, peers, stored: before, memory },
    );
  };
  test('says for a minute after its start that a promise may be live, and then that none is', async () => {
    await standby(async (bench) => {
      await bench.during(59_000);
      expect(bench.stored).toMatchObject({ promised: true, floor: 1 });
      await bench.during(32_000);
      expect(bench.stored).toMatchObject({ promised: false, floor: 1 });
    });
  });
  test('on another boot says so for as long as a copy of it could promise on', async () => {
    await standby(
      async (bench) => {
        await bench.during(200_000);
        expect(bench.stored).toMatchObject({ writer: 'a'.repeat(32), promised: true });
      },
      { ended: false },
    );
  });
  test('that has promised says so until the promise is over', async () => {
    await standby(async (bench, peers) => {
      await bench.during(72_000);
      expect(peers.view?.idle()).toBe(true);
      expect(bench.reporter?.writer.mode).toBe('writer');
      bench.reporter?.promise({ untilMs: steadyMs(bench.clock.steadyMs() + 10_000) });
      await bench.during(9_500);
      expect(bench.stored).toMatchObject({ promised: true });
      await bench.during(12_000);
      expect(bench.stored).toMatchObject({ promised: false });
    });
  });
  test('opens when it is released, whatever it has promised', async () => {
    await standby(async (bench) => {
      await bench.during(1_000);
      bench.lease = leaseOf({ term: t(2), phase: 'RELEASED', releasedTerm: t(2) });
      await bench.during(2_000);
      expect(signs(bench)).toBe(true);
      expect(bench.stored).toMatchObject({ promised: true, armedTerm: 2 });
    });
  });
  test('never says a floor below the one that its node has said', async () => {
    await standby(
      async (bench) => {
        await bench.during(5_000);
        expect(bench.stored).toMatchObject({ writer: 'a'.repeat(32), floor: 5 });
      },
      { before: stored({ armedTerm: undefined, armed: false, floor: 5 }) },
    );
  });
});
