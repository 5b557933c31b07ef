import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { babeAuthorities, nextKeysOf, queuedKeys, sessionValidators } from '../../../chains/polkadot/storage.ts';
import { durationMs, type Clock } from '../../../core/time.ts';
import { RpcError, serveRpc, type Endpoint } from '../rpc-server.ts';

/**
 * A relay chain that follows the protocol where a driver can see it: final blocks with BABE digests, sessions, `setKeys` that counts in the session
 * after next, keystores, and the RPC of polkadot-sdk (`sc-rpc-api` author, chain, state, system). It keeps who authored with which key.
 */

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const sessionBlocks = 20;
/** Its own stash and three others. */
const authorities = 4;

export interface Authored {
  readonly height: number;
  readonly node: string;
  readonly key: string;
}

/** Two keys: GRANDPA and BABE. */
export interface SessionKeys {
  readonly all: string;
  readonly grandpa: string;
  readonly babe: string;
}
export const sessionKeysOf = (name: string): SessionKeys => {
  const [grandpa, babe] = [hex(`${name} gran`), hex(`${name} babe`)];
  return { all: `0x${grandpa}${babe}`, grandpa: `0x${grandpa}`, babe: `0x${babe}` };
};

export class PolkadotNodeStandIn {
  readonly name: string;
  /** Where `author_insertKey` puts keys, and where they are read at start. */
  readonly keystore: string;
  readonly #chain: PolkadotStandIn;
  up = false;
  syncing = false;
  authority = true;
  /** `author_insertKey` says yes and keeps nothing. */
  deaf = false;
  keys = new Set<string>();
  #endpoint: Endpoint | null = null;
  url = '';

  constructor(chain: PolkadotStandIn, of: { name: string; keystore: string }) {
    this.#chain = chain;
    this.name = of.name;
    this.keystore = of.keystore;
    mkdirSync(of.keystore, { recursive: true });
  }

  async start(): Promise<void> {
    if (this.up) return;
    this.up = true;
    // A file is named by the type of the key, four bytes, and the public key.
    this.keys = new Set(readdirSync(this.keystore).map((name) => name.slice(8)));
    this.#endpoint = await serveRpc((method, params) => this.#answer(method, Array.isArray(params) ? (params as unknown[]) : []));
    this.url = this.#endpoint.url;
  }

  async stop(): Promise<void> {
    this.up = false;
    this.keys.clear();
    await this.#endpoint?.close();
    this.#endpoint = null;
  }

  /** As `author_rotateKeys` leaves them. */
  keep(type: string, publicKey: string): void {
    writeFileSync(join(this.keystore, `${Buffer.from(type).toString('hex')}${publicKey.slice(2)}`), '"//secret"', { mode: 0o600 });
    this.keys.add(publicKey.slice(2));
  }

  #answer(method: string, params: readonly unknown[]): unknown {
    const [first, second, third] = params;
    if (method === 'system_health') return { peers: 12, isSyncing: this.syncing, shouldHavePeers: true };
    if (method === 'system_nodeRoles') return [this.authority ? 'Authority' : 'Full'];
    if (method === 'author_insertKey') {
      if (typeof first !== 'string' || typeof second !== 'string' || typeof third !== 'string') throw new RpcError(-32602, 'Invalid params');
      if (!this.deaf) this.keep(first, third);
      return null;
    }
    if (method === 'author_hasSessionKeys') {
      if (typeof first !== 'string' || !/^0x([0-9a-f]{64})+$/.test(first)) throw new RpcError(-32602, 'Session keys are not encoded correctly');
      return (first.slice(2).match(/.{64}/g) ?? []).every((key) => this.keys.has(key));
    }
    return this.#chain.answer(method, params);
  }
}

export class PolkadotStandIn {
  readonly genesisHash = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';
  readonly stash = `0x${hex('stash')}`;
  readonly others = Array.from({ length: authorities - 1 }, (_, index) => ({
    stash: `0x${hex(`other ${index}`)}`,
    keys: sessionKeysOf(`other ${index}`),
  }));
  readonly nodes: PolkadotNodeStandIn[] = [];
  readonly authored: Authored[] = [];
  /** By height, from 0: the index of its author. */
  readonly blocks: number[] = [0];
  next: string | null;
  queued: string;
  current: string;
  #ending = new AbortController();
  #running: Promise<void> | null = null;

