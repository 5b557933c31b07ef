import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { addressOf } from '../../chains/cometbft/probe.ts';
import { getJson } from '../../chains/http.ts';
import { durationMs, type Clock } from '../../core/time.ts';
import { freePort } from '../ports.ts';

/** A real CometBFT chain on loopback: four validators and a full node or more; node 0 and those are the homes of one validator. */

const run = promisify(execFile);
const validators = 4;
export const active = 0;
export const standby = 4;
/** Runs a program until the standard input ends, then ends it. */
const keeper = '"$@" & pid=$!; cat >/dev/null; kill -9 "$pid"';
const maxTries = 5;
const betweenTriesMs = durationMs(200);

export interface Home {
  readonly dir: string;
  readonly rpc: string;
  readonly socket: string;
}

/** Sets keys of a TOML file in place. @throws Error when a key is not there: a silent miss would leave a default. */
export const editToml = (text: string, edits: readonly (readonly [section: string, key: string, value: string])[]): string => {
  const lines = text.split('\n');
  for (const [section, key, value] of edits) {
    const from = section === '' ? 0 : lines.indexOf(`[${section}]`);
    const rest = lines.findIndex((line, index) => index > from && line.startsWith('['));
    const to = rest < 0 ? lines.length : rest;
    const at = lines.findIndex((line, index) => index >= from && index < to && line.startsWith(`${key} = `));
    if (from < 0 || at < 0) throw new Error(`config.toml has no ${section}.${key}`);
    lines[at] = `${key} = ${value}`;
  }
  return lines.join('\n');
};

const quoted = (text: string): string => JSON.stringify(text);
const keyFile = z.object({ address: z.string(), pub_key: z.object({ value: z.string() }) });
const genesis = z.looseObject({ chain_id: z.string(), validators: z.array(z.looseObject({ power: z.string() })) });
const blockEvidence = z.object({
  result: z.object({
    block: z.object({
      evidence: z.object({
        evidence: z.array(
          z.looseObject({ type: z.string(), value: z.looseObject({ vote_a: z.looseObject({ validator_address: z.string() }).optional() }) }),
        ),
      }),
    }),
  }),
});
const commitSigners = z.object({
  result: z.object({
    signed_header: z.object({ commit: z.object({ signatures: z.array(z.object({ validator_address: z.string(), block_id_flag: z.number() })) }) }),
  }),
});
const headSchema = z.object({ result: z.object({ sync_info: z.object({ latest_block_height: z.string().transform(Number) }) }) });

/** Where its nodes are: all on loopback, with their sockets beside their homes, when it is not given. */
export interface Places {
  /** Where a node listens, and where the others find it. */
  readonly host: (node: number) => string;
  readonly socket: (node: number) => string;
}

export class Testnet {
  readonly #places: Places;
  readonly #dir: string;
  readonly #binary: string;
  readonly #clock: Clock;
  readonly #nodes: readonly number[];
  /** The homes of the one validator. */
  readonly own: readonly number[];
  readonly homes: Home[] = [];
  readonly #peers: ChildProcess[] = [];
  chainId = '';
  publicKey = '';
  /** The validator's priv_validator_key.json. */
  key = '';

  /** @param options.standbys homes of the validator beside the first; one when it is not given. */
  constructor(options: { dir: string; binary: string; clock: Clock; standbys?: number; places?: Places }) {
    this.#dir = options.dir;
    this.#binary = options.binary;
    this.#clock = options.clock;
    const full = Array.from({ length: options.standbys ?? 1 }, (_, index) => standby + index);
    this.#nodes = [0, 1, 2, 3, ...full];
    this.own = [active, ...full];
    this.#places = options.places ?? { host: () => '127.0.0.1', socket: (node) => join(options.dir, `n${node}.sock`) };
  }

  get address(): string {
    return addressOf(this.publicKey);
  }

