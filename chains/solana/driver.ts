import { durationMs, elapsedMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import type { Term } from '../../core/ids.ts';
import type { Activation, Driver, DriverOptions, Handover, Health } from '../driver.ts';
import { bringDown, partsOf, Standing, within, type NodeParts } from '../node.ts';
import { RecordFile } from '../own-record.ts';
import { callRpc, type Ask } from '../rpc.ts';
import { clientOf, type Client } from './client.ts';
import { nodeOf, type SolanaNode } from './config.ts';
import { keysOf, type Keys } from './keys.ts';
import { healthAt, identityAt, slotAt } from './node-rpc.ts';
import { hasTower, isTower, readTower, setAside, writeTower } from './tower.ts';

/**
 * Solana: the validator runs on active and standby alike, under the node's own identity without stake. The staked identity is put into its memory
 * and taken from it through its admin socket; it is in no file, so a validator that starts anew does not vote. What was voted is in the tower.
 */

/** Longer than two slots and a loop of replay: a vote that was under way has been written by then. */
const quietMs = durationMs(800);
const tickMs = durationMs(100);
/** Shorter than the guard waits for an action; the next read of the lease tries again. */
const longestWaitMs = 45_000;
const longestCommandMs = 10_000;

export interface SolanaOptions extends NodeParts {
  readonly chain: SolanaNode;
  readonly ask?: Ask;
}

export class SolanaDriver implements Driver {
  readonly #options: SolanaOptions;
  readonly #client: Client;
  readonly #ask: Ask;
  readonly #record: RecordFile;
  readonly #standing = new Standing();
  /** A validator with the staked key from somewhere else stays down. */
  #keepDown = false;

  constructor(options: SolanaOptions) {
    this.#options = options;
    this.#client = clientOf(options.chain, options.run);
    this.#ask = options.ask ?? callRpc;
    this.#record = new RecordFile(options.paths.stateDir);
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#standing.keepUp({ ...this.#options, may: () => !this.#keepDown }, signal);
  }

  prepare(_floor: Watermark, term?: Term): void {
    // While the validator votes by itself, only its tower knows the last vote.
    this.#options.forget();
    if (term !== undefined && this.#record.load()?.term !== term) this.#record.save({ term, exact: false });
  }

  /** @throws Error when the validator cannot be shown to vote with the staked identity, and with every earlier vote in mind. */
  async activate(of: Activation, signal: AbortSignal): Promise<void> {
    this.#standing.begin();
    const { chain } = this.#options;
    const { term } = of;
    if (term === undefined) throw new Error('GuardRefused: votes are recorded by term, and none is told');
    const keys = keysOf(of.key);
    try {
      if (keys.identity !== chain.identity) throw new Error(`KeyInvalid: the key is of ${keys.identity}, not of ${chain.identity}`);
      if ((await this.#identity(signal)) !== chain.spareIdentity) throw new Error('the validator does not show its spare identity');
      await healthAt(this.#ask, chain.rpc, signal);
      const requireTower = await this.#remember(of, signal);
      if (this.#standing.isClosing) throw new Error('closed before it was started');
      this.#record.save({ term, exact: true });
      await this.#toStaked({ keys, requireTower, term }, signal);
      this.#standing.open();
    } finally {
      keys.drop();
    }
  }

  /** Every earlier vote is in the tower, or too old to bind. True when there is a tower. */
  async #remember({ handover, term, floor }: Activation, signal: AbortSignal): Promise<boolean> {
    const { ledger, identity } = this.#options.chain;
    // Of this very term nobody else has voted: the tower of this node is the record.
    const own = this.#record.load();
    if (own !== null && own.term === term && own.exact) {
      if (readTower(ledger, identity) === null) throw new Error(`GuardRefused: the tower of term ${term} is gone; switch over to begin a new term`);
      return true;
    }
    setAside(ledger, identity);
    if (handover && isTower(handover, identity)) {
      writeTower(ledger, identity, handover);
      return true;
    }
    await this.#waitFor(floor, signal);
    return false;
  }

  async #waitFor(floor: Watermark, signal: AbortSignal): Promise<void> {
    const { chain, clock } = this.#options;
    if (floor.kind !== 'slot') throw new Error(`the floor is no slot but ${floor.kind}`);
    let head = 0;
    const passed = await within({ clock, longestMs: longestWaitMs, signal, everyMs: tickMs }, async () => {
      if (this.#standing.isClosing) throw new Error('closed before it was started');
      head = await slotAt(this.#ask, chain.rpc, signal).catch(() => head);
      return head > floor.slot;
    });
    if (!passed) throw new Error(`TowerMissing: without the tower it votes only after slot ${floor.slot}; the node is at ${head}`);
  }

  async #toStaked({ keys, requireTower, term }: { keys: Keys; requireTower: boolean; term: Term }, signal: AbortSignal): Promise<void> {
    const { chain, clock } = this.#options;
    if (!(await this.#client.addVoter(keys.voterText, longestCommandMs))) throw new Error('the validator takes no authorized voter');
    if (!(await this.#client.toStaked(keys.identityText, { requireTower, timeoutMs: longestCommandMs }))) {
      if ((await this.#identity(signal).catch(() => '')) === chain.spareIdentity && !requireTower) this.#record.save({ term, exact: false });
      throw new Error('set-identity failed');
    }
    const shown = await within({ clock, longestMs: longestCommandMs, signal, everyMs: tickMs }, async () => {
      if (this.#standing.isClosing) throw new Error('closed while it was started');
      return (await this.#identity(signal).catch(() => '')) === chain.identity;
    });
    if (!shown) throw new Error('the validator does not show the staked identity');
  }

  #identity(signal: AbortSignal): Promise<string> {
    return identityAt(this.#ask, this.#options.chain.rpc, signal);
  }

  // The validator has no gate that could be closed at once: `demote` follows, and an activation under way ends at its next step.
  closeGate(): void {
    this.#standing.close();
  }

  /** Back to the spare identity, shown and quiet within half of the time; else the unit is stopped. @throws when neither can be shown. */
  async demote(signal: AbortSignal): Promise<void> {
    const { unit, units } = this.#options;
    await this.#standing.demote(async () => {
      if (!(await units.isDown(unit)) && !(await this.#toSpare(signal).catch(() => false))) await bringDown(this.#options);
    });
  }

  async #toSpare(signal: AbortSignal): Promise<boolean> {
    const { chain, clock, stopMs } = this.#options;
    const startedMs = clock.steadyMs();
    const leftMs = (): number => Math.max(0, stopMs * 0.75 - elapsedMs(startedMs, clock.steadyMs()));
    if (!(await this.#client.toSpare(leftMs() / 2))) return false;
    const ending = AbortSignal.any([signal, clock.timeout(durationMs(Math.max(1, leftMs())))]);
    const isSpare = async (): Promise<boolean> => (await this.#identity(ending).catch(() => '')) === chain.spareIdentity;
    if (!(await within({ clock, longestMs: leftMs(), signal: ending, everyMs: tickMs }, isSpare))) return false;
    return (await this.#isQuiet(leftMs(), ending)) && isSpare();
  }

  /** No vote has been written for a while. */
  async #isQuiet(longestMs: number, signal: AbortSignal): Promise<boolean> {
    const { chain, clock } = this.#options;
    let last = readTower(chain.ledger, chain.identity);
    let sinceMs = clock.steadyMs();
    return within({ clock, longestMs, signal, everyMs: tickMs }, async () => {
      const now = readTower(chain.ledger, chain.identity);
      if (!(now === null ? last === null : last !== null && now.equals(last))) [last, sinceMs] = [now, clock.steadyMs()];
      return elapsedMs(sinceMs, clock.steadyMs()) >= quietMs;
    });
  }

  /** The tower, when it is the record of a term in which this node voted. */
  async handover(): Promise<Handover | null> {
    const own = this.#record.load();
    const bytes = this.#standing.isDemoted && own?.exact === true ? readTower(this.#options.chain.ledger, this.#options.chain.identity) : null;
    return own === null || bytes === null ? null : { term: own.term, bytes };
  }

  /** Votes leave before they land, so nothing outside the tower knows the last one exactly. */
  async watermark(): Promise<Watermark | null> {
    return null;
  }

  lostWatermark(): boolean {
    const own = this.#record.load();
    return own === null || (own.exact && !hasTower(this.#options.chain.ledger, this.#options.chain.identity));
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    const { chain } = this.#options;
    try {
      const identity = await this.#identity(signal);
      const height = await slotAt(this.#ask, chain.rpc, signal);
      const synced = await healthAt(this.#ask, chain.rpc, signal).then(
        () => true,
        () => false,
      );
      if (active && identity !== chain.identity)
        return { synced, height, stalled: true, distress: `IdentityLost: the validator shows ${identity}; it has started anew.` };
      if (active || this.#standing.isAsked || identity !== chain.identity) return { synced, height, distress: null };
      // It has the key from somewhere else: it is taken from it before anything is told, and a restart does not bring it back.
      this.#keepDown = true;
      await this.demote(signal).catch(() => undefined);
      return { synced, height, distress: 'IdentityUnasked: the validator showed the staked identity, and nobody gave it that.' };
    } catch (error) {
      return { synced: false, height: null, distress: active ? `ValidatorDown: ${(error as Error).message.slice(0, 200)}` : null };
    }
  }
}

export const solanaDriver = (options: DriverOptions): Driver => new SolanaDriver({ ...partsOf(options), chain: nodeOf(options.config.chain) });
