import { sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readTower, towerFile } from '../../../chains/solana/tower.ts';
import { fromBase58 } from '../../../chains/base58.ts';
import { durationMs, type Clock } from '../../../core/time.ts';
import { RpcError, serveRpc, type Endpoint } from '../rpc-server.ts';
import { serveAdmin, type AdminSocket } from './admin.ts';
import { pairOf, type Pair } from './pair.ts';

/**
 * A Solana cluster that follows the protocol where a driver can see it: slots, one vote account, nodes with an identity, voters and a tower,
 * `admin.rpc` and JSON-RPC as in agave v3 (`validator/src/admin_rpc_service.rs`, `rpc/src/rpc.rs`). It keeps every vote with the node that made
 * it, and so sees what the real one would punish.
 */

const epochSlots = 432_000;
const landingSlots = 2;
const delinquentSlots = 128;
const genesisHash = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';

export interface Vote {
  readonly slot: number;
  readonly node: string;
}

export class SolanaNodeStandIn {
  readonly name: string;
  readonly ledger: string;
  readonly spare: Pair;
  readonly #cluster: SolanaCluster;
  identity: Pair;
  voters: Pair[] = [];
  up = false;
  behind = false;
  /** `set-identity` says yes and changes nothing. */
  deaf = false;
  /** Its admin socket gives no answer. */
  wedged = false;
  /** A change that was cut off (Firedancer). */
  locked = false;
  lastVote: number | null = null;
  #endpoint: Endpoint | null = null;
  #admin: AdminSocket | null = null;
  url = '';

  constructor(cluster: SolanaCluster, of: { name: string; ledger: string; spare: Pair }) {
    this.#cluster = cluster;
    this.name = of.name;
    this.ledger = of.ledger;
    this.spare = of.spare;
    this.identity = of.spare;
    mkdirSync(of.ledger, { recursive: true });
  }

  /** As systemd starts it: with the spare identity and without a voter. */
  async start(): Promise<void> {
    if (this.up) return;
    Object.assign(this, { up: true, identity: this.spare, voters: [], lastVote: null });
    this.#endpoint = await serveRpc((method, params) => this.#answer(method, params));
    this.url = this.#endpoint.url;
    this.#admin = await serveAdmin(this);
  }

  async stop(): Promise<void> {
    this.up = false;
    await this.#endpoint?.close();
    await this.#admin?.close();
    this.#endpoint = this.#admin = null;
  }

  /** @throws RpcError as agave does. */
  setIdentity(pair: Pair, requireTower: boolean): void {
    if (this.deaf) return;
    const saved = readTower(this.ledger, pair.address);
    if (requireTower && saved === null) throw new RpcError(-32602, `Unable to load tower file for identity ${pair.address}: IO Error: No such file`);
    this.identity = pair;
    // Without a tower it is built from what has landed on chain.
    this.lastVote = saved === null ? this.#cluster.landed : Number(saved.readBigUInt64LE(4 + 64 + 8 + 32));
  }

  addVoter(pair: Pair): void {
    if (this.voters.some(({ address }) => address === pair.address)) throw new RpcError(-32602, 'Authorized voter already present');
    this.voters.push(pair);
  }

  voteOn(slot: number): void {
    const { identity, voter } = this.#cluster;
    if (!this.up || this.identity.address !== identity.address || !this.voters.some(({ address }) => address === voter.address)) return;
    if (this.behind || (this.lastVote !== null && slot <= this.lastVote)) return;
    this.lastVote = slot;
    writeFileSync(towerFile(this.ledger, identity.address), towerOf(identity, slot));
    this.#cluster.take({ slot, node: this.name });
  }

  #answer(method: string, params: unknown): unknown {
    if (method === 'getIdentity') return { identity: this.identity.address };
    if (method === 'getHealth') {
      if (this.behind) throw new RpcError(-32005, 'Node is behind by 42 slots', { numSlotsBehind: 42 });
      return 'ok';
    }
    return this.#cluster.answer(method, params);
  }
}

/** `SavedTowerVersions::Current`, with the last vote where a whole tower would follow. */
export const towerOf = (identity: Pair, slot: number): Buffer => {
  const data = Buffer.alloc(40);
  fromBase58(identity.address).copy(data);
  data.writeBigUInt64LE(BigInt(slot), 32);
  const head = Buffer.alloc(4 + 64 + 8);
  head.writeUInt32LE(1, 0);
  sign(null, data, identity.privateKey).copy(head, 4);
  head.writeBigUInt64LE(BigInt(data.length), 68);
  return Buffer.concat([head, data]);
};

