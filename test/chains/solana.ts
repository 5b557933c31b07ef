import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeParts, Run } from '../../chains/node.ts';
import { SolanaDriver } from '../../chains/solana/driver.ts';
import type { SolanaNode } from '../../chains/solana/config.ts';
import { durationMs } from '../../core/time.ts';
import { agaveValidator } from '../../local/chains/solana/agave-validator.ts';
import type { Program } from '../../local/chains/solana/ask-admin.ts';
import { fdctl } from '../../local/chains/solana/fdctl.ts';
import type { NodeUnits } from '../../local/chains/units.ts';
import { keypairFile, SolanaCluster, type SolanaNodeStandIn } from '../../local/chains/solana/server.ts';
import { systemClock } from '../../runtime/clock.ts';
import { runCommand } from '../../runtime/commands.ts';
import { t } from '../support/core.ts';
import { ChainBench, unitsOf, type Done } from './bench.ts';
import { proberOf, type ChainFacts } from './facts.ts';

/** Two validators of one vote account on a protocol server, each under its own driver with the commands of its client. */

const programs = join(import.meta.dirname, '..', '..', 'local', 'chains', 'solana');
const inside: Readonly<Record<string, Program>> = { 'agave-validator': agaveValidator, fdctl };

/** The stand-ins without a process for each call: the same arguments, the same refusals. Killed like a process when the time is over. */
const runInside: Run = async ([program = '', ...args], { timeoutMs, input }) => {
  const ending = new AbortController();
  const ended = inside[program]?.(args, input?.toString('utf8') ?? '').then(
    () => 0,
    () => 1,
  );
  const killed = systemClock.sleep(durationMs(timeoutMs), ending.signal).then(
    () => 137,
    () => 137,
  );
  const exitCode = await Promise.race([ended ?? Promise.resolve(127), killed]);
  ending.abort();
  return { exitCode, stdout: '' };
};

const unit = 'sol.service';
/** A 40th of a real slot, so that two hundred slots are two seconds. */
export const slotMs = 10;

export interface SolanaSide {
  readonly stand: SolanaNodeStandIn;
  readonly units: NodeUnits;
  readonly driver: SolanaDriver;
  readonly node: SolanaNode;
}

export class SolanaBench extends ChainBench {
  readonly cluster = new SolanaCluster();

  constructor() {
    super('sol-');
  }

  key(): Buffer {
    return Buffer.from(this.cluster.identity.text);
  }

  async side(name: string, of: { client?: SolanaNode['client']; stopMs?: number; asProcess?: boolean } = {}): Promise<SolanaSide> {
    const ledger = join(this.root, name);
    const stand = this.cluster.node({ name, ledger });
    await stand.start();
    const client = of.client ?? 'agave';
    const program = client === 'agave' ? 'agave-validator' : 'fdctl';
    const configFile = join(ledger, 'config.toml');
    writeFileSync(configFile, `[ledger]\n  path = "${ledger}"\n`);
    const node: { -readonly [K in keyof SolanaNode]: SolanaNode[K] } = {
      kind: 'solana',
      client,
      command: of.asProcess === true ? [process.execPath, join(programs, `${program}.ts`)] : [program],
      ledger,
      configFile,
      identity: this.cluster.identity.address,
      spareIdentity: stand.spare.address,
      spareKeypair: keypairFile(join(ledger, 'spare.json'), stand.spare),
      rpc: stand.url,
    };
    const units = unitsOf(unit, stand, node);
    const parts: NodeParts = {
      unit,
      stopMs: durationMs(of.stopMs ?? 10_000),
      paths: { keyDir: join(ledger, 'run'), stateDir: join(ledger, 'state') },
      clock: systemClock,
      units,
      run: of.asProcess === true ? runCommand : runInside,
      forget: () => undefined,
    };
    return { stand, units, node, driver: new SolanaDriver({ ...parts, chain: node }) };
  }

  protected done(): readonly Done[] {
    return this.cluster.votes.map(({ node, slot }) => ({ node, at: slot }));
  }

  protected conflicts(): number {
    return this.cluster.doubles + this.cluster.forgotten;
  }

  protected head(): number {
    return this.cluster.slot;
  }

  protected end(): Promise<void> {
    return this.cluster.close();
  }
}

const bench = async <T>(act: (bench: SolanaBench, amber: SolanaSide, birch: SolanaSide) => Promise<T>): Promise<T> => {
  const made = new SolanaBench();
  try {
    const [amber, birch] = [await made.side('amber'), await made.side('birch')];
    made.cluster.run(systemClock, slotMs);
    await amber.driver.activate({ key: made.key(), floor: { kind: 'slot', slot: 0 }, term: t(1) }, made.never);
    await made.more('amber', 5);
    return await act(made, amber, birch);
  } finally {
    await made.close();
  }
};

/** Takes about eight seconds. */
export const solanaFacts = async (): Promise<ChainFacts> => {
  const planned = await bench(async (made, amber, birch) => {
    await amber.driver.demote(made.never);
    const handover = (await amber.driver.handover())?.bytes ?? null;
    await birch.driver.activate({ key: made.key(), floor: made.floor(100_000), handover, term: t(2) }, made.never);
    await made.more('birch', 5);
    return made.facts('amber', 'birch');
  });
  const crash = await bench(async (made, amber, birch) => {
    const { genesisHash, voteAccount, identity } = made.cluster;
    const look = proberOf({ kind: 'solana', genesisHash, voteAccount, identity: identity.address });
    const healthy = await look(birch.stand.url, 'signing');
    await amber.stand.stop();
    const down = await look(birch.stand.url, 'failing');
    const floor = made.floor(200);
    await birch.driver.activate({ key: made.key(), floor, term: t(2) }, made.never);
    await made.more('birch', 5);
    const after = await look(birch.stand.url, 'signing');
    return { ...made.facts('amber', 'birch'), floor: floor.slot, probe: { healthy, down, after } };
  });
  const negative = await bench(async (made, _, birch) => {
    await birch.driver.activate({ key: made.key(), floor: { kind: 'slot', slot: 0 }, term: t(2) }, made.never);
    await made.more('birch', 5);
    return { conflicts: made.facts('amber', 'birch').conflicts };
  });
  return { chain: 'solana', against: 'protocol server and strict agave-validator', planned, crash, negative };
};
