import { join } from 'node:path';
import { claimOf } from '../../core/gate.ts';
import type { GateDriver, GateDriverOptions } from '../gate-driver.ts';
import { ArbiterAsk } from '../ask-arbiter.ts';
import { untilAborted, type Health } from '../driver.ts';
import type { EthereumNode } from './config.ts';
import { floorOf } from './driver-signer.ts';
import { beaconHealth } from './health.ts';
import { blockLane, partOf, voteLane } from './lanes.ts';
import { loadBls } from './signer/bls.ts';
import { serveSigner } from './signer/server.ts';
import { EthereumSigner, type SignOutcome, type Slashable } from './signer/signer.ts';
import { HistoryStore } from './signer/store.ts';

/**
 * Custody `gate` on Ethereum: validator clients run on every node, each with a signer that has the keys. A block or a vote is signed, kept on the disk,
 * and claimed from the arbiter; its signature leaves only when the arbiter answers with it. What cannot be slashed is signed without asking.
 */
const nothing = { kind: 'eip3076', slot: 0, source: 0, target: 0 } as const;

const refused = (status: 412 | 500, reason: string): SignOutcome => ({ ok: false, status, reason });

export class EthereumGateDriver implements GateDriver {
  readonly #options: GateDriverOptions<EthereumNode>;
  readonly #signer: EthereumSigner;
  readonly #arbiter: ArbiterAsk;
  #gate = false;
  #serves = false;
  #trouble: string | null = null;

  constructor(options: GateDriverOptions<EthereumNode>) {
    this.#options = options;
    this.#arbiter = new ArbiterAsk({ ask: options.claim, clock: options.clock });
    const { chain, paths } = options.config;
    this.#signer = new EthereumSigner({
      publicKeys: chain.publicKeys,
      genesisValidatorsRoot: chain.genesisValidatorsRoot,
      genesisForkVersion: chain.genesisForkVersion,
      slotsPerEpoch: chain.slotsPerEpoch,
      store: new HistoryStore({ file: join(paths.stateDir, 'signed.jsonl'), chain: chain.genesisValidatorsRoot }),
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
    const { ended } = await serveSigner({
      signer: { publicKeys: this.#signer.publicKeys, sign: (publicKey, body) => this.sign(publicKey, body) },
      port,
      signal,
    });
    this.#serves = true;
    await Promise.all([ended, untilAborted(signal)]);
    this.#serves = false;
  }

  /** Never rejects. */
  async sign(publicKey: string, body: unknown): Promise<SignOutcome> {
    const made = this.#signer.sign(publicKey, body);
    if (!made.ok || made.slashable === null) return made;
    return this.#publish(publicKey.toLowerCase().replace(/^(0x)?/, '0x'), made.slashable, made);
  }

  async #publish(key: string, { kind, mark, signingRoot }: Slashable, made: SignOutcome & { ok: true }): Promise<SignOutcome> {
    const { config, maySign } = this.#options;
    const claim = claimOf({
      validator: config.validator,
      node: config.node,
      lane: kind === 'block' ? blockLane(key) : voteLane(key),
      duty: partOf[kind](mark),
      claimed: { content: signingRoot.slice(2), signature: base64Of(made.signature), time: null },
    });
    const outcome = await this.#arbiter.ask(claim);
    this.#trouble = null;
    if (outcome.outcome === 'unknown') {
      const why = (outcome.cause as Error).name;
      this.#trouble = `${why === 'ArbiterWentBack' ? why : 'ArbiterSilent'}: no answer to the claim of a ${kind} (${why}), so nothing is signed.`;
      return refused(500, 'the arbiter does not answer');
    }
    if (outcome.outcome === 'refused') {
      const { found } = outcome;
      if (found?.phase !== 'open') this.#trouble = `ArbiterClosed: ${found === undefined ? 'a key has no arbiter' : 'the arbiter is closed'}.`;
      return refused(412, found === undefined ? 'this key has no arbiter' : `the arbiter refuses this ${kind}: one at or above it was claimed`);
    }
    // Signatures of one message by one key are the same bytes: another one is no signature of this message.
    if (outcome.claimed.signature !== base64Of(made.signature)) return refused(500, 'what the arbiter holds is no signature of this message');
    // The key may have been taken away, or the machine frozen, while the arbiter was asked.
    if (!this.#gate || !this.#signer.loaded || !maySign()) return refused(412, 'this node ceased to be a member while the arbiter was asked');
    return made;
  }

  async activate(key: Buffer): Promise<void> {
    const bls = await loadBls();
    // The floors stand in the arbiter; what this disk knows is kept beside them.
    this.#signer.load(key, nothing, bls);
    this.#gate = true;
  }

  closeGate(): void {
    this.#gate = false;
  }

  // Nothing is signed without keys; a claim that is under way sees that the gate is closed, and publishes nothing.
  async demote(): Promise<void> {
    this.#gate = false;
    this.#signer.unload();
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
    return { synced, height, distress: this.#trouble ?? (answers ? null : 'ValidatorDown: no answer from the beacon node.') };
  }
}

const base64Of = (hex: string): string => Buffer.from(hex.replace(/^0x/, ''), 'hex').toString('base64');