export class SolanaCluster {
  readonly identity = pairOf();
  readonly voter: Pair = this.identity;
  readonly voteAccount = pairOf().address;
  readonly genesisHash = genesisHash;
  readonly nodes: SolanaNodeStandIn[] = [];
  readonly votes: Vote[] = [];
  slot = 1_000;
  landed = 990;
  credits = 5_000;
  lamports = 5_000_000_000;
  /** Leader slots of the staked identity, from the beginning of the epoch. */
  leaderSlots: number[] = [];
  #ending = new AbortController();
  #running: Promise<void> | null = null;

  node(of: { name: string; ledger: string }): SolanaNodeStandIn {
    const made = new SolanaNodeStandIn(this, { ...of, spare: pairOf() });
    this.nodes.push(made);
    return made;
  }

  /** A slot each `slotMs` until `close`. */
  run(clock: Clock, slotMs: number): void {
    const { signal } = this.#ending;
    this.#running = (async () => {
      while (!signal.aborted) {
        this.tick();
        await clock.sleep(durationMs(slotMs), signal).catch(() => undefined);
      }
    })();
  }

  tick(): void {
    this.slot += 1;
    for (const node of this.nodes) node.voteOn(this.slot);
    const last = this.votes.findLast(({ slot }) => slot <= this.slot - landingSlots);
    if (last !== undefined && last.slot > this.landed) {
      this.landed = last.slot;
      this.credits += 1;
    }
  }

  take(vote: Vote): void {
    this.votes.push(vote);
  }

  /** Slots on which two nodes voted: two active identities at once. */
  get doubles(): number {
    return this.votes.filter((vote) => this.votes.some((other) => other.slot === vote.slot && other.node < vote.node)).length;
  }

  /** Votes that some other node had voted beyond already: what a tower keeps a validator from. */
  get forgotten(): number {
    let highest: Vote | null = null;
    let count = 0;
    for (const vote of this.votes) {
      if (highest !== null && vote.slot <= highest.slot && vote.node !== highest.node) count += 1;
      if (highest === null || vote.slot > highest.slot) highest = vote;
    }
    return count;
  }

  answer(method: string, params: unknown): unknown {
    const [first] = Array.isArray(params) ? (params as unknown[]) : [];
    if (method === 'getSlot') return this.slot;
    if (method === 'getGenesisHash') return this.genesisHash;
    if (method === 'getBalance' && typeof first === 'string')
      return { context: { slot: this.slot }, value: first === this.identity.address ? this.lamports : 0 };
    if (method === 'getEpochInfo')
      return { absoluteSlot: this.slot, blockHeight: this.slot, epoch: 0, slotIndex: this.slot, slotsInEpoch: epochSlots, transactionCount: 1 };
    if (method === 'getLeaderSchedule') {
      const asked = (params as [unknown, { identity?: unknown }?])[1]?.identity;
      // The next epoch is not planned.
      if (typeof first === 'number' && first >= epochSlots) return null;
      return asked === this.identity.address ? { [this.identity.address]: this.leaderSlots } : {};
    }
    if (method === 'getVoteAccounts') return this.#voteAccounts((first as { votePubkey?: unknown } | undefined)?.votePubkey);
    throw new RpcError(-32601, 'Method not found');
  }

  #voteAccounts(vote: unknown): unknown {
    const account = {
      activatedStake: 42_000_000_000,
      commission: 0,
      epochCredits: [[0, this.credits, 0]],
      epochVoteAccount: true,
      lastVote: this.landed,
      nodePubkey: this.identity.address,
      rootSlot: this.landed - 31,
      votePubkey: this.voteAccount,
    };
    const found = vote === undefined || vote === this.voteAccount ? [account] : [];
    const isDelinquent = this.landed + delinquentSlots < this.slot;
    return { current: isDelinquent ? [] : found, delinquent: isDelinquent ? found : [] };
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    for (const node of this.nodes) await node.stop();
  }
}

/** The file `solana-keygen new` writes. */
export const keypairFile = (file: string, pair: Pair): string => {
  writeFileSync(file, pair.text, { mode: 0o600 });
  return readFileSync(file, 'utf8') === pair.text ? file : '';
};
