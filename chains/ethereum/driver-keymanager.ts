import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs, elapsedMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import { replaceDurably } from '../../runtime/durable.ts';
import { wipe } from '../../runtime/key-files.ts';
import { untilAborted, type Driver, type DriverOptions, type Health } from '../driver.ts';
import { bringDown } from '../node.ts';
import type { EthereumNode } from './config.ts';
import { beaconHealth } from './health.ts';
import { Keymanager, type GivenUp } from './keymanager.ts';
import { sealKeystore } from './keystore.ts';
import { ethereumMark, type EthereumMark } from './mark.ts';
import { loadBls } from './signer/bls.ts';
import { sealedKeys } from './signer/sealed-keys.ts';

/**
 * The client signs: keys are put into it with their floor, and taken out with an export of what was signed. It is demoted when the client
 * says of each key that it is gone and lists none of them; or when it is down for good and its keystores are wiped.
 */

export type KeymanagerDriverOptions = Pick<DriverOptions<EthereumNode>, 'config' | 'state' | 'clock'> & {
  readonly systemctl: Pick<DriverOptions['systemctl'], 'start' | 'stop' | 'kill' | 'isDown' | 'property'>;
};

const pollMs = durationMs(100);
/** How long a client may take to answer after it was started. */
const longestStartMs = 45_000;

export class KeymanagerDriver implements Driver {
  readonly #options: KeymanagerDriverOptions;
  readonly #keymanager: Keymanager;
  readonly #settings: NonNullable<EthereumNode['keymanager']>;
  readonly #floorFile: string;
  #closing = false;
  #activating = false;
  /** From the import until it is verified that the keys are gone. */
  #open = false;
  /** Why the client was stopped and wiped; null when it was not. */
  #wiped: string | null = null;

  constructor(options: KeymanagerDriverOptions) {
    this.#options = options;
    const { chain, paths, timing } = options.config;
    if (chain.keymanager === undefined) throw new Error('keymanager is not set');
    this.#settings = chain.keymanager;
    this.#floorFile = join(paths.stateDir, 'given-floor.json');
    const { url, tokenFile } = chain.keymanager;
    this.#keymanager = new Keymanager({ url, tokenFile, clock: options.clock, timeoutMs: timing.stopMs / 2 });
    mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  }

  async run(signal: AbortSignal): Promise<void> {
    await untilAborted(signal);
  }

  /** While the client signs, only its own record tells what: a stored mark would be taken for the exact one. */
  prepare(floor: Watermark): void {
    this.#options.state.remove();
    replaceDurably({ file: this.#floorFile, temporary: `${this.#floorFile}.tmp`, text: JSON.stringify(ethereumMark(floor)), what: 'the floor' });
  }

  /** What the keys were given when they came; null when none were given by this guard's disk. */
  #given(): EthereumMark | null {
    return existsSync(this.#floorFile) ? ethereumMark(JSON.parse(readFileSync(this.#floorFile, 'utf8')) as Watermark) : null;
  }

  async activate(of: { key: Buffer; floor: Watermark }, signal: AbortSignal): Promise<void> {
    this.#closing = false;
    this.#activating = true;
    this.#open = true;
    this.#wiped = null;
    try {
      await this.#import(of, signal);
    } finally {
      this.#activating = false;
    }
  }

  async #import({ key, floor }: { key: Buffer; floor: Watermark }, signal: AbortSignal): Promise<void> {
    const { config, systemctl } = this.#options;
    const { publicKeys, genesisValidatorsRoot } = config.chain;
    const keys = sealedKeys(key, publicKeys, await loadBls());
    try {
      const keystores = await Promise.all(keys.map(sealKeystore));
      if (await systemctl.isDown(config.unit)) await systemctl.start(config.unit);
      const has = await this.#answers(() => this.#isClosing() || signal.aborted);
      if (has.length > 0) throw new Error(`the client has ${has[0]} already, with a record of its own`);
      if (this.#isClosing()) throw new Error('closed before the keys were imported');
      await this.#keymanager.take({ publicKeys, keystores, floor: ethereumMark(floor), genesisValidatorsRoot, timeoutMs: this.#settings.importMs });
      // What is wiped in an emergency must be what the client fills.
      if (!this.#settings.keystoreDirs.every((one) => existsSync(one) && readdirSync(one).length > 0))
        throw new Error('keystoreDirs are not where the client keeps its keys');
    } finally {
      for (const { secret } of keys) secret.fill(0);
    }
  }

  /** Which of the keys the client has, once it answers. @throws when it does not in its time, or is no longer asked for. */
  async #answers(over: () => boolean): Promise<string[]> {
    const { clock, config } = this.#options;
    const startedMs = clock.steadyMs();
    for (;;) {
      try {
        return await this.#keymanager.holds(config.chain.publicKeys);
      } catch (error) {
        if (over() || elapsedMs(startedMs, clock.steadyMs()) > longestStartMs) throw error;
        await clock.sleep(pollMs);
      }
    }
  }

  #isOpen(): boolean {
    return this.#open;
  }

  #isClosing(): boolean {
    return this.#closing;
  }

