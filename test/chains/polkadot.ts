import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolkadotNode } from '../../chains/polkadot/config.ts';
import { PolkadotDriver } from '../../chains/polkadot/driver.ts';
import { durationMs } from '../../core/time.ts';
import { PolkadotStandIn, sessionKeysOf, type PolkadotNodeStandIn, type SessionKeys } from '../../local/chains/polkadot/server.ts';
import { NodeUnits } from '../../local/chains/units.ts';
import { systemClock } from '../../runtime/clock.ts';
import { runCommand } from '../../runtime/commands.ts';
import { proberOf, type ChainFacts, type SwitchFacts } from './facts.ts';

/** Two nodes of one stash on a protocol server, each under its own driver, in both modes. */

const unit = 'polkadot.service';
const blockMs = 20;

export interface PolkadotSide {
  readonly stand: PolkadotNodeStandIn;
  readonly units: NodeUnits;
  readonly driver: PolkadotDriver;
  readonly keys: SessionKeys;
  readonly keyDir: string;
}

export class PolkadotBench {
  /** With insert-key the one set of keys, else those of amber. */
  readonly keys = sessionKeysOf('amber');
  readonly chain = new PolkadotStandIn(this.keys);
  readonly root = mkdtempSync(join(tmpdir(), 'dot-'));
  readonly never = new AbortController().signal;

  key(): Buffer {
    const { grandpa, babe } = this.keys;
    return Buffer.from(
      JSON.stringify({
        keys: [
          { type: 'gran', suri: '//one', public: grandpa },
          { type: 'babe', suri: '//two', public: babe },
        ],
      }),
    );
  }

  async side(name: string, of: { mode?: PolkadotNode['mode']; stopMs?: number; execStart?: string; keystore?: string } = {}): Promise<PolkadotSide> {
    const mode = of.mode ?? 'distinct-keys';
    const keyDir = join(this.root, name, 'run');
    const keystore = of.keystore ?? (mode === 'insert-key' ? keyDir : join(this.root, name, 'keystore'));
    const stand = this.chain.node({ name, keystore });
    const keys = mode === 'insert-key' ? this.keys : sessionKeysOf(name);
    if (mode === 'distinct-keys') {
      stand.keep('gran', keys.grandpa);
      stand.keep('babe', keys.babe);
    }
    await stand.start();
    const node: { -readonly [K in keyof PolkadotNode]: PolkadotNode[K] } = {
      kind: 'polkadot',
      mode,
      stash: this.chain.stash,
      sessionKeys: keys.all,
      babeKey: keys.babe,
      rpc: stand.url,
    };
    const units = new NodeUnits(unit, {
      get up() {
        return stand.up;
      },
      start: async () => {
        await stand.start();
        node.rpc = stand.url;
      },
      stop: () => stand.stop(),
    });
    units.properties['ExecStart'] = of.execStart ?? `{ path=/usr/bin/polkadot ; argv[]=/usr/bin/polkadot --validator --keystore-path ${keyDir} ; }`;
    const driver = new PolkadotDriver({
      unit,
      stopMs: durationMs(of.stopMs ?? 3_000),
      paths: { keyDir, stateDir: join(this.root, name, 'state') },
      clock: systemClock,
      units,
      run: runCommand,
      forget: () => undefined,
      chain: node,
    });
    return { stand, units, driver, keys, keyDir };
  }

  floor(margin: number): { kind: 'slot'; slot: number } {
    return { kind: 'slot', slot: this.chain.height + margin };
  }

  async until(is: () => boolean, longestMs = 20_000): Promise<void> {
    const ending = systemClock.timeout(durationMs(longestMs));
    while (!is()) await systemClock.sleep(durationMs(10), ending);
  }

  async blocks(name: string, more: number): Promise<void> {
    const of = (): number => this.chain.authored.filter(({ node }) => node === name).length;
    const before = of();
    await this.until(() => of() >= before + more);
  }

  facts(from: string, to: string): SwitchFacts {
    const { authored, doubles } = this.chain;
    const last = authored.findLast(({ node }) => node === from)?.height ?? 0;
    const first = authored.find(({ node, height }) => node === to && height > last)?.height ?? Number.NaN;
    return { conflicts: doubles, gap: first - last - 1, first, newHolder: authored.at(-1)?.node ?? '' };
  }

  async close(): Promise<void> {
    await this.chain.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

const low = { kind: 'slot', slot: 0 } as const;

const bench = async <T>(
  mode: PolkadotNode['mode'],
  act: (bench: PolkadotBench, amber: PolkadotSide, birch: PolkadotSide) => Promise<T>,
): Promise<T> => {
  const made = new PolkadotBench();
  try {
    const [amber, birch] = [await made.side('amber', { mode }), await made.side('birch', { mode })];
    made.chain.run(systemClock, blockMs);
    await amber.driver.activate({ key: made.key(), floor: low }, made.never);
    await made.blocks('amber', 3);
    return await act(made, amber, birch);
  } finally {
    await made.close();
  }
};

/** Takes about ten seconds. Planned by distinct keys, crash by keys that move: the two ways there are. */
export const polkadotFacts = async (): Promise<ChainFacts> => {
  const planned = await bench('distinct-keys', async (made, amber, birch) => {
    made.chain.setKeys(birch.keys);
    await made.blocks('birch', 1);
    await amber.driver.demote(made.never);
    await birch.driver.activate({ key: Buffer.from('{}'), floor: made.floor(2) }, made.never);
    await made.blocks('birch', 3);
    return made.facts('amber', 'birch');
  });
  const crash = await bench('insert-key', async (made, amber, birch) => {
    const { genesisHash, stash } = made.chain;
    const look = proberOf({ kind: 'polkadot', genesisHash, stash, mode: 'insert-key', patience: 3 });
    const healthy = await look(birch.stand.url, 'signing');
    await amber.stand.stop();
    const down = await look(birch.stand.url, 'failing');
    const floor = made.floor(10);
    await birch.driver.activate({ key: made.key(), floor }, made.never);
    await made.blocks('birch', 3);
    const after = await look(birch.stand.url, 'signing');
    return { ...made.facts('amber', 'birch'), floor: floor.slot, probe: { healthy, down, after } };
  });
  const negative = await bench('insert-key', async (made, _, birch) => {
    await birch.driver.activate({ key: made.key(), floor: low }, made.never);
    await made.blocks('birch', 3);
    return { conflicts: made.chain.doubles };
  });
  return { chain: 'polkadot', against: 'protocol server', planned, crash, negative };
};
