import { join } from 'node:path';
import type { PolkadotNode } from '../../chains/polkadot/config.ts';
import { PolkadotDriver } from '../../chains/polkadot/driver.ts';
import { durationMs } from '../../core/time.ts';
import { PolkadotStandIn, sessionKeysOf, type PolkadotNodeStandIn, type SessionKeys } from '../../local/chains/polkadot/server.ts';
import type { NodeUnits } from '../../local/chains/units.ts';
import { systemClock } from '../../runtime/clock.ts';
import { runCommand } from '../../runtime/commands.ts';
import { ChainBench, unitsOf, type Done } from './bench.ts';
import { proberOf, type ChainFacts } from './facts.ts';

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

export class PolkadotBench extends ChainBench {
  /** With insert-key the one set of keys, else those of amber. */
  readonly keys = sessionKeysOf('amber');
  readonly chain = new PolkadotStandIn(this.keys);

  constructor() {
    super('dot-');
  }

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
    const units = unitsOf(unit, stand, node);
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

  protected done(): readonly Done[] {
    return this.chain.authored.map(({ node, height }) => ({ node, at: height }));
  }

  protected conflicts(): number {
    return this.chain.doubles;
  }

  protected head(): number {
    return this.chain.height;
  }

  protected end(): Promise<void> {
    return this.chain.close();
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
    await made.more('amber', 3);
    return await act(made, amber, birch);
  } finally {
    await made.close();
  }
};

/** Takes about ten seconds. Planned by distinct keys, crash by keys that move: the two ways there are. */
export const polkadotFacts = async (): Promise<ChainFacts> => {
  const planned = await bench('distinct-keys', async (made, amber, birch) => {
    made.chain.setKeys(birch.keys);
    await made.more('birch', 1);
    await amber.driver.demote(made.never);
    await birch.driver.activate({ key: Buffer.from('{}'), floor: made.floor(2) }, made.never);
    await made.more('birch', 3);
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
    await made.more('birch', 3);
    const after = await look(birch.stand.url, 'signing');
    return { ...made.facts('amber', 'birch'), floor: floor.slot, probe: { healthy, down, after } };
  });
  const negative = await bench('insert-key', async (made, _, birch) => {
    await birch.driver.activate({ key: made.key(), floor: low }, made.never);
    await made.more('birch', 3);
    return { conflicts: made.chain.doubles };
  });
  return { chain: 'polkadot', against: 'protocol server', planned, crash, negative };
};
