import type { Health } from '../driver.ts';
import { Connection, type ConnectionOptions } from './privval/connection.ts';
import { GatedSigner } from './privval/gated-signer.ts';
import type { GateDriver, GateDriverOptions, MemberKey } from '../gate-driver.ts';
import { getJson } from '../http.ts';
import type { CometbftNode } from './config.ts';
import { NodeHealth } from './node-health.ts';

/** CometBFT, active-active: the node runs, and its signer asks the arbiter for each signature. */

export interface CometbftGateOptions extends GateDriverOptions<CometbftNode> {
  /** The way to the node's privval socket and to its RPC; others than the real ones are for tests. */
  readonly dial?: (options: ConnectionOptions) => Pick<Connection, 'connected' | 'run'>;
  readonly ask?: typeof getJson;
}

export class CometbftGateDriver implements GateDriver {
  readonly #options: CometbftGateOptions;
  readonly #signer: GatedSigner;
  readonly #node: NodeHealth;
  readonly #publicKey: Buffer;
  #gate = false;
  #connection: Pick<Connection, 'connected' | 'run'> | null = null;

  constructor(options: CometbftGateOptions) {
    const { config, state, clock, maySign, claim, look, ask = getJson } = options;
    const { validator, node, chain } = config;
    this.#options = options;
    this.#publicKey = Buffer.from(chain.publicKey, 'base64');
    this.#node = new NodeHealth({ clock, rpc: chain.rpc, ask });
    this.#signer = new GatedSigner({
      chainId: chain.chainId,
      validator,
      node,
      publicKey: this.#publicKey,
      state,
      isOpen: () => this.#gate && maySign(),
      claim,
      look,
      clock,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { config, clock, dial = (options) => new Connection(options) } = this.#options;
    this.#connection = dial({
      path: config.chain.socket.replace('unix://', ''),
      publicKey: this.#publicKey,
      signer: this.#signer,
      clock,
      signal,
    });
    await this.#connection.run();
  }

  async activate(key: MemberKey): Promise<void> {
    this.#signer.load(key);
    this.#gate = true;
  }

  closeGate(): void {
    this.#gate = false;
  }

  // A claim that is under way publishes nothing without its key; once it has ended, nothing is left.
  async demote(): Promise<void> {
    this.#gate = false;
    this.#signer.unload();
    await this.#signer.idle();
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    const health = await this.#node.look(this.#connection?.connected === true, signal);
    if (!active || !this.#gate) return health;
    if (!this.#signer.loaded)
      return { ...health, stalled: true, distress: 'SignerStopped: the watermark could not be written, so nothing more is signed.' };
    return { ...health, distress: health.distress ?? this.#signer.trouble };
  }
}