  argvOf(node: number): string[] {
    return [this.#binary, 'start', '--home', this.homes[node]?.dir ?? ''];
  }

  rpcOf(node: number): string {
    return this.homes[node]?.rpc ?? '';
  }

  /** Writes keys, genesis and configuration. Guarded: none of its homes has the key; else all have it. */
  async prepare(options: { guarded: boolean }): Promise<void> {
    await run(this.#binary, [
      'testnet',
      '--v',
      String(validators),
      '--n',
      String(this.own.length - 1),
      '--o',
      this.#dir,
      '--populate-persistent-peers=false',
    ]);
    const ports: { rpc: number; p2p: number }[] = [];
    for (const _ of this.#nodes) ports.push({ rpc: await freePort(), p2p: await freePort() });
    const ids = await Promise.all(
      this.#nodes.map(async (node) => (await run(this.#binary, ['show-node-id', '--home', this.#homeOf(node)])).stdout.trim()),
    );
    const first = keyFile.parse(JSON.parse(readFileSync(this.#keyOf(active), 'utf8')));
    this.publicKey = first.pub_key.value;
    this.key = readFileSync(this.#keyOf(active), 'utf8');
    const shared = genesis.parse(JSON.parse(readFileSync(join(this.#homeOf(0), 'config', 'genesis.json'), 'utf8')));
    this.chainId = shared.chain_id;
    for (const one of shared.validators) one.power = '10';
    for (const node of this.#nodes) {
      const port = ports[node] ?? { rpc: 0, p2p: 0 };
      const home: Home = { dir: this.#homeOf(node), rpc: `http://${this.#places.host(node)}:${port.rpc}`, socket: this.#places.socket(node) };
      this.homes.push(home);
      const peers = this.#nodes
        .filter((other) => other !== node)
        .map((other) => `${ids[other] ?? ''}@${this.#places.host(other)}:${ports[other]?.p2p ?? 0}`)
        .join(',');
      const file = join(home.dir, 'config', 'config.toml');
      const signer = options.guarded && this.own.includes(node) ? `unix://${home.socket}` : '';
      writeFileSync(file, editToml(readFileSync(file, 'utf8'), this.#edits(node, port, peers, signer)));
      writeFileSync(join(home.dir, 'config', 'genesis.json'), JSON.stringify(shared));
    }
    if (options.guarded) for (const node of this.own) rmSync(this.#keyOf(node), { force: true });
    else for (const node of this.own.slice(1)) copyFileSync(this.#keyOf(active), this.#keyOf(node));
  }

  #edits(node: number, port: { rpc: number; p2p: number }, peers: string, signer: string): (readonly [string, string, string])[] {
    return [
      ['', 'proxy_app', quoted('persistent_kvstore')],
      ['', 'priv_validator_laddr', quoted(signer)],
      ['rpc', 'laddr', quoted(`tcp://${this.#places.host(node)}:${port.rpc}`)],
      ['p2p', 'laddr', quoted(`tcp://${this.#places.host(node)}:${port.p2p}`)],
      ['p2p', 'persistent_peers', quoted(peers)],
      ['p2p', 'pex', 'false'],
      ['p2p', 'allow_duplicate_ip', 'true'],
      ['p2p', 'addr_book_strict', 'false'],
      ['p2p', 'flush_throttle_timeout', quoted('10ms')],
      ['consensus', 'timeout_commit', quoted('500ms')],
      ['consensus', 'timeout_propose', quoted('1s')],
      ['consensus', 'timeout_propose_delta', quoted('200ms')],
      ['consensus', 'timeout_prevote', quoted('500ms')],
      ['consensus', 'timeout_prevote_delta', quoted('200ms')],
      ['consensus', 'timeout_precommit', quoted('500ms')],
      ['consensus', 'timeout_precommit_delta', quoted('200ms')],
      ['consensus', 'peer_gossip_sleep_duration', quoted('20ms')],
    ];
  }

  #homeOf(node: number): string {
    return join(this.#dir, `node${node}`);
  }

  #keyOf(node: number): string {
    return join(this.#homeOf(node), 'config', 'priv_validator_key.json');
  }

  /** Starts the three other validators. Each has a keeper that ends it when this process goes away, in whatever way. */
  startPeers(): void {
    for (const node of [1, 2, 3]) {
      const log = openSync(join(this.#dir, `node${node}.log`), 'a');
      const child = spawn('sh', ['-c', keeper, 'keeper', ...this.argvOf(node)], { stdio: ['pipe', log, log] });
      child.stdin?.on('error', () => undefined);
      this.#peers.push(child);
    }
  }

  /** Asks the first peer; a machine under load may miss a deadline once. */
  async #get(path: string): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await getJson(this.rpcOf(1), path, this.#clock.timeout(durationMs(5_000)));
      } catch (error) {
        if (tries >= maxTries) throw error;
        await this.#clock.sleep(betweenTriesMs);
      }
    }
  }

  /** Head as the first peer sees it; 0 while it does not answer. */
  async head(): Promise<number> {
    try {
      return headSchema.parse(await getJson(this.rpcOf(1), '/status', this.#clock.timeout(durationMs(2_000)))).result.sync_info.latest_block_height;
    } catch {
      return 0;
    }
  }

  async waitHeight(height: number, limitMs = 60_000): Promise<void> {
    const everyMs = durationMs(100);
    for (let look = 0; look < limitMs / everyMs; look += 1) {
      if ((await this.head()) >= height) return;
      await this.#clock.sleep(everyMs);
    }
    throw new Error(`the chain did not reach height ${height} within ${limitMs / 1_000} s`);
  }

  /** Addresses whose signature is in the final commit of a height. */
  async signersAt(height: number): Promise<string[]> {
    const { signatures } = commitSigners.parse(await this.#get(`/commit?height=${height}`)).result.signed_header.commit;
    return signatures.filter((one) => one.block_id_flag === 2 || one.block_id_flag === 3).map((one) => one.validator_address);
  }

  async signedAt(height: number): Promise<boolean> {
    return (await this.signersAt(height)).includes(this.address);
  }

  /** Pieces of double-sign evidence against the validator in every block from `from` to `to`. */
  async evidence(from: number, to: number): Promise<number> {
    let count = 0;
    for (let height = from; height <= to; height += 1) {
      const { evidence } = blockEvidence.parse(await this.#get(`/block?height=${height}`)).result.block.evidence;
      count += evidence.filter(
        ({ type, value }) => type === 'tendermint/DuplicateVoteEvidence' && value.vote_a?.validator_address === this.address,
      ).length;
    }
    return count;
  }

  /** Heights from `from` to `to` whose final commit lacks the validator's signature. */
  async missed(from: number, to: number): Promise<number> {
    let count = 0;
    for (let height = from; height <= to; height += 1) if (!(await this.signedAt(height))) count += 1;
    return count;
  }

  async close(): Promise<void> {
    const ends = this.#peers.filter((child) => child.exitCode === null && child.signalCode === null).map((child) => once(child, 'exit'));
    for (const child of this.#peers) child.stdin?.end();
    await Promise.all(ends);
  }
}
