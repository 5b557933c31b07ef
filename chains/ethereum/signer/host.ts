import { join } from 'node:path';
import { untilAborted, type Health } from '../../driver.ts';
import type { StateFile } from '../../state.ts';
import type { EthereumNode } from '../config.ts';
import { beaconHealth } from '../health.ts';
import { ethereumMark } from '../mark.ts';
import { serveSigner, type Served } from './server.ts';
import { EthereumSigner } from './signer.ts';
import { HistoryStore } from './store.ts';

/** The signer of a node, whoever decides what leaves: with its record on the disk, served on loopback, and how it is. */
export class SignerHost {
  readonly signer: EthereumSigner;
  readonly store: HistoryStore;
  readonly #chain: EthereumNode;
  #serves = false;

  /** @param of.isOpen the rule that holds before each block or vote, and again before its signature leaves. */
  constructor(of: { readonly chain: EthereumNode; readonly stateDir: string; readonly state: StateFile; readonly isOpen: () => boolean }) {
    const { chain, stateDir, state, isOpen } = of;
    this.#chain = chain;
    this.store = new HistoryStore({ file: join(stateDir, 'signed.jsonl'), chain: chain.genesisValidatorsRoot });
    this.signer = new EthereumSigner({
      publicKeys: chain.publicKeys,
      genesisValidatorsRoot: chain.genesisValidatorsRoot,
      genesisForkVersion: chain.genesisForkVersion,
      slotsPerEpoch: chain.slotsPerEpoch,
      store: this.store,
      mark: {
        load: () => {
          const mark = state.load()?.watermark;
          return mark === undefined ? null : ethereumMark(mark);
        },
        save: (watermark) => {
          state.save({ watermark, detail: null });
        },
      },
      isOpen,
    });
  }

  /** Serves until the signal. */
  async run(sign: Served['sign'], signal: AbortSignal): Promise<void> {
    const { signerPort: port } = this.#chain;
    if (port === undefined) throw new Error('signerPort is not set');
    const { ended } = await serveSigner({ signer: { publicKeys: this.signer.publicKeys, sign }, port, signal });
    this.#serves = true;
    await Promise.all([ended, untilAborted(signal)]);
    this.#serves = false;
  }

  /**
   * @param of.isOpened keys should be loaded.
   * @param of.trouble what else keeps it from signing; told where nothing worse is.
   */
  async health(of: { readonly isOpened: boolean; readonly trouble: string | null }, signal: AbortSignal): Promise<Health> {
    const { synced, height, answers } = await beaconHealth(this.#chain.beacon, signal);
    if (of.isOpened && !this.signer.loaded)
      return {
        synced,
        height,
        stalled: true,
        distress: 'SignerStopped: the record of what was signed could not be written, so nothing more is signed.',
      };
    if (!this.#serves) return { synced, height, distress: 'SignerDown: the signer does not listen.' };
    return { synced, height, distress: of.trouble ?? (answers ? null : 'ValidatorDown: no answer from the beacon node.') };
  }
}
