import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { durationMs, type Clock } from '../../core/time.ts';
import { atOf } from '../../chains/answers.ts';
import { beacon } from '../../chains/ethereum/beacon.ts';
import { freePort } from '../ports.ts';
import type { Lodestar } from './install.ts';

/** A real Ethereum chain on this machine: one Lodestar beacon node that also runs some validators, and validator clients beside it. */

export const slotsPerEpoch = 8;
const pollMs = durationMs(250);
/** Since the second epoch clients send headers of blocks to signers, as on every network of today. */
const bellatrixEpoch = 1;

export interface NetOptions {
  readonly lodestar: Lodestar;
  readonly clock: Clock;
  readonly validators: number;
  /** Run by the beacon node itself: indices from 0 on. */
  readonly ownValidators: number;
  readonly secondsPerSlot: number;
}

/** Ends its child when the process that holds its standard input goes away, in whatever way. */
const keeper = '"$@" & pid=$!; cat >/dev/null; kill -9 "$pid"';

export class LodestarNet {
  readonly #options: NetOptions;
  readonly #children: ChildProcess[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'baton-lodestar-'));
  url = '';
  genesisValidatorsRoot = '';

  constructor(options: NetOptions) {
    this.#options = options;
  }

  get #params(): string[] {
    return [
      '--params.SECONDS_PER_SLOT',
      String(this.#options.secondsPerSlot),
      '--params.ALTAIR_FORK_EPOCH',
      '0',
      '--params.BELLATRIX_FORK_EPOCH',
      String(bellatrixEpoch),
    ];
  }

  /** Starts Lodestar with these arguments. It is ended by SIGKILL: it needs long to end by itself. */
  run(name: string, args: readonly string[]): ChildProcess {
    const { node, script } = this.#options.lodestar;
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const cwd = join(this.folder, name);
    mkdirSync(cwd, { recursive: true });
    const env = { ...process.env, NODE_BACKEND: 'js', LODESTAR_PRESET: 'minimal' };
    const child = spawn('sh', ['-c', keeper, 'keeper', node, script, ...args], { cwd, env, stdio: ['pipe', log, log] });
    child.stdin?.on('error', () => undefined);
    this.#children.push(child);
    return child;
  }

  async start(): Promise<void> {
    const { validators, ownValidators, clock } = this.#options;
    const [rest, p2p] = [await freePort(), await freePort()];
    this.url = `http://127.0.0.1:${rest}`;
    const own = ownValidators === 0 ? [] : ['--startValidators', `0..${ownValidators - 1}`, '--beaconNodes', this.url];
    this.run('beacon', [
      'dev',
      ...['--genesisValidators', String(validators), ...own, ...this.#params],
      ...['--execution.engineMock', '--listenAddress', '127.0.0.1', '--port', String(p2p), '--discv5', 'false'],
      ...['--rest.port', String(rest), '--rest.namespace', '*', '--dataDir', join(this.folder, 'beacon', 'data')],
    ]);
    await this.until(
      'the beacon node answers',
      async () => (await beacon.sync(atOf(this.url, clock.timeout(durationMs(2_000))))).headSlot >= 0,
      60_000,
    );
    this.genesisValidatorsRoot = await beacon.genesisRoot(atOf(this.url, clock.timeout(durationMs(2_000))));
  }

  /** A validator client on the beacon node at `url`. */
  client(name: string, of: { url: string; args: readonly string[] }): ChildProcess {
    const args = [
      'validator',
      '--network',
      'dev',
      '--dataDir',
      join(this.folder, name, 'data'),
      '--beaconNodes',
      of.url,
      ...this.#params,
      ...of.args,
    ];
    return this.run(name, args);
  }

  async headSlot(): Promise<number> {
    return (await beacon.sync(atOf(this.url, this.#options.clock.timeout(durationMs(5_000))))).headSlot;
  }

  async nowSlot(): Promise<number> {
    return (await beacon.sync(atOf(this.url, this.#options.clock.timeout(durationMs(5_000))))).nowSlot;
  }

  /** @throws when it does not come about in its time. */
  async until(what: string, holds: () => Promise<boolean>, limitMs: number): Promise<void> {
    const { clock } = this.#options;
    for (let look = 0; look < limitMs / pollMs; look += 1) {
      if (await holds().catch(() => false)) return;
      await clock.sleep(pollMs);
    }
    throw new Error(`not within ${limitMs / 1_000} s: ${what} (logs in ${this.folder})`);
  }

  async untilSlot(slot: number): Promise<void> {
    await this.until(`slot ${slot}`, async () => (await this.nowSlot()) >= slot, (slot + 40) * this.#options.secondsPerSlot * 1_000);
  }

  /** At once, like a lost machine. */
  async kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => this.kill(child)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