  constructor(keys: SessionKeys) {
    this.next = this.queued = this.current = keys.all;
  }

  node(of: { name: string; keystore: string }): PolkadotNodeStandIn {
    const made = new PolkadotNodeStandIn(this, of);
    this.nodes.push(made);
    return made;
  }

  /** What a person signs with the stash. */
  setKeys(keys: SessionKeys): void {
    this.next = keys.all;
  }

  run(clock: Clock, blockMs: number): void {
    const { signal } = this.#ending;
    this.#running = (async () => {
      while (!signal.aborted) {
        this.tick();
        await clock.sleep(durationMs(blockMs), signal).catch(() => undefined);
      }
    })();
  }

  get height(): number {
    return this.blocks.length - 1;
  }

  tick(): void {
    const height = this.blocks.length;
    if (height % sessionBlocks === 0) {
      this.current = this.queued;
      this.queued = this.next ?? this.queued;
    }
    const babe = this.current.slice(66);
    const mine = height % authorities === 0;
    const able = mine ? this.nodes.filter(({ up, syncing, authority, keys }) => up && !syncing && authority && keys.has(babe)) : [];
    for (const { name } of able) this.authored.push({ height, node: name, key: babe });
    // Without an author of its own, another one has the slot as a secondary.
    this.blocks.push(able.length > 0 ? 0 : 1 + (height % (authorities - 1)));
  }

  /** Heights at which two nodes authored with one key: what is slashed. */
  get doubles(): number {
    return this.authored.filter(({ height, key, node }) =>
      this.authored.some((other) => other.height === height && other.key === key && other.node < node),
    ).length;
  }

  answer(method: string, params: readonly unknown[]): unknown {
    const [first] = params;
    if (method === 'chain_getBlockHash') return first === 0 ? this.genesisHash : this.#hash(Number(first));
    if (method === 'chain_getFinalizedHead') return this.#hash(Math.max(0, this.height - 1));
    if (method === 'chain_getHeader') return this.#header(first === undefined ? this.height : this.#heightOf(first));
    if (method === 'state_getStorage') return this.#stored(first);
    throw new RpcError(-32601, 'Method not found');
  }

  #hash(height: number): string {
    return height === 0 ? this.genesisHash : `0x${height.toString(16).padStart(64, '0')}`;
  }

  #heightOf(hash: unknown): number {
    return hash === this.genesisHash ? 0 : Number.parseInt(String(hash).slice(2), 16);
  }

  #header(height: number): unknown {
    const index = this.blocks[height];
    if (index === undefined) return null;
    const data = Buffer.alloc(13);
    data.writeUInt8(2, 0);
    data.writeUInt32LE(index, 1);
    data.writeBigUInt64LE(BigInt(height), 5);
    const log = `0x06${Buffer.from('BABE').toString('hex')}34${data.toString('hex')}`;
    return {
      number: `0x${height.toString(16)}`,
      parentHash: this.#hash(Math.max(0, height - 1)),
      digest: { logs: [log] },
      stateRoot: '0x00',
      extrinsicsRoot: '0x00',
    };
  }

  #stored(key: unknown): unknown {
    const count = (authorities * 4).toString(16).padStart(2, '0');
    const all = [{ stash: this.stash, keys: this.current }, ...this.others.map(({ stash, keys }) => ({ stash, keys: keys.all }))];
    if (key === sessionValidators) return `0x${count}${all.map(({ stash }) => stash.slice(2)).join('')}`;
    if (key === queuedKeys)
      return `0x${count}${[{ stash: this.stash, keys: this.queued }, ...all.slice(1)].map(({ stash, keys }) => stash.slice(2) + keys.slice(2)).join('')}`;
    if (key === babeAuthorities) return `0x${count}${all.map(({ keys }) => `${keys.slice(66)}0100000000000000`).join('')}`;
    if (key === nextKeysOf(this.stash)) return this.next;
    return null;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    for (const node of this.nodes) await node.stop();
  }
}
