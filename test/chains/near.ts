import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { NearNode } from '../../chains/near/config.ts';
import { NearDriver } from '../../chains/near/driver.ts';
import { durationMs } from '../../core/time.ts';
import { NearStandIn, type NearNodeStandIn } from '../../local/chains/near/server.ts';
import type { NodeUnits } from '../../local/chains/units.ts';
import { systemClock } from '../../runtime/clock.ts';
import { runCommand } from '../../runtime/commands.ts';
import { ChainBench, unitsOf, type Done } from './bench.ts';
import { proberOf, type ChainFacts } from './facts.ts';

/** Two neards of one pool on a protocol server, each under its own driver. */

const unit = 'neard.service';
const blockMs = 20;

export interface NearSide {
  readonly stand: NearNodeStandIn;
  readonly units: NodeUnits;
  readonly driver: NearDriver;
  /** Where its RPC is now: a stand-in that starts anew has another port. */
  follow(): void;
  readonly keyDir: string;
}

export class NearBench extends ChainBench {
  readonly chain = new NearStandIn();

  constructor() {
    super('near-');
  }

  key(): Buffer {
    return Buffer.from(JSON.stringify(this.chain.key));
  }

  async side(name: string, of: { stopMs?: number; keyFile?: string } = {}): Promise<NearSide> {
    const [home, keyDir] = [join(this.root, name), join(this.root, name, 'run')];
    const stand = this.chain.node({ name, home, keyFile: of.keyFile ?? join(keyDir, 'validator_key.json') });
    await stand.start();
    const node: { -readonly [K in keyof NearNode]: NearNode[K] } = {
      kind: 'near',
      accountId: this.chain.account,
      publicKey: this.chain.key.public_key,
      home,
      rpc: stand.url,
    };
    const follow = (): void => {
      node.rpc = stand.url;
    };
    const units = unitsOf(unit, stand, node);
    units.properties['User'] = userInfo().username;
    const driver = new NearDriver({
      unit,
      stopMs: durationMs(of.stopMs ?? 3_000),
      paths: { keyDir, stateDir: join(home, 'state') },
      clock: systemClock,
      units,
      run: runCommand,
      forget: () => undefined,
      chain: node,
      hangUp: () => stand.hangUp(),
    });
    return { stand, units, driver, follow, keyDir };
  }

  protected done(): readonly Done[] {
    return this.chain.produced.map(({ node, height }) => ({ node, at: height }));
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

const bench = async <T>(act: (bench: NearBench, amber: NearSide, birch: NearSide) => Promise<T>): Promise<T> => {
  const made = new NearBench();
  try {
    const [amber, birch] = [await made.side('amber'), await made.side('birch')];
    made.chain.run(systemClock, blockMs);
    await amber.driver.activate({ key: made.key(), floor: { kind: 'slot', slot: 0 } }, made.never);
    await made.more('amber', 5);
    return await act(made, amber, birch);
  } finally {
    await made.close();
  }
};

/** Takes about five seconds. */
export const nearFacts = async (): Promise<ChainFacts> => {
  const planned = await bench(async (made, amber, birch) => {
    await amber.driver.demote(made.never);
    await birch.driver.activate({ key: made.key(), floor: made.floor(2) }, made.never);
    await made.more('birch', 5);
    return made.facts('amber', 'birch');
  });
  const crash = await bench(async (made, amber, birch) => {
    const look = proberOf({ kind: 'near', chainId: 'mainnet', accountId: made.chain.account });
    const healthy = await look(birch.stand.url, 'signing');
    await amber.stand.stop();
    const down = await look(birch.stand.url, 'failing');
    const floor = made.floor(2);
    await birch.driver.activate({ key: made.key(), floor }, made.never);
    await made.more('birch', 5);
    const after = await look(birch.stand.url, 'signing');
    return { ...made.facts('amber', 'birch'), floor: floor.slot, probe: { healthy, down, after } };
  });
  const negative = await bench(async (made, _, birch) => {
    await birch.driver.activate({ key: made.key(), floor: { kind: 'slot', slot: 0 } }, made.never);
    await made.more('birch', 5);
    return { conflicts: made.chain.doubles };
  });
  return { chain: 'near', against: 'protocol server', planned, crash, negative };
};
