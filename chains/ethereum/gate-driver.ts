import { BatonError } from '../../core/errors.ts';
import { claimOf } from '../../core/gate.ts';
import type { GateDriver, GateDriverOptions, MemberKey } from '../gate-driver.ts';
import { ArbiterAsk } from '../ask-arbiter.ts';
import type { Health } from '../driver.ts';
import type { EthereumNode } from './config.ts';
import { blockLane, partOf, voteLane } from './lanes.ts';
import { loadBls } from './signer/bls.ts';
import { SignerHost } from './signer/host.ts';
import type { SignOutcome, Slashable } from './signer/signer.ts';

/**
 * Custody `gate` on Ethereum: validator clients run on every node, each with a signer that has the keys. A block or a vote is signed, kept on the disk,
 * and claimed from the arbiter; its signature leaves only when the arbiter answers with it. What cannot be slashed is signed without asking.
 */
const nothing = { kind: 'eip3076', slot: 0, source: 0, target: 0 } as const;

const refused = (status: 412 | 500, reason: string): SignOutcome => ({ ok: false, status, reason });

export class EthereumGateDriver implements GateDriver {
  readonly #options: GateDriverOptions<EthereumNode>;
  readonly #host: SignerHost;
  readonly #arbiter: ArbiterAsk;
  #gate = false;
  #trouble: string | null = null;

  constructor(options: GateDriverOptions<EthereumNode>) {
    this.#options = options;
    this.#arbiter = new ArbiterAsk({ ask: options.claim, look: options.look, clock: options.clock });
    const { chain, paths } = options.config;
    this.#host = new SignerHost({ chain, stateDir: paths.stateDir, state: options.state, isOpen: () => this.#gate && options.maySign() });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#host.run((publicKey, body) => this.sign(publicKey, body), signal);
  }

  /** Never rejects. */
  async sign(publicKey: string, body: unknown): Promise<SignOutcome> {
    const made = this.#host.signer.sign(publicKey, body);
    return !made.ok || made.slashable === null ? made : this.#publish(made.slashable, made);
  }

  async #publish({ key, kind, mark, signingRoot }: Slashable, made: SignOutcome & { ok: true }): Promise<SignOutcome> {
    const { config, maySign } = this.#options;
    const claim = claimOf({
      validator: config.validator,
      node: config.node,
      lane: kind === 'block' ? blockLane(key) : voteLane(key),
      duty: partOf[kind](mark),
      claimed: { content: signingRoot.slice(2), signature: base64Of(made.signature), time: null },
    });
    const outcome = (await this.#arbiter.lookFirst(claim)) ?? (await this.#arbiter.ask(claim));
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
    if (!this.#gate || !this.#host.signer.loaded || !maySign()) return refused(412, 'this node ceased to be a member while the arbiter was asked');
    return made;
  }

  async activate(key: MemberKey): Promise<void> {
    if (!Buffer.isBuffer(key)) throw new BatonError('KeyInvalid', 'BLS keys cannot sign in KMS', { fix: 'Take kmsKey out of validators.yaml.' });
    const bls = await loadBls();
    // The floors stand in the arbiter; what this disk knows is kept beside them.
    this.#host.signer.load(key, nothing, bls);
    this.#gate = true;
  }

  closeGate(): void {
    this.#gate = false;
  }

  // Nothing is signed without keys; a claim that is under way sees that the gate is closed, and publishes nothing.
  async demote(): Promise<void> {
    this.#gate = false;
    this.#host.signer.unload();
  }

  health(active: boolean, signal: AbortSignal): Promise<Health> {
    return this.#host.health({ isOpened: active && this.#gate, trouble: this.#trouble }, signal);
  }
}

const base64Of = (hex: string): string => Buffer.from(hex.replace(/^0x/, ''), 'hex').toString('base64');
