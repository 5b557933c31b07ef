import { describe, expect, test } from 'vitest';
import type { Health } from '../chains/driver.ts';
import type { GateDriver } from '../chains/gate-driver.ts';
import type { Member } from '../core/member.ts';
import { durationMs } from '../core/time.ts';
import { timing } from '../core/timing.ts';
import { amber, t, v } from '../test/support/core.ts';
import { VirtualClock } from '../test/support/virtual-clock.ts';
import { GateGuard } from './gate-guard.ts';
import type { Word } from './report.ts';
import type { Loop } from './watchdog.ts';

/** The guard of custody gate on a virtual clock. */

class TestDriver implements GateDriver {
  open = false;
  failActivate = false;
  stalled = false;
  distress: string | null = null;
  readonly log: string[] = [];
  run(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }
  async activate(key: Buffer): Promise<void> {
    if (this.failActivate) throw new Error('StateBroken: the watermark cannot be read');
    this.log.push(`activate ${key.toString('hex')}`);
    this.open = true;
    this.stalled = false;
  }
  closeGate(): void {
    this.open = false;
  }
  async demote(): Promise<void> {
    this.open = false;
    this.log.push('demote');
  }
  async health(active: boolean): Promise<Health> {
    return { synced: true, height: active ? 61 : 60, distress: this.distress, stalled: this.stalled };
  }
}

