import type { Watermark } from '../../core/watermark.ts';
import { getJson } from '../http.ts';
import type { Driver, DriverOptions, Health } from '../driver.ts';
import type { CometbftNode } from './config.ts';
import { NodeHealth } from './node-health.ts';
import { Connection, type ConnectionOptions } from './privval/connection.ts';
import { Signer } from './privval/signer.ts';
import type { StateFile } from '../state.ts';

/** CometBFT: the guard is the signer. The node runs on active and standby alike; only the gate moves. */

export interface CometbftOptions extends Pick<DriverOptions<CometbftNode>, 'config' | 'state' | 'clock' | 'maySign'> {
  /** The way to the node's privval socket and to its RPC; others than the real ones are for simulations. */
  readonly dial?: (options: ConnectionOptions) => Pick<Connection, 'connected' | 'run'>;
  readonly ask?: typeof getJson;
}

export class CometbftDriver implements Driver {
  readonly #signer: Signer;
  readonly #options: CometbftOptions;
  readonly #state: StateFile;
  readonly #node: NodeHealth;
  #gate = false;
  #connection: Pick<Connection, 'connected' | 'run'> | null = null;

  constructor(options: CometbftOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#node = new NodeHealth({ clock: options.clock, rpc: options.config.chain.rpc, ask: options.ask ?? getJson });
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
    const health = await this.#node.look(this.#connection?.connected === true, signal);
    if (!active || !this.#gate || this.#signer.loaded) return health;
    return { ...health, stalled: true, distress: 'SignerStopped: the watermark could not be written, so nothing more is signed.' };
  }
}
