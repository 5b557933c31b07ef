import type { Watermark } from '../../core/watermark.ts';
import type { Driver, DriverOptions, Health } from '../driver.ts';
import type { EthereumNode } from './config.ts';
import { ethereumMark } from './mark.ts';
import { loadBls } from './signer/bls.ts';
import { SignerHost } from './signer/host.ts';

/** The guard is the signer: validator clients run on active and standby alike, and only the gate moves. */

export type SignerDriverOptions = Pick<DriverOptions<EthereumNode>, 'config' | 'state' | 'clock' | 'maySign'>;

export class SignerDriver implements Driver {
  readonly #options: SignerDriverOptions;
  readonly #host: SignerHost;
  #gate = false;

  constructor(options: SignerDriverOptions) {
    this.#options = options;
    const { chain, paths } = options.config;
    this.#host = new SignerHost({ chain, stateDir: paths.stateDir, state: options.state, isOpen: () => this.#gate && options.maySign() });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#host.run((publicKey, body) => this.#host.signer.sign(publicKey, body), signal);
  }

  prepare(floor: Watermark): void {
    this.#host.signer.raise(ethereumMark(floor));
  }

  async activate({ key, floor }: { key: Buffer; floor: Watermark }): Promise<void> {
    const bls = await loadBls();
    this.#host.signer.load(key, ethereumMark(floor), bls);
    this.#gate = true;
  }

  closeGate(): void {
    this.#gate = false;
  }

  // Signing is synchronous: when this runs, no signature is under way, and without keys none can begin.
  async demote(): Promise<void> {
    this.#gate = false;
    this.#host.signer.unload();
  }

  async watermark(): Promise<Watermark | null> {
    return this.#host.signer.watermark();
  }

  lostWatermark(): boolean {
    return this.#options.state.load() === null || this.#host.store.load() === null;
  }

  health(active: boolean, signal: AbortSignal): Promise<Health> {
    return this.#host.health({ isOpened: active && this.#gate, trouble: null }, signal);
  }
}
