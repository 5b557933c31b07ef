import type { KeyObject } from 'node:crypto';
import { answerTo, whyNotUnanimous, type Answer, type Question, type Round } from '../../core/ask.ts';
import { maySign, type HoldState } from '../../core/hold.ts';
import type { NodeId } from '../../core/ids.ts';
import { durationMs, elapsedMs, type Clock } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { GuardConfig } from '../config.ts';
import type { Reporter } from '../report.ts';
import { ask, type Peer } from './client.ts';
import { endOf, type PeersConfig } from './config.ts';
import { PeerServer } from './server.ts';
import { publicKeyOf } from '../../runtime/ed25519.ts';

/** Policy `ask` beside the guard's own loops: answers the other guards, and asks them while the lease cannot be read. */

/** What it sees of its guard, and the one thing that it may do to it. */
export interface View {
  hold(): HoldState;
  /** Its validator is verified to be stopped, and nothing of it is about to change. */
  idle(): boolean;
  /** The last read of the lease failed. */
  readFailed(): boolean;
  /** All others have promised. */
  extend(round: Round): void;
}

export interface PeersOptions {
  readonly config: Pick<GuardConfig, 'validator' | 'node' | 'timing'> & { readonly peers: PeersConfig };
  readonly clock: Clock;
  readonly reporter: Pick<Reporter, 'writer' | 'promises' | 'promise' | 'word'>;
  readonly privateKey: KeyObject;
  readonly say: (sentence: string) => void;
}

const lookEveryMs = durationMs(100);

export class Peers {
  readonly #options: PeersOptions;
  readonly #nodes: ReadonlyMap<NodeId, Peer>;
  #said = '';

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#nodes = new Map(
      options.config.peers.nodes.map(({ node, address, publicKey }) => [
        node,
        { ...endOf(address), publicKey: publicKeyOf(Buffer.from(publicKey, 'base64')) },
      ]),
    );
  }

  /** Every node that it asks: what the holder declares for its term. */
  get asks(): NodeId[] {
    return [...this.#nodes.keys()];
  }

  /** Rejects when it cannot listen. */
  async run(view: View, signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#options;
    const server = new PeerServer({
      clock,
      privateKey: this.#options.privateKey,
      keys: new Map([...this.#nodes].map(([node, { publicKey }]) => [node, publicKey])),
      timeoutMs: config.timing.readTimeoutMs,
      answer: (put) => this.#answer(view, put),
    });
    await server.listen(endOf(config.peers.listen), signal);
    let askedMs = null;
    while (!signal.aborted) {
      const now = clock.steadyMs();
      const due = askedMs === null || elapsedMs(askedMs, now) >= config.timing.pollMs;
      if (due && view.readFailed() && maySign(view.hold(), now)) {
        askedMs = now;
        await this.#round(view, signal);
      }
      await clock.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }

  // What the node said last counts too: its floor may be above what this guard has read.
  #answer(view: View, put: Question): Answer {
    const { clock, config, reporter } = this.#options;
    const hold = view.hold();
    const floor = Math.max(hold.floor, reporter.word?.floor ?? 0);
    const { validator } = config;
    const asked = { validator, hold: { ...hold, floor }, promises: reporter.promises, writer: reporter.writer, idle: view.idle(), peers: this.asks };
    const { answer, promises } = answerTo(asked, put, clock.steadyMs());
    if (promises !== null) reporter.promise(promises);
    return answer;
  }

  #sayOnce(sentence: string): void {
    if (sentence !== this.#said) this.#options.say(sentence);
    this.#said = sentence;
  }

  async #round(view: View, signal: AbortSignal): Promise<void> {
    const { clock, config, reporter } = this.#options;
    const { validator, node, timing } = config;
    const { term } = view.hold();
    const asks = reporter.word?.armedTerm === term ? reporter.word?.asks : undefined;
    if (term === null || asks === undefined) return;
    const sentMs = clock.steadyMs();
    const { promiseMs } = timing;
    const nonce = (): string => randomHex(32);
    const questions = asks.map((asked): Question => ({ validator, asker: node, asked, term, promiseMs, nonce: nonce() }));
    const round: Round = { term, sentMs, promiseMs, questions };
    const until = AbortSignal.any([signal, clock.timeout(timing.readTimeoutMs)]);
    const given = await Promise.all(questions.map((put) => this.#put(put, until)));
    const why = whyNotUnanimous(round, asks, given);
    if (why === null) view.extend(round);
    this.#sayOnce(why === null ? `The lease cannot be read; all others promise: term ${term} goes on.` : `Not all others promise: ${why}.`);
  }

  async #put(put: Question, signal: AbortSignal): Promise<Answer | null> {
    const peer = this.#nodes.get(put.asked);
    if (!peer) return null;
    try {
      return await ask(peer, put, this.#options.privateKey, signal);
    } catch {
      // No answer is no promise, whatever the reason.
      return null;
    }
  }
}
