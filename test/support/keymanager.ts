import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyOf, merge, noHistory, type KeyHistory } from '../../chains/ethereum/eip3076.ts';
import { readInterchange, writeInterchange } from '../../chains/ethereum/interchange.ts';
import { openKeystore } from '../../chains/ethereum/keystore.ts';
import { loadBls } from '../../chains/ethereum/signer/bls.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { chainRoot } from './ethereum.ts';

/**
 * A validator client with a keymanager API, as ethereum/keymanager-APIs says it: strict about what it is asked, and with the faults that
 * clients are known for. Its unit can be stopped and started; keys are kept in files.
 */

export const token = 'api-token-0x12';

export interface Faults {
  /** prysm#12281: deleted in memory alone, back after a restart. */
  deletesInMemoryOnly: boolean;
  /** Lodestar 1.5.1: says that it is deleted, and goes on with the key in memory until a restart. */
  keepsInMemory: boolean;
  /** prysm#17408: an export without what was signed. */
  emptyExport: 'no' | 'null' | 'empty' | 'no votes';
  /** A status that it gives for the last key. */
  status: string | null;
  /** One status fewer than keys. */
  tooFew: boolean;
  stillLists: boolean;
  /** It takes the request and never answers. */
  hangs: boolean;
  /** It dies after it has taken the keys. */
  diesAtImport: boolean;
  doesNotStart: boolean;
}

export const noFaults = (): Faults => ({
  deletesInMemoryOnly: false,
  keepsInMemory: false,
  emptyExport: 'no',
  status: null,
  tooFew: false,
  stillLists: false,
  hangs: false,
  diesAtImport: false,
  doesNotStart: false,
});

interface Body {
  keystores?: string[];
  passwords?: string[];
  slashing_protection?: string;
  pubkeys?: string[];
}

const bodyOf = async (request: IncomingMessage): Promise<Body> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body;
};

export class TestClient {
  readonly #folder: string;
  readonly #memory = new Set<string>();
  readonly #disk = new Set<string>();
  readonly histories = new Map<string, KeyHistory>();
  readonly faults = noFaults();
  /** What was asked, in order: requests and what happened to the unit. */
  readonly log: string[] = [];
  /** What it would not take. */
  readonly wrongUses: string[] = [];
  up = false;
  url = '';
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      this.wrongUses.push(String(error));
      response.writeHead(400).end('{}');
    });
  });

  constructor(folder: string) {
    this.#folder = join(folder, 'keystores');
  }

  get keystoreDir(): string {
    return this.#folder;
  }

  async listen(): Promise<void> {
    this.url = await listen(this.#server);
  }

  async close(): Promise<void> {
    await closeServer(this.#server);
  }

  /** It signs with what it has in memory, while it runs. */
  get signsWith(): string[] {
    return this.up ? [...this.#memory] : [];
  }

  sign(key: string, mark: { slot: number; source: number; target: number }): void {
    this.histories.set(key, merge(this.histories.get(key) ?? noHistory, historyOf({ kind: 'eip3076', ...mark })));
  }

  /** Keys that somebody else has put there. */
  plant(key: string): void {
    this.#keep(key);
  }

  unit = {
    start: async (): Promise<boolean> => {
      this.log.push('start');
      if (this.faults.doesNotStart) return false;
      if (!this.up) for (const key of this.#kept()) this.#memory.add(key);
      this.up = true;
      return true;
    },
    stop: async (): Promise<void> => {
      this.log.push('stop');
      this.#down();
    },
    kill: async (): Promise<void> => {
      this.log.push('kill');
      this.#down();
    },
    isDown: async (): Promise<boolean> => !this.up,
    property: async (): Promise<string> => (this.up ? 'active' : 'inactive'),
  };

  #down(): void {
    this.up = false;
    this.#memory.clear();
  }

  #keep(key: string): void {
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, key), '{}');
    this.#disk.add(key);
    this.#memory.add(key);
  }

  #kept(): string[] {
    const left = [...this.#disk].filter((key) => {
      try {
        writeFileSync(join(this.#folder, key), '{}', { flag: 'r+' });
        return true;
      } catch {
        return false;
      }
    });
    this.#disk.clear();
    for (const key of left) this.#disk.add(key);
    return left;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.up) {
      response.destroy();
      return;
    }
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${token}`) {
      reply(401, { message: 'no token' });
      return;
    }
    if (request.url !== '/eth/v1/keystores') throw new Error(`no such path ${request.url}`);
    if (request.method === 'GET') {
      const names = this.faults.stillLists ? [...this.histories.keys()] : [...this.#memory];
      reply(200, { data: names.map((key) => ({ validating_pubkey: key, derivation_path: '', readonly: false })) });
      return;
    }
    this.log.push(request.method ?? '');
    const body = await bodyOf(request);
    if (this.faults.hangs) return;
    if (request.method === 'POST') {
      const data = await this.#take(body);
      if (this.faults.diesAtImport) {
        this.#down();
        response.destroy();
        return;
      }
      reply(200, { data });
      return;
    }
    if (request.method !== 'DELETE') throw new Error(`no such method ${request.method}`);
    reply(200, this.#give(body));
  }

  async #take({ keystores, passwords, slashing_protection: protection, ...rest }: Body): Promise<unknown[]> {
    if (Object.keys(rest).length > 0) throw new Error(`unknown ${Object.keys(rest).join(', ')}`);
    if (!keystores || !passwords || keystores.length !== passwords.length) throw new Error('a password for each keystore');
    if (typeof protection !== 'string') throw new Error('slashing_protection is a text of JSON');
    const given = readInterchange(protection, chainRoot);
    const bls = await loadBls();
    const data: unknown[] = [];
    for (const [at, text] of keystores.entries()) {
      const { publicKey, secret } = await openKeystore(text, passwords[at] ?? '');
      if (bls(secret).publicKey !== publicKey) throw new Error('a keystore of another key');
      if (this.#memory.has(publicKey)) {
        data.push({ status: 'duplicate' });
        continue;
      }
      this.histories.set(publicKey, merge(this.histories.get(publicKey) ?? noHistory, given.get(publicKey) ?? noHistory));
      this.#keep(publicKey);
      data.push({ status: this.faults.status ?? 'imported' });
    }
    return data;
  }

  #give({ pubkeys }: Body): unknown {
    if (!pubkeys) throw new Error('pubkeys');
    const statuses = pubkeys.map((key) => {
      const had = this.faults.keepsInMemory ? this.#memory.has(key) : this.#memory.delete(key);
      const kept = this.#disk.has(key);
      if (kept && !this.faults.deletesInMemoryOnly) {
        this.#disk.delete(key);
        rmSync(join(this.#folder, key), { force: true });
      }
      return { status: had || kept ? 'deleted' : this.histories.has(key) ? 'not_active' : 'not_found' };
    });
    const last = statuses.at(-1);
    if (this.faults.status !== null && last !== undefined) last.status = this.faults.status;
    return { data: this.faults.tooFew ? statuses.slice(1) : statuses, slashing_protection: this.#export(pubkeys) };
  }

  #export(pubkeys: readonly string[]): string | null {
    const { emptyExport } = this.faults;
    if (emptyExport === 'null') return null;
    const known = pubkeys.flatMap((key) => {
      const history = this.histories.get(key);
      return history === undefined || emptyExport === 'empty'
        ? []
        : [[key, emptyExport === 'no votes' ? { ...history, vote: null } : history] as const];
    });
    return writeInterchange(new Map(known), chainRoot);
  }
}
