import { mkdirSync, readFileSync, renameSync, statSync, chownSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { durationMs, elapsedMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import { getJson } from '../http.ts';
import { wipe, writeNew } from '../../runtime/key-files.ts';
import type { Activation, Driver, DriverOptions, Health } from '../driver.ts';
import { bestWindow } from '../quiet.ts';
import { bringDown, giveTo, partsOf, Standing, userOf, within, type NodeParts } from '../node.ts';
import { nodeOf, type NearNode } from './config.ts';
import { readStatus, type Status } from './node-rpc.ts';
import { maintenanceWindows } from './windows.ts';

/**
 * NEAR: neard runs on active and standby alike. It becomes the validator when its key file is there and it is told to look (SIGHUP), and what it
 * then is, its own status says. Taking the key away was seen to be overlooked (nearcore#11995): what is not shown in time is restarted without it.
 */

const keyName = 'validator_key.json';
const tickMs = durationMs(100);
/** Shorter than the guard waits for an action. */
const longestStepMs = 20_000;
/** A key is taken up within a second; later, the signal was overlooked. */
const hangUpMs = 4_000;
/** Some two minutes: a neard that starts anew needs as long. */
const leastRestartBlocks = 200;
/** Between two looks that must agree. */
const againMs = durationMs(300);

const keyFile = z.looseObject({ account_id: z.string(), public_key: z.string(), secret_key: z.string().startsWith('ed25519:').optional() });

export interface NearOptions extends NodeParts {
  readonly chain: NearNode;
  /** SIGHUP to the main process of the unit. */
  readonly hangUp: () => Promise<boolean>;
}

const hangUpOf =
  ({ unit, run, stopMs }: NodeParts) =>
  async (): Promise<boolean> =>
    (await run(['systemctl', 'kill', '--kill-whom=main', '--signal=SIGHUP', unit], { timeoutMs: stopMs })).exitCode === 0;

export class NearDriver implements Driver {
  readonly #options: NearOptions;
  readonly #standing = new Standing();

  constructor(options: NearOptions) {
    this.#options = options;
    mkdirSync(options.paths.keyDir, { recursive: true, mode: 0o700 });
  }

  async run(signal: AbortSignal): Promise<void> {
    // A key of its own, somewhere else, would make it a validator.
    await this.#standing.keepUp({ ...this.#options, may: () => this.#looksHere(), start: () => this.#start() }, signal);
  }

  prepare(): void {
    this.#options.forget();
  }

  /** @throws Error when neard does not say of itself that it is the validator. */
  async activate({ key, floor }: Activation, signal: AbortSignal): Promise<void> {
    this.#standing.begin();
    this.#check(key);
    const { paths, unit } = this.#options;
    if (!this.#looksHere()) throw new Error(`GuardRefused: validator_key_file in config.json of neard must be ${join(paths.keyDir, keyName)}`);
    await this.#waitFor(floor, signal);
    writeNew(join(paths.keyDir, keyName), key);
    giveTo(await userOf(this.#options), paths.keyDir, join(paths.keyDir, keyName));
    await this.#options.hangUp();
    if (!(await this.#shows(true, hangUpMs, signal))) {
      if (this.#standing.isClosing) throw new Error('closed before it was started');
      await bringDown(this.#options);
      if (!(await this.#start())) throw new Error(`${unit} does not start`);
      if (!(await this.#shows(true, longestStepMs, signal))) throw new Error('neard does not say that it is the validator');
    }
    this.#standing.open();
  }

  #check(key: Buffer): void {
    const { chain } = this.#options;
    let value: unknown;
    try {
      value = JSON.parse(key.toString('utf8'));
    } catch {
      throw new Error('KeyInvalid: the key is not JSON');
    }
    const found = keyFile.safeParse(value);
    if (!found.success) throw new Error('KeyInvalid: the key is no validator_key.json');
    if (found.data.account_id !== chain.accountId || found.data.public_key !== chain.publicKey)
      throw new Error(`KeyInvalid: the key is of ${found.data.account_id}, ${found.data.public_key}`);
  }

  /** True when neard would find no other key than the guard's. */
  #looksHere(): boolean {
    const { chain, paths } = this.#options;
    try {
      const { validator_key_file: file } = z
        .looseObject({ validator_key_file: z.string() })
        .parse(JSON.parse(readFileSync(this.#configFile(), 'utf8')));
      return resolve(chain.home, file) === resolve(paths.keyDir, keyName);
    } catch {
      return false;
    }
  }

  #configFile(): string {
    return join(this.#options.chain.home, 'config.json');
  }

  /** Nothing is signed for a height that the holder before may have signed for. */
  async #waitFor(floor: Watermark, signal: AbortSignal): Promise<void> {
    if (floor.kind !== 'slot') throw new Error(`the floor is no height but ${floor.kind}`);
    let seen = 'no answer';
    const passed = await within({ clock: this.#options.clock, longestMs: longestStepMs, signal, everyMs: tickMs }, async () => {
      if (this.#standing.isClosing) throw new Error('closed before it was started');
      const sync = (await this.#status(signal).catch(() => null))?.sync_info;
      seen = sync ? `${sync.syncing ? 'syncing' : 'synced'} at ${sync.latest_block_height}` : 'no answer';
      return sync !== undefined && !sync.syncing && sync.latest_block_height > floor.slot;
    });
    if (!passed) throw new Error(`the node has not passed height ${floor.slot}: ${seen}`);
  }

  #status(signal: AbortSignal): Promise<Status> {
    return getJson(this.#options.chain.rpc, '/status', signal).then(readStatus);
  }

  #isValidator({ validator_account_id: account, validator_public_key: key }: Status): boolean {
    return account === this.#options.chain.accountId && key === this.#options.chain.publicKey;
  }

  /** Two looks that agree. */
  async #shows(validator: boolean, longestMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const look = async (): Promise<boolean> => {
      const status = await this.#status(signal).catch(() => null);
      if (status === null) return false;
      return validator ? this.#isValidator(status) : (status.validator_account_id ?? null) === null && (status.validator_public_key ?? null) === null;
    };
    return within({ clock, longestMs, signal, everyMs: tickMs }, async () => {
      if (validator && this.#standing.isClosing) return false;
      if (!(await look())) return false;
      await clock.sleep(againMs, signal).catch(() => undefined);
      return look();
    });
  }

  // neard has no gate that could be closed at once: `demote` follows.
  closeGate(): void {
    this.#standing.close();
  }

  /** The key goes first: no restart brings it back. @throws when it cannot be shown that neard is no validator any more. */
  async demote(signal: AbortSignal): Promise<void> {
    await this.#standing.demote(() => this.#takeKey(signal));
  }

  async #takeKey(signal: AbortSignal): Promise<void> {
    const { paths, stopMs, clock, unit, units } = this.#options;
    const startedMs = clock.steadyMs();
    wipe(paths.keyDir);
    if (await units.isDown(unit)) return;
    const leftMs = Math.max(0, stopMs / 2 - elapsedMs(startedMs, clock.steadyMs()));
    const ending = AbortSignal.any([signal, clock.timeout(durationMs(Math.max(1, leftMs)))]);
    if ((await this.#options.hangUp()) && (await this.#shows(false, leftMs, ending))) return;
    await bringDown(this.#options);
    // A standby keeps up with the chain. With a key of its own, somewhere else, it would be a validator again.
    if (this.#looksHere()) await this.#start();
  }

  /** Its counters are the chain's: what was signed last is not kept. */
  async watermark(): Promise<Watermark | null> {
    return null;
  }

  lostWatermark(): boolean {
    return false;
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    try {
      const status = await this.#status(signal);
      const seen = { synced: !status.sync_info.syncing, height: status.sync_info.latest_block_height };
      if (active && !this.#isValidator(status))
        return { ...seen, stalled: true, distress: 'ValidatorLost: neard does not say any more that it is the validator.' };
      if (active || this.#standing.isAsked || (status.validator_account_id ?? null) === null) return { ...seen, distress: null };
      // It has a key from somewhere else: it is taken down before anything is told.
      await this.demote(signal).catch(() => undefined);
      return { ...seen, distress: 'ValidatorUnasked: neard said that it is a validator, and nobody gave it the key.' };
    } catch (error) {
      return { synced: false, height: null, distress: active ? `ValidatorDown: ${(error as Error).message.slice(0, 200)}` : null };
    }
  }

  /**
   * neard ends by itself at the beginning of the longest window of this epoch in which no block and no chunk is due, and the guard starts it again.
   * @throws Error when no window is long enough, config.json is none, or neard was not told.
   */
  async restartQuietly(signal: AbortSignal): Promise<string> {
    const { chain } = this.#options;
    const head = (await this.#status(signal)).sync_info.latest_block_height;
    const windows = await maintenanceWindows({ url: chain.rpc, account: chain.accountId }, signal);
    const best = bestWindow(windows, { head, within: Infinity, enough: Infinity });
    const long = best === null ? 0 : best.end - best.start;
    if (best === null || long < leastRestartBlocks)
      throw new Error(
        `the longest window of this epoch has ${long} blocks, ${leastRestartBlocks} are needed; switch over, and restart it as a standby`,
      );
    await this.#expectShutdown(best.start);
    return `neard ends itself at height ${best.start} (head ${head}), where nothing is due for ${long} blocks, and its guard starts it again.`;
  }

  /** @throws Error when config.json is none, or neard was not told. */
  async cancelRestart(): Promise<string> {
    await this.#expectShutdown(null);
    return 'neard does not end itself.';
  }

  async #expectShutdown(height: number | null): Promise<void> {
    this.#writeShutdown(height);
    if (!(await this.#options.hangUp())) throw new Error('neard was not told of it');
  }

  #writeShutdown(height: number | null): void {
    const file = this.#configFile();
    const config = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
    if ((config['expected_shutdown'] ?? null) === height) return;
    const { uid, gid, mode } = statSync(file);
    writeFileSync(`${file}.baton`, `${JSON.stringify({ ...config, expected_shutdown: height }, null, 2)}\n`, { mode, flush: true });
    chownSync(`${file}.baton`, uid, gid);
    renameSync(`${file}.baton`, file);
  }

  /** A neard that finds a height there which is past ends itself again within a second. */
  #forgetShutdown(): void {
    try {
      this.#writeShutdown(null);
    } catch {
      // It starts all the same: one that ends itself again is seen, and this is tried again.
    }
  }

  #start(): Promise<boolean> {
    this.#forgetShutdown();
    return this.#options.units.start(this.#options.unit);
  }
}

export const nearDriver = (options: DriverOptions): Driver => {
  const parts = partsOf(options);
  return new NearDriver({ ...parts, chain: nodeOf(options.config.chain), hangUp: hangUpOf(parts) });
};
