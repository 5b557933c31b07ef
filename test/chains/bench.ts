import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { durationMs } from '../../core/time.ts';
import { NodeUnits } from '../../local/chains/units.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { SwitchFacts } from './facts.ts';

/** What the server has seen of one duty. */
export interface Done {
  readonly node: string;
  /** Its slot or height. */
  readonly at: number;
}

/** Two nodes on a protocol server, whatever its chain. */
export abstract class ChainBench {
  readonly root: string;
  readonly never = new AbortController().signal;

  constructor(prefix: string) {
    this.root = mkdtempSync(join(tmpdir(), prefix));
  }

  /** Every duty, in order. */
  protected abstract done(): readonly Done[];
  /** Duties done by two nodes at once, or against what was done before. */
  protected abstract conflicts(): number;
  protected abstract head(): number;
  protected abstract end(): Promise<void>;

  floor(margin: number): { kind: 'slot'; slot: number } {
    return { kind: 'slot', slot: this.head() + margin };
  }

  async until(is: () => boolean, longestMs = 20_000): Promise<void> {
    const ending = systemClock.timeout(durationMs(longestMs));
    while (!is()) await systemClock.sleep(durationMs(10), ending);
  }

  /** Waits for so many new duties of a node. */
  async more(name: string, count: number): Promise<void> {
    const of = (): number => this.done().filter(({ node }) => node === name).length;
    const before = of();
    await this.until(() => of() >= before + count);
  }

  facts(from: string, to: string): SwitchFacts {
    const done = this.done();
    const last = done.findLast(({ node }) => node === from)?.at ?? 0;
    const first = done.find(({ node, at }) => node === to && at > last)?.at ?? Number.NaN;
    return { conflicts: this.conflicts(), gap: first - last - 1, first, newHolder: done.at(-1)?.node ?? '' };
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.root, { recursive: true, force: true });
  }
}

interface Stand {
  readonly up: boolean;
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** systemd's view of a stand-in. One that starts anew has another port, which its configuration then follows. */
export const unitsOf = (unit: string, stand: Stand, node: { rpc: string }): NodeUnits =>
  new NodeUnits(unit, {
    get up() {
      return stand.up;
    },
    start: async () => {
      await stand.start();
      node.rpc = stand.url;
    },
    stop: () => stand.stop(),
  });
