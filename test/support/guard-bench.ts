import { amber, leaseOf, v } from './core.ts';
import { VirtualClock } from './virtual-clock.ts';
import type { Lease } from '../../core/lease.ts';
import type { NodeReport } from '../../core/report.ts';
import { durationMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import { guardConfig, type GuardConfig } from '../../guard/config.ts';
import type { Activation, Driver, Handover, Health } from '../../chains/driver.ts';
import { standsOn, type Remembered } from '../../core/writer.ts';
import { Guard } from '../../guard/guard.ts';
import type { GuardOptions } from '../../guard/options.ts';
import type { Memory } from '../../guard/memory.ts';
import { Reporter } from '../../guard/report.ts';
import type { Loop } from '../../guard/watchdog.ts';

/** A guard on a virtual clock, with a lease, a table and a validator that can each be made to fail. */

const configOf = (of: Record<string, unknown> = {}): GuardConfig =>
  guardConfig.parse({
    validator: v,
    node: amber,
    table: 'baton',
    keyId: 'k',
    unit: 'x.service',
    paths: { keyDir: '/run/k', stateDir: '/var/s' },
    build: 'b1',
    chain: { kind: 'systemd', healthCommand: ['h'], readinessCommand: ['r'], watermarkCommand: null, stateCheckCommand: null },
    ...of,
  });

class TestDriver implements Driver {
  open = false;
  lost = false;
  failActivate = false;
  failDemote = false;
  stalled = false;
  onActivate: () => void = () => undefined;
  readonly log: string[] = [];
  activations: Omit<Activation, 'key'>[] = [];
  handed: Handover | null = null;
  mark: Watermark | null = { kind: 'consensus', height: 50, round: 0, step: 3 };
  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }
  prepare(): void {
    this.log.push('prepare');
  }
  async activate({ floor, term, handover }: Activation): Promise<void> {
    this.activations.push({ floor, ...(term === undefined ? {} : { term }), handover: handover ?? null });
    if (this.failActivate) throw new Error('it does not start');
    this.onActivate();
    this.open = true;
    this.stalled = false;
    this.log.push('activate');
  }
  closeGate(): void {
    this.open = false;
  }
  async demote(): Promise<void> {
    if (this.failDemote) throw new Error('it does not stop');
    this.open = false;
    this.log.push('demote');
  }
  async watermark(): Promise<Watermark | null> {
    return this.mark;
  }
  async handover(): Promise<Handover | null> {
    return this.handed;
  }
  lostWatermark(): boolean {
    return this.lost;
  }
  async health(): Promise<Health> {
    return { synced: true, height: 60, distress: this.stalled ? 'SignerStopped: x' : null, stalled: this.stalled };
  }
}

/** Of a machine on which the guard that wrote the stored report has just ended, unless it is told otherwise. */
export class TestMemory implements Memory {
  last: Remembered | null;
  readonly place: string | null;
  readonly stated: string | null;
  constructor(stored: NodeReport | undefined, of: { place?: string | null; stated?: string } = {}) {
    this.stated = of.stated ?? null;
    this.place = of.place === undefined ? 'here' : of.place;
    this.last = stored?.writer === undefined ? null : { writer: stored.writer, acked: stored.sequence, sent: stored.sequence, place: 'here' };
  }
  save(of: Omit<Remembered, 'place'>): void {
    this.last = { ...of, place: this.place ?? '' };
  }
}

export interface Bench {
  clock: VirtualClock;
  driver: TestDriver;
  lease: Lease | undefined;
  /** What a copy that lags shows; undefined when it shows the lease. */
  peeked: Lease | undefined;
  reads: number;
  peeks: number;
  reachable: boolean;
  writable: boolean;
  /** How long the table takes, in milliseconds. */
  writeMs: number;
  readMs: number;
  stored: NodeReport | undefined;
  reporter: Reporter | null;
  maySign: () => boolean;
  opens: number;
  /** Who left word in a report that it could not write. */
  marked: string[];
  said: string[];
  memory: Memory;
  onCycle: (loop: Loop) => void;
  during: (ms: number) => Promise<void>;
}

export const withGuard = async (
  act: (bench: Bench) => Promise<void>,
  of: {
    config?: Record<string, unknown>;
    stored?: NodeReport;
    deadlineTickMs?: number;
    writer?: string;
    memory?: Memory;
    peers?: GuardOptions['peers'];
  } = {},
): Promise<Bench> => {
  const clock = new VirtualClock();
  const driver = new TestDriver();
  const config = configOf(of.config);
  const bench: Bench = {
    clock,
    driver,
    lease: leaseOf(),
    peeked: undefined,
    reads: 0,
    peeks: 0,
    reachable: true,
    writable: true,
    writeMs: 0,
    readMs: 0,
    stored: of.stored,
    reporter: null,
    maySign: () => false,
    opens: 0,
    marked: [],
    said: [],
    memory: of.memory ?? new TestMemory(of.stored),
    onCycle: () => undefined,
    during: (ms) => clock.sleep(durationMs(ms)),
  };
  const reporter = new Reporter({
    config,
    clock,
    writer: of.writer ?? 'a'.repeat(32),
    memory: bench.memory,
    forget: () => {
      driver.log.push('forget');
      driver.lost = true;
    },
    mark: async (_report, rival) => {
      bench.marked.push(rival);
    },
    diskFreeBytes: () => 1,
    pause: (signal) => clock.sleep(durationMs(500), signal),
    timeout: () => clock.timeout(config.timing.readTimeoutMs),
    read: async () => {
      if (!bench.reachable) throw new Error('no table');
      return bench.stored;
    },
    write: async (report, over) => {
      if (!bench.reachable || !bench.writable) throw new Error('no table');
      if (bench.writeMs > 0) await clock.sleep(durationMs(bench.writeMs));
      if (!standsOn(bench.stored, over, report.sequence)) return { outcome: 'refused', found: bench.stored };
      const rival = bench.stored?.rival ?? null;
      bench.stored = report;
      return { outcome: 'done', rival };
    },
  });
  bench.reporter = reporter;
  const guard = new Guard({
    config,
    peers: of.peers,
    clock,
    reporter,
    say: (sentence) => {
      bench.said.push(sentence);
    },
    onCycle: (loop) => {
      bench.onCycle(loop);
    },
    onDemoted: () => {
      bench.driver.log.push('ready');
    },
    ...(of.deadlineTickMs === undefined ? {} : { deadlineTickMs: durationMs(of.deadlineTickMs) }),
    readLease: async () => {
      if (!bench.reachable) throw new Error('no table');
      if (bench.readMs > 0) await clock.sleep(durationMs(bench.readMs));
      bench.reads += 1;
      return bench.lease;
    },
    peekLease: async () => {
      if (!bench.reachable) throw new Error('no table');
      bench.peeks += 1;
      return bench.peeked === undefined ? bench.lease : bench.peeked;
    },
    openKey: async () => {
      bench.opens += 1;
      driver.log.push('key');
      return Buffer.alloc(32, 1);
    },
    driver: (maySign) => {
      bench.maySign = maySign;
      return driver;
    },
  });
  const stop = new AbortController();
  const running = guard.run(stop.signal);
  // Told at the end, when it is waited for.
  running.catch(() => undefined);
  await clock.run(
    act(bench).finally(() => {
      stop.abort();
    }),
  );
  await clock.run(running);
  return bench;
};
