import { mkdirSync, readdirSync } from 'node:fs';
import * as z from 'zod';
import { durationMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import { wipe } from '../../runtime/key-files.ts';
import type { Activation, Driver, DriverOptions, Health } from '../driver.ts';
import { bringDown, giveTo, partsOf, Standing, userOf, within, type NodeParts } from '../node.ts';
import { callRpc, type Ask } from '../rpc.ts';
import { nodeOf, type PolkadotNode } from './config.ts';
import { finalizedAt, hasSessionKeysAt, headerAt, healthAt, isAuthorityAt, storedAt } from './node-rpc.ts';
import { babeAuthorities, nextKeysOf, queuedKeys } from './storage.ts';

/**
 * Polkadot. With distinct keys no key ever moves: a node can sign only while the chain names its keys, and a person says on chain, with the stash,
 * whose keys count. With insert-key one set of keys moves, into a keystore in memory; no RPC takes a key out, so it goes with the process.
 */

const tickMs = durationMs(100);
const longestWaitMs = 30_000;
const longestStartMs = 20_000;

const keyList = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        type: z.string().regex(/^[a-z]{4}$/),
        suri: z.string().min(1).max(300),
        public: z.string().regex(/^0x([0-9a-f]{2}){32,33}$/),
      }),
    )
    .min(1)
    .max(10),
});
type KeyList = z.infer<typeof keyList>;

export interface PolkadotOptions extends NodeParts {
  readonly chain: PolkadotNode;
  readonly ask?: Ask;
}

export class PolkadotDriver implements Driver {
  readonly #options: PolkadotOptions;
  readonly #ask: Ask;
  readonly #standing = new Standing();
  /** The chain names the keys of this node, or it has keys from somewhere else: it stays down until it is opened. */
  #keepDown = false;

  constructor(options: PolkadotOptions) {
    this.#options = options;
    this.#ask = options.ask ?? callRpc;
    mkdirSync(options.paths.keyDir, { recursive: true, mode: 0o700 });
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#standing.keepUp({ ...this.#options, may: () => !this.#keepDown }, signal);
  }

  prepare(): void {
    this.#options.forget();
  }

