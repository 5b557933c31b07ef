import { z } from 'zod';
import { elapsedMs, type SteadyMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import { getJson } from '../http.ts';
import type { Driver, DriverOptions, Health } from '../driver.ts';
import type { CometbftNode } from './config.ts';
import { Connection, type ConnectionOptions } from './privval/connection.ts';
import { Signer } from './privval/signer.ts';
import type { StateFile } from '../state.ts';

/** CometBFT: the guard is the signer. The node runs on active and standby alike; only the gate moves. */

const status = z.object({
  result: z.object({
    sync_info: z.object({
      latest_block_height: z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
      catching_up: z.boolean(),
    }),
  }),
});

/** How long the node may be away from the signer until the guard asks for help. */
const awayMs = 3_000;

export interface CometbftOptions extends Pick<DriverOptions<CometbftNode>, 'config' | 'state' | 'clock' | 'maySign'> {
  /** The way to the node's privval socket and to its RPC; others than the real ones are for simulations. */
  readonly dial?: (options: ConnectionOptions) => Pick<Connection, 'connected' | 'run'>;
  readonly ask?: typeof getJson;
}

export class CometbftDriver implements Driver {
  readonly #signer: Signer;
  readonly #options: CometbftOptions;
  readonly #state: StateFile;
  #gate = false;
  #connection: Pick<Connection, 'connected' | 'run'> | null = null;
  #lastSeenMs: SteadyMs;

  constructor(options: CometbftOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#lastSeenMs = options.clock.steadyMs();
    this.#signer = new Signer({ chainId: options.config.chain.chainId, state: options.state, isOpen: () => this.#gate && options.maySign() });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { config, clock, dial = (options) => new Connection(options) } = this.#options;
    this.#connection = dial({
      path: config.chain.socket.replace('unix://', ''),
      publicKey: Buffer.from(config.chain.publicKey, 'base64'),
      signer: this.#signer,
      clock,
      signal,
    });
    await this.#connection.run();
  }

  prepare(floor: Watermark): void {
    this.#signer.raise(floor);
  }

  async activate({ key, floor }: { key: Buffer; floor: Watermark }): Promise<void> {
    this.#signer.load(key, floor);
    this.#gate = true;
  }

  closeGate(): void {
    this.#gate = false;
  }

  // Signing is synchronous: when this runs, no signature is under way, and without a key none can begin.
  async demote(): Promise<void> {
    this.#gate = false;
    this.#signer.unload();
  }

  async watermark(): Promise<Watermark | null> {
    return this.#signer.watermark();
  }

  lostWatermark(): boolean {
    return this.#state.load() === null;
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    const health = await this.#nodeHealth(signal);
    if (!active || !this.#gate || this.#signer.loaded) return health;
    return { ...health, stalled: true, distress: 'SignerStopped: the watermark could not be written, so nothing more is signed.' };
  }

  async #nodeHealth(signal: AbortSignal): Promise<Health> {
    const now = this.#options.clock.steadyMs();
    if (this.#connection?.connected === true) this.#lastSeenMs = now;
    const away = elapsedMs(this.#lastSeenMs, now);
    const ask = this.#options.ask ?? getJson;
    try {
      const { sync_info: sync } = status.parse(await ask(this.#options.config.chain.rpc, '/status', signal)).result;
      const distress = away > awayMs ? `SignerNotDialled: the node has not listened for ${Math.round(away / 1_000)} s.` : null;
      return { synced: !sync.catching_up, height: sync.latest_block_height, distress };
    } catch {
      return {
        synced: false,
        height: null,
        distress: away > awayMs ? `ValidatorDown: no answer from the node for ${Math.round(away / 1_000)} s.` : null,
      };
    }
  }
}
