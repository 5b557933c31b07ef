import type { Chains } from '../../chains/index.ts';
import { moved, stillHead, unobservable } from '../../chains/probe.ts';
import { voteTypes, type Proposal, type Vote } from '../../chains/cometbft/privval/read.ts';
import type { Machine } from './machine.ts';
import type { Prng } from './prng.ts';
import type { Scheduler } from './scheduler.ts';
import type { Caller, Wire } from './wire.ts';

/** A chain that goes on with or without the validator, asks every node's signer for every duty, and is seen from vantages. */

export const blockMs = 2_000;
const maxCommits = 5;
const keptHeights = 40;

interface View {
  readonly head: number;
  readonly signed: (height: number) => boolean;
}

export interface ChainOptions {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly wire: Wire;
  readonly machines: () => readonly Machine[];
  /** How many blocks a vantage may lag: the margin of the watermark covers 1. */
  readonly maxViewLag: number;
  /** Nodes may want to sign different contents for one duty. */
  readonly quarrel: number;
}

const block = (fill: number) => ({ hash: Buffer.alloc(32, fill), parts: { total: 1, hash: Buffer.alloc(32, fill + 1) } });
const address = Buffer.alloc(20, 9);

export class Chain {
  head = 100;
  readonly #options: ChainOptions;
  /** Heights whose commit holds the validator's signature, and whose it was. */
  readonly #commits = new Map<number, string>();
  readonly #precommits = new Map<number, string>();

  constructor(options: ChainOptions) {
    this.#options = options;
  }

  start(): void {
    this.#height(this.head + 1);
  }

  onSigned(node: string, duty: Vote | Proposal): void {
    if (duty.kind === 'vote' && duty.type === voteTypes.precommit && !this.#precommits.has(Number(duty.height)))
      this.#precommits.set(Number(duty.height), node);
  }

  #height(height: number): void {
    const { scheduler, random } = this.#options;
    const rounds = random.chance(0.05) ? 2 : 1;
    for (let round = 0; round < rounds; round += 1) {
      const at = 100 + round * 600;
      if (random.chance(0.25)) this.#askAll(at, { kind: 'proposal', type: voteTypes.proposal, height, round });
      this.#askAll(at + 200, { kind: 'vote', type: voteTypes.prevote, height, round });
      this.#askAll(at + 600, { kind: 'vote', type: voteTypes.precommit, height, round });
    }
    scheduler.after(blockMs, 'block', () => {
      this.head = height;
      const by = this.#precommits.get(height);
      if (by !== undefined) this.#commits.set(height, by);
      for (const map of [this.#commits, this.#precommits]) map.delete(height - keptHeights);
      this.#height(height + 1);
    });
  }

  #askAll(atMs: number, of: { kind: 'vote' | 'proposal'; type: number; height: number; round: number }): void {
    const { scheduler, random, quarrel } = this.#options;
    for (const machine of this.#options.machines()) {
      const fill = random.chance(quarrel) ? 1 + random.int(250) : 1 + (of.height % 250);
      // Sometimes a node is slow, and asks for a duty of a height that is over.
      const lateMs = random.chance(0.03) ? random.between(1_000, 4_000) : random.between(0, 150);
      scheduler.after(atMs + lateMs, `${machine.name} duty`, () => {
        if (!machine.synced || machine.chainCut) return;
        machine.ask(this.#duty(of, fill));
      });
    }
  }

  #duty(of: { kind: 'vote' | 'proposal'; type: number; height: number; round: number }, fill: number): Vote | Proposal {
    const timestamp = { seconds: BigInt(1_700_000_000 + Math.floor(this.#options.scheduler.nowMs / 1_000)), nanos: 0 };
    const common = { type: of.type, height: BigInt(of.height), round: of.round, blockId: block(fill), timestamp };
    if (of.kind === 'proposal') return { ...common, kind: 'proposal', polRound: -1 };
    return { ...common, kind: 'vote', address, index: 0, extension: new Uint8Array() };
  }

  /** Who signed the newest commit, if anybody within the last heights. */
  signerOf(height: number): string | undefined {
    return this.#commits.get(height);
  }

  #view(staleMs: number): View {
    const { maxViewLag, random } = this.#options;
    const lag = staleMs > 0 ? maxViewLag : random.int(maxViewLag + 1);
    return { head: this.head - lag, signed: (height) => this.#commits.has(height) };
  }

  /** The chain as a function's probes see it, from vantages that can be slow, stale or silent. */
  asSeenBy(caller: Caller): Chains {
    const see = (vantage: string, signal: AbortSignal): Promise<View> =>
      this.#options.wire.call(caller, {
        site: `Probe ${vantage}`,
        kind: 'staleRead',
        signal,
        effect: (staleMs) => this.#view(staleMs),
      }) as Promise<View>;
    const landed: Chains['landed'] = async (_config, vantage, above, signal) => {
      try {
        const { head, signed } = await see(vantage, signal);
        for (let height = Math.max(above + 1, head - maxCommits + 1); height <= head; height += 1)
          if (signed(height)) return { signed: true, head, whole: true };
        return { signed: false, head, whole: head <= above + maxCommits };
      } catch {
        return { signed: false, head: null, whole: false };
      }
    };
    return {
      look: async (config, vantage, before, signal) => {
        try {
          const { head, signed } = await see(vantage, signal);
          const known = before?.memory.head ?? null;
          if (before !== null && known !== null && head <= known) return stillHead(before, known, config.policy.haltAfterMs);
          let lastSigned: number | null = null;
          for (let height = known === null ? head - 2 : known; height < head; height += 1) if (signed(height)) lastSigned = height;
          return moved(head, lastSigned, lastSigned !== null, `Head ${head}, last signed ${lastSigned ?? 'none'}.`);
        } catch {
          return unobservable('No answer.', before);
        }
      },
      landed,
      signedAbove: async (config, above, signal) => {
        const seen = await Promise.all(config.vantages.map(({ name }) => landed(config, name, above, signal)));
        if (seen.some(({ signed }) => signed)) return true;
        return seen.filter(({ whole }) => whole).length * 2 > seen.length ? false : null;
      },
      headOf: async (config, signal) => {
        const heads = await Promise.all(
          config.vantages.map(({ name }) =>
            see(name, signal).then(
              ({ head }) => head,
              () => null,
            ),
          ),
        );
        const known = heads.filter((head) => head !== null);
        return known.length * 2 > heads.length ? Math.max(...known) : null;
      },
      // At every third height something is due for six seconds.
      quietIn: async (config, _within, signal) => {
        try {
          const { head } = await see(config.vantages[0]?.name ?? '', signal);
          return head % 3 === 0 ? 6_000 : 0;
        } catch {
          return null;
        }
      },
    };
  }
}