  // A client has no gate that could be closed at once. `demote` follows; an import under way must not go on behind it.
  closeGate(): void {
    this.#closing = true;
    if (this.#activating) void this.#options.systemctl.kill(this.#options.config.unit);
  }

  async demote(): Promise<void> {
    const { chain } = this.#options.config;
    let given: GivenUp;
    try {
      given = await this.#keymanager.give({
        publicKeys: chain.publicKeys,
        floor: this.#given(),
        genesisValidatorsRoot: chain.genesisValidatorsRoot,
        restart: this.#settings.restartProves ? () => this.#restart() : null,
      });
    } catch (cause) {
      await this.#stopAndWipe(cause);
      this.#open = false;
      return;
    }
    this.#open = false;
    if (given.mark !== null) this.#options.state.save({ watermark: given.mark, detail: null });
    rmSync(this.#floorFile, { force: true });
  }

  /** @throws when it does not answer again. */
  async #restart(): Promise<void> {
    const { systemctl, config } = this.#options;
    await this.#down();
    if (!(await systemctl.start(config.unit))) throw new Error(`${config.unit} does not start again`);
    await this.#answers(() => false);
  }

  /** @throws when the unit is not down. */
  #down(): Promise<void> {
    const { systemctl: units, config, clock } = this.#options;
    return bringDown({ unit: config.unit, units, stopMs: config.timing.stopMs, clock });
  }

  /** Without a clear answer the client is stopped, and has nothing left to sign with. What it signed is then not known. @throws when not so. */
  async #stopAndWipe(cause: unknown): Promise<void> {
    await this.#down();
    for (const folder of this.#settings.keystoreDirs.filter((one) => existsSync(one))) {
      wipe(folder);
      if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`, { cause });
    }
    this.#options.state.remove();
    rmSync(this.#floorFile, { force: true });
    this.#wiped = (cause as Error).message.slice(0, 300);
  }

  async watermark(): Promise<Watermark | null> {
    return this.#options.state.load()?.watermark ?? null;
  }

  lostWatermark(): boolean {
    return false;
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    const { config, systemctl } = this.#options;
    const { synced, height, answers } = await beaconHealth(config.chain.beacon, signal);
    if (!this.#open) {
      const has = await this.#keymanager.holds(config.chain.publicKeys).catch(() => []);
      // Put there by somebody else: nobody may sign here.
      if (has.length > 0 && !this.#isOpen()) {
        await systemctl.kill(config.unit);
        return { synced, height, distress: `KeysPresent: the client has ${has.length} keys that it was not given; it was stopped.` };
      }
    }
    if (this.#wiped !== null)
      return { synced, height, distress: `ClientWiped: it gave no clear answer, so it was stopped and its keystores wiped: ${this.#wiped}` };
    const state = active ? await systemctl.property(config.unit, 'ActiveState') : 'not asked';
    if (active && state !== 'active') return { synced, height, distress: `ValidatorDown: ${config.unit} is ${state}.` };
    return { synced, height, distress: answers ? null : 'ValidatorDown: no answer from the beacon node.' };
  }
}