const memberOf = (version = 1, has = true): Member => ({
  validator: v,
  node: amber,
  version,
  sealed: has ? { node: amber, term: t(1), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' } : null,
  by: 'custodian',
  atMs: 1,
});

interface Bench {
  readonly driver: TestDriver;
  member: Member | undefined;
  reachable: boolean;
  opens: number;
  failOpen: boolean;
  openMs: number;
  readonly keys: Buffer[];
  readonly words: Partial<Word>[];
  readonly reporter: { health: Health; distress: string | null };
  readonly said: string[];
  readonly loops: Set<Loop>;
  maySign: () => boolean;
  during: (ms: number) => Promise<void>;
}

const withGuard = async (act: (bench: Bench) => Promise<void>): Promise<Bench> => {
  const clock = new VirtualClock();
  const driver = new TestDriver();
  const words: Partial<Word>[] = [];
  const reporter = {
    health: { synced: false, height: null, distress: null } as Health,
    distress: null as string | null,
    start: async () => undefined,
    write: async (word: Partial<Word>) => {
      if (!bench.reachable) throw new Error('no table');
      words.push(word);
    },
  };
  const bench: Bench = {
    driver,
    member: memberOf(),
    reachable: true,
    opens: 0,
    failOpen: false,
    openMs: 0,
    keys: [],
    words,
    reporter,
    said: [],
    loops: new Set(),
    maySign: () => false,
    during: (ms) => clock.sleep(durationMs(ms)),
  };
  const guard = new GateGuard({
    config: { validator: v, node: amber, timing: timing.parse({}) },
    clock,
    reporter,
    readMember: async () => {
      if (!bench.reachable) throw new TypeError('no table');
      return bench.member;
    },
    openKey: async () => {
      bench.opens += 1;
      if (bench.openMs > 0) await clock.sleep(durationMs(bench.openMs));
      if (bench.failOpen) throw new Error('KeyServiceFailed: KMS did not open the sealed key');
      const key = Buffer.alloc(2, bench.opens);
      bench.keys.push(key);
      return key;
    },
    driver: (maySign) => {
      bench.maySign = maySign;
      return driver;
    },
    say: (sentence) => bench.said.push(sentence),
    onCycle: (loop) => bench.loops.add(loop),
    onDemoted: () => driver.log.push('ready'),
  });
  const stop = new AbortController();
  const running = guard.run(stop.signal);
  running.catch(() => undefined);
  await clock.run(
    act(bench).finally(() => {
      stop.abort();
    }),
  );
  await clock.run(running);
  return bench;
};
const signs = ({ driver, maySign }: Bench): boolean => driver.open && maySign();

describe('a member', () => {
  test('gets its key after a verified demotion, signs, says so, and wipes the key it was given', async () => {
    const ended = await withGuard(async (bench) => {
      await bench.during(3_000);
      expect(signs(bench)).toBe(true);
      expect(bench.driver.log).toEqual(['demote', 'ready', 'activate 0101']);
      expect(bench.opens).toBe(1);
      expect(bench.keys[0]?.toString('hex')).toBe('0000');
      expect(bench.words.at(-1)).toEqual({ floor: 0, signing: true });
      expect(bench.reporter.health.height).toBe(61);
      expect([...bench.loops].sort()).toEqual(['gate', 'read', 'report']);
    });
    expect(signs(ended)).toBe(false);
    expect(ended.driver.log.at(-1)).toBe('demote');
  });
  test('goes on signing while the table does not answer: the arbiter is what decides', async () => {
    await withGuard(async (bench) => {
      await bench.during(1_000);
      bench.reachable = false;
      await bench.during(600_000);
      expect(signs(bench)).toBe(true);
      expect(bench.said.at(-1)).toBe('Its membership cannot be read (TypeError).');
    });
  });
  test.each<[string, (bench: Bench) => void]>([
    ['taken out', (bench) => (bench.member = memberOf(2, false))],
    ['deleted', (bench) => (bench.member = undefined)],
  ])('that is %s closes at the next read and drops its key', async (_, change) => {
    await withGuard(async (bench) => {
      await bench.during(1_500);
      change(bench);
      await bench.during(2_000);
      expect(signs(bench)).toBe(false);
      expect(bench.maySign()).toBe(false);
      expect(bench.driver.log).toEqual(['demote', 'ready', 'activate 0101', 'demote']);
      await bench.during(2_500);
      expect(bench.words.at(-1)).toEqual({ floor: 0, signing: false });
      expect(bench.opens).toBe(1);
    });
  });
  test('that has changed drops the old key and opens the new one', async () => {
    await withGuard(async (bench) => {
      await bench.during(1_500);
      bench.member = memberOf(2);
      await bench.during(5_000);
      expect(signs(bench)).toBe(true);
      expect(bench.driver.log).toEqual(['demote', 'ready', 'activate 0101', 'demote', 'activate 0202']);
    });
  });
  test('that was taken out while its key is opened never signs with it', async () => {
    await withGuard(async (bench) => {
      bench.openMs = 3_000;
      await bench.during(1_500);
      bench.member = memberOf(2, false);
      await bench.during(10_000);
      expect(bench.driver.log).toEqual(['demote', 'ready']);
      expect(bench.keys[0]?.toString('hex')).toBe('0000');
      expect(signs(bench)).toBe(false);
    });
  });
  test('whose key does not open says why, and tries again', async () => {
    await withGuard(async (bench) => {
      bench.failOpen = true;
      await bench.during(3_000);
      expect(bench.reporter.distress).toBe('KeyServiceFailed: KMS did not open the sealed key');
      expect(signs(bench)).toBe(false);
      bench.failOpen = false;
      await bench.during(2_000);
      expect(signs(bench)).toBe(true);
      expect(bench.reporter.distress).toBe(null);
    });
  });
  test('whose signer does not take the key drops it, verified', async () => {
    await withGuard(async (bench) => {
      bench.driver.failActivate = true;
      await bench.during(500);
      expect(bench.driver.log).toEqual(['demote', 'ready', 'demote']);
      expect(bench.keys[0]?.toString('hex')).toBe('0000');
      expect(bench.reporter.distress).toBe('StateBroken: the watermark cannot be read');
    });
  });
  test('whose signer stopped by itself is opened anew', async () => {
    await withGuard(async (bench) => {
      await bench.during(1_500);
      bench.driver.stalled = true;
      await bench.during(3_000);
      expect(bench.opens).toBe(2);
      expect(signs(bench)).toBe(true);
    });
  });
  test('in distress says so at once', async () => {
    await withGuard(async (bench) => {
      await bench.during(2_600);
      const before = bench.words.length;
      bench.driver.distress = 'ArbiterSilent: x';
      await bench.during(600);
      expect(bench.words.length).toBe(before + 1);
      expect(bench.reporter.health.distress).toBe('ArbiterSilent: x');
    });
  });
});

test('a node that is no member opens no key', async () => {
  await withGuard(async (bench) => {
    bench.member = undefined;
    await bench.during(5_000);
    expect(bench.opens).toBe(0);
    expect(bench.said).toContain('This node is no member: it signs nothing.');
    bench.member = memberOf();
    await bench.during(2_000);
    expect(signs(bench)).toBe(true);
  });
});
