import { join } from 'node:path';
import type { Watermark } from '../../core/watermark.ts';
import { untilAborted, type Driver, type DriverOptions, type Health } from '../driver.ts';
import type { EthereumNode } from './config.ts';
import { beaconHealth } from './health.ts';
import { ethereumMark, type EthereumMark } from './mark.ts';
import { loadBls } from './signer/bls.ts';
import { serveSigner } from './signer/server.ts';
import { EthereumSigner } from './signer/signer.ts';
import { HistoryStore } from './signer/store.ts';

/** The guard is the signer: validator clients run on active and standby alike, and only the gate moves. */

export type SignerDriverOptions = Pick<DriverOptions<EthereumNode>, 'config' | 'state' | 'clock' | 'maySign'>;

/** @throws when it is the mark of another chain. */
export const floorOf = (mark: Watermark): EthereumMark => ethereumMark.parse(mark);

export class SignerDriver implements Driver {
  readonly #options: SignerDriverOptions;
  readonly #signer: EthereumSigner;
  readonly #store: HistoryStore;
  #gate = false;
  #serves = false;

  constructor(options: SignerDriverOptions) {
    this.#options = options;
    const { chain, paths } = options.config;
    this.#store = new HistoryStore({ file: join(paths.stateDir, 'signed.jsonl'), chain: chain.genesisValidatorsRoot });
    this.#signer = new EthereumSigner({
      publicKeys: chain.publicKeys,
      genesisValidatorsRoot: chain.genesisValidatorsRoot,
      genesisForkVersion: chain.genesisForkVersion,
      slotsPerEpoch: chain.slotsPerEpoch,
      store: this.#store,
      mark: {
        load: () => {
          const mark = options.state.load()?.watermark;
          return mark === undefined ? null : floorOf(mark);
        },
        save: (watermark) => {
          options.state.save({ watermark, detail: null });
        },
      },
      isOpen: () => this.#gate && options.maySign(),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { signerPort: port } = this.#options.config.chain;
    if (port === undefined) throw new Error('signerPort is not set');
    const { ended } = await serveSigner({ signer: this.#signer, port, signal });
    this.#serves = true;
    await Promise.all([ended, untilAborted(signal)]);
    this.#serves = false;
  }

  prepare(floor: Watermark): void {
    this.#signer.raise(floorOf(floor));
  }

  async activate({ key, floor }: { key: Buffer; floor: Watermark }): Promise<void> {
    const bls = await loadBls();
    this.#signer.load(key, floorOf(floor), bls);
    this.#gate = true;
  }

  closeGate(): void {
    this.#gate = false;
  }

  // Signing is synchronous: when this runs, no signature is under way, and without keys none can begin.
  async demote(): Promise<void> {
    this.#gate = false;
    this.#signer.unload();
  }

  async watermark(): Promise<Watermark | null> {
    return this.#signer.watermark();
  }

  lostWatermark(): boolean {
    return this.#options.state.load() === null || this.#store.load() === null;
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    const { synced, height, answers } = await beaconHealth(this.#options.config.chain.beacon, signal);
    if (active && this.#gate && !this.#signer.loaded)
      return {
        synced,
        height,
        stalled: true,
        distress: 'SignerStopped: the record of what was signed could not be written, so nothing more is signed.',
      };
    if (!this.#serves) return { synced, height, distress: 'SignerDown: the signer does not listen.' };
    return { synced, height, distress: answers ? null : 'ValidatorDown: no answer from the beacon node.' };
  }
}