  /** @throws Error SetKeysNeeded with the call that a person must sign, or that the node cannot be shown to be the validator. */
  async activate(of: Activation, signal: AbortSignal): Promise<void> {
    this.#standing.begin();
    await this.#start(signal);
    const { chain } = this.#options;
    if ((await healthAt(this.#ask, chain.rpc, signal)).isSyncing) throw new Error('the node is syncing');
    if (!(await isAuthorityAt(this.#ask, chain.rpc, signal))) throw new Error('the node was not started with --validator');
    if (chain.mode === 'distinct-keys') await this.#distinct(signal);
    else await this.#insert(of, signal);
    this.#standing.open();
    this.#keepDown = false;
  }

  /** A node that was kept down because the chain names its keys comes up for the holder. */
  async #start(signal: AbortSignal): Promise<void> {
    const { chain, unit, units, clock } = this.#options;
    if (!(await units.isDown(unit))) return;
    if (!(await units.start(unit))) throw new Error(`${unit} does not start`);
    await within({ clock, longestMs: longestStartMs, signal, everyMs: tickMs }, async () => {
      if (this.#standing.isClosing) throw new Error('closed before it was started');
      return healthAt(this.#ask, chain.rpc, signal).then(
        () => true,
        () => false,
      );
    });
  }

  async #distinct(signal: AbortSignal): Promise<void> {
    const { rpc, sessionKeys, stash } = this.#options.chain;
    if (!(await hasSessionKeysAt(this.#ask, { url: rpc, keys: sessionKeys }, signal)))
      throw new Error(
        'SessionKeysMissing: the keystore of the node has not the keys of its configuration; run author_rotateKeys and write them there',
      );
    if ((await storedAt(this.#ask, { url: rpc, key: nextKeysOf(stash) }, signal)) !== sessionKeys)
      throw new Error(
        `SetKeysNeeded: sign session.setKeys(keys: ${sessionKeys}, proof: 0x) with the stash or its staking proxy; it counts from the session after next`,
      );
  }

  async #insert({ key, floor }: Activation, signal: AbortSignal): Promise<void> {
    const { chain, unit, units, paths } = this.#options;
    const list = this.#keysOf(key);
    if (!(await units.property(unit, 'ExecStart')).includes(paths.keyDir))
      throw new Error(`GuardRefused: ${unit} must start the node with --keystore-path ${paths.keyDir}`);
    if (await this.#hasKeys(signal)) throw new Error('the node has the keys already, and nobody gave it them');
    await this.#waitFor(floor, signal);
    giveTo(await userOf(this.#options), paths.keyDir);
    for (const { type, suri, public: publicKey } of list.keys) {
      if (this.#standing.isClosing) throw new Error('closed before it was started');
      await this.#ask(chain.rpc, { method: 'author_insertKey', params: [type, suri, publicKey] }, signal);
    }
    if (readdirSync(paths.keyDir).length < list.keys.length) throw new Error(`the keys did not go to ${paths.keyDir}`);
    if (!(await this.#hasKeys(signal))) throw new Error('the node does not show the session keys');
  }

  #keysOf(key: Buffer): KeyList {
    let value: unknown;
    try {
      value = JSON.parse(key.toString('utf8'));
    } catch {
      throw new Error('KeyInvalid: the key is not JSON');
    }
    const found = keyList.safeParse(value);
    if (!found.success) throw new Error('KeyInvalid: the key is no list of type, suri and public');
    // The session keys are all public keys one after the other, in the order of the runtime.
    const { sessionKeys } = this.#options.chain;
    const length = found.data.keys.reduce((sum, one) => sum + one.public.length - 2, 0);
    if (length !== sessionKeys.length - 2 || !found.data.keys.every((one) => sessionKeys.includes(one.public.slice(2))))
      throw new Error('KeyInvalid: the keys are not the session keys of this validator');
    return found.data;
  }

  /** Finality has passed everything that the holder before may have voted for. */
  async #waitFor(floor: Watermark, signal: AbortSignal): Promise<void> {
    const { chain, clock } = this.#options;
    if (floor.kind !== 'slot') throw new Error(`the floor is no height but ${floor.kind}`);
    let head = 0;
    const passed = await within({ clock, longestMs: longestWaitMs, signal, everyMs: tickMs }, async () => {
      if (this.#standing.isClosing) throw new Error('closed before it was started');
      head = (await finalizedAt(this.#ask, chain.rpc, signal).catch(() => ({ number: head }))).number;
      return head > floor.slot;
    });
    if (!passed) throw new Error(`finality has not passed ${floor.slot}: it is at ${head}`);
  }

  #hasKeys(signal: AbortSignal): Promise<boolean> {
    return hasSessionKeysAt(this.#ask, { url: this.#options.chain.rpc, keys: this.#options.chain.sessionKeys }, signal);
  }

  // A node has no gate that could be closed at once: `demote` follows.
  closeGate(): void {
    this.#standing.close();
  }

  /** @throws Error when it cannot be shown that nothing can be signed. */
  async demote(signal: AbortSignal): Promise<void> {
    await this.#standing.demote(() => this.#takeKeys(signal));
  }

  async #takeKeys(signal: AbortSignal): Promise<void> {
    const { chain, unit, units, paths, clock, stopMs } = this.#options;
    const isDown = await units.isDown(unit);
    if (chain.mode === 'distinct-keys') {
      const ending = AbortSignal.any([signal, clock.timeout(durationMs(stopMs / 2))]);
      if (isDown || (await this.#isUnnamed(ending).catch(() => false))) return;
      this.#keepDown = true;
      await bringDown(this.#options);
      return;
    }
    // Taking the file away does not take the key from a node that runs.
    const isEmpty = readdirSync(paths.keyDir).length === 0;
    const hasKeys = !isDown && (await this.#hasKeys(signal).catch(() => true));
    if (!isDown && isEmpty && !hasKeys) return;
    await bringDown(this.#options);
    wipe(paths.keyDir);
    // With keys that are somewhere else it would be a validator again.
    this.#keepDown ||= !isDown && (isEmpty || !(await units.property(unit, 'ExecStart')).includes(paths.keyDir));
    if (!isDown && !this.#keepDown) await units.start(unit);
  }

  /** The chain names the keys of this node nowhere: neither now, nor for the next session, nor for the one after. */
  async #isUnnamed(signal: AbortSignal): Promise<boolean> {
    const { rpc, stash, sessionKeys, babeKey } = this.#options.chain;
    if ((await healthAt(this.#ask, rpc, signal)).isSyncing) return false;
    const [next, queued, authorities] = await Promise.all(
      [nextKeysOf(stash), queuedKeys, babeAuthorities].map((key) => storedAt(this.#ask, { url: rpc, key }, signal)),
    );
    if (typeof queued !== 'string' || typeof authorities !== 'string') return false;
    return next !== sessionKeys && !queued.includes(sessionKeys.slice(2)) && !authorities.includes(babeKey.slice(2));
  }

  async watermark(): Promise<Watermark | null> {
    return null;
  }

  lostWatermark(): boolean {
    return false;
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    const { chain } = this.#options;
    try {
      const { isSyncing } = await healthAt(this.#ask, chain.rpc, signal);
      const seen = { synced: !isSyncing, height: (await headerAt(this.#ask, { url: chain.rpc }, signal)).number };
      const hasKeys = await this.#hasKeys(signal);
      if (chain.mode === 'distinct-keys')
        return {
          ...seen,
          synced: seen.synced && hasKeys,
          distress: hasKeys ? null : 'SessionKeysMissing: the keystore has not the keys of this node.',
        };
      if (active && !hasKeys) return { ...seen, stalled: true, distress: 'KeysLost: the node shows no session keys; it has started anew.' };
      if (active || this.#standing.isAsked || !hasKeys) return { ...seen, distress: null };
      // It has the keys from somewhere else: it is taken down before anything is told.
      await this.demote(signal).catch(() => undefined);
      return { ...seen, distress: 'KeysUnasked: the node showed the session keys, and nobody gave it them.' };
    } catch (error) {
      return { synced: false, height: null, distress: active ? `ValidatorDown: ${(error as Error).message.slice(0, 200)}` : null };
    }
  }
}

export const polkadotDriver = (options: DriverOptions): Driver => new PolkadotDriver({ ...partsOf(options), chain: nodeOf(options.config.chain) });
