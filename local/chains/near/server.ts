import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { durationMs, type Clock } from '../../../core/time.ts';
import { RpcError, serveRpc, type Endpoint } from '../rpc-server.ts';

/**
 * A NEAR chain that follows the protocol where a driver can see it: heights, epochs, one account with work on every second height, nodes that
 * read `validator_key_file` at start and at SIGHUP, GET /status and JSON-RPC (docs.near.org/api/rpc). It keeps who signed for which height.
 */

export interface Produced {
  readonly height: number;
  readonly node: string;
}

interface Key {
  readonly account_id: string;
  readonly public_key: string;
}

const epochBlocks = 10_000;
const dueEvery = 2;

export class NearNodeStandIn {
  readonly name: string;
  readonly home: string;
  readonly #chain: NearStandIn;
  signer: Key | null = null;
  up = false;
  syncing = false;
  /** As in nearcore#11995: SIGHUP without a key file changes nothing. */
  sticky = false;
  /** SIGHUP is overlooked. */
  deaf = false;
  #endpoint: Endpoint | null = null;
  url = '';

  constructor(chain: NearStandIn, of: { name: string; home: string; keyFile: string }) {
    this.#chain = chain;
    this.name = of.name;
    this.home = of.home;
    mkdirSync(of.home, { recursive: true });
    writeFileSync(
      join(of.home, 'config.json'),
      JSON.stringify({ genesis_file: 'genesis.json', validator_key_file: of.keyFile, expected_shutdown: null }),
    );
  }

  async start(): Promise<void> {
    if (this.up) return;
    this.up = true;
    this.signer = this.#readKey();
    this.#endpoint = await serveRpc(
      (method, params) => this.#chain.answer(this, method, params),
      (path) => (path === '/status' ? this.#chain.status(this) : undefined),
    );
    this.url = this.#endpoint.url;
  }

  async stop(): Promise<void> {
    this.up = false;
    await this.#endpoint?.close();
    this.#endpoint = null;
  }

  async hangUp(): Promise<boolean> {
    if (!this.up) return false;
    if (this.deaf) return true;
    const found = this.#readKey();
    if (found !== null || !this.sticky) this.signer = found;
    return true;
  }

  get config(): { validator_key_file: string; expected_shutdown: number | null } {
    return JSON.parse(readFileSync(join(this.home, 'config.json'), 'utf8')) as { validator_key_file: string; expected_shutdown: number | null };
  }

  #readKey(): Key | null {
    const file = resolve(this.home, this.config.validator_key_file);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Key) : null;
  }
}

export class NearStandIn {
  readonly account = 'amber.poolv1.near';
  readonly key: Key & { secret_key: string } = {
    account_id: 'amber.poolv1.near',
    public_key: 'ed25519:DC7DbfZq4dkPqUKaKpWNimgtRBxnD9rja2KcZRs4e3DL',
    secret_key: 'ed25519:3D4YudUQRE39Lc4JHghuB5WM8kbgDDa34mnrEP5DdTApVH81af2e2dWgNPEaiQfdJnZq1CNPp5im4Rg5b733oiMP',
  };
  readonly nodes: NearNodeStandIn[] = [];
  readonly produced: Produced[] = [];
  height = 1_000;
  expected = 0;
  made = 0;
  windows: [number, number][] = [];
  #ending = new AbortController();
  #running: Promise<void> | null = null;

  node(of: { name: string; home: string; keyFile: string }): NearNodeStandIn {
    const made = new NearNodeStandIn(this, of);
    this.nodes.push(made);
    return made;
  }

  run(clock: Clock, blockMs: number): void {
    const { signal } = this.#ending;
    this.#running = (async () => {
      while (!signal.aborted) {
        await this.tick();
        await clock.sleep(durationMs(blockMs), signal).catch(() => undefined);
      }
    })();
  }

  async tick(): Promise<void> {
    this.height += 1;
    const isDue = this.height % dueEvery === 0;
    if (isDue) this.expected += 1;
    const signers = this.nodes.filter(({ up, syncing, signer }) => up && !syncing && signer?.public_key === this.key.public_key);
    if (isDue) {
      for (const { name } of signers) this.produced.push({ height: this.height, node: name });
      this.made += signers.length > 0 ? 1 : 0;
    }
    for (const node of this.nodes) {
      const { expected_shutdown: at } = node.config;
      if (node.up && at !== null && this.height >= at) await node.stop();
    }
  }

  /** Heights for which two nodes signed. */
  get doubles(): number {
    return this.produced.filter(({ height, node }) => this.produced.some((other) => other.height === height && other.node < node)).length;
  }

  status(node: NearNodeStandIn): unknown {
    return {
      chain_id: 'mainnet',
      node_key: null,
      node_public_key: 'ed25519:9BQxKLV1Yrd6gSwwPzGZ2oSmwJmPRcTvTKMMB9XVLDhs',
      protocol_version: 73,
      rpc_addr: '0.0.0.0:3030',
      sync_info: { epoch_start_height: this.#epochStart, latest_block_height: this.height, syncing: node.syncing },
      validator_account_id: node.signer?.account_id ?? null,
      validator_public_key: node.signer?.public_key ?? null,
      validators: [{ account_id: this.account }],
    };
  }

  get #epochStart(): number {
    return this.height - (this.height % epochBlocks);
  }

  answer(node: NearNodeStandIn, method: string, params: unknown): unknown {
    if (method === 'status') return this.status(node);
    if (method === 'validators') return this.#validators();
    if (method === 'maintenance_windows' && (params as { account_id?: unknown }).account_id === this.account) return this.windows;
    if (method === 'block') return this.#block((params as { block_id?: unknown }).block_id);
    throw new RpcError(-32601, 'Method not found');
  }

  #validators(): unknown {
    return {
      current_validators: [
        { account_id: 'other.poolv1.near', is_slashed: false, num_produced_blocks: 9, num_expected_blocks: 9 },
        { account_id: this.account, is_slashed: false, num_produced_blocks: this.made, num_expected_blocks: this.expected },
      ],
      epoch_start_height: this.#epochStart,
    };
  }

  #block(height: unknown): unknown {
    if (typeof height !== 'number' || height > this.height) throw new RpcError(-32000, 'Server error');
    const mine = this.produced.some((one) => one.height === height);
    return { author: mine ? this.account : 'other.poolv1.near', header: { height }, chunks: [] };
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    for (const node of this.nodes) await node.stop();
  }
}
