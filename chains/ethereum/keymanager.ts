import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { durationMs, type Clock } from '../../core/time.ts';
import { textOf } from '../../runtime/reply.ts';
import { historyOf } from './eip3076.ts';
import { markOfExport, writeInterchange } from './interchange.ts';
import type { EthereumMark } from './mark.ts';

/**
 * A validator client's keymanager API (ethereum/keymanager-APIs): keys are imported with their floor, and taken away with an export of what
 * was signed. What a client does not say clearly counts as not done.
 */

const listed = z.object({ data: z.array(z.object({ validating_pubkey: z.string().max(100) })).max(100_000) });
const status = z.object({ status: z.string().max(50), message: z.string().max(10_000).nullish() });
const imported = z.object({ data: z.array(status).max(100_000) });
const deleted = z.object({ data: z.array(status).max(100_000), slashing_protection: z.unknown() });
const maxReplyBytes = 500_000_000;

export interface KeymanagerOptions {
  /** On loopback. */
  readonly url: string;
  /** The file with the bearer token; null where the client wants none. */
  readonly tokenFile: string | null;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const normal = (key: string): string => `0x${key.toLowerCase().replace(/^0x/, '')}`;

/** What is known of keys that a client was told to give up. */
export interface GivenUp {
  /** The mark over all of them; null when the client had none of them, and so exported nothing. */
  readonly mark: EthereumMark | null;
}

export class Keymanager {
  readonly #options: KeymanagerOptions;

  constructor(options: KeymanagerOptions) {
    this.#options = options;
  }

  async #ask(method: 'GET' | 'POST' | 'DELETE', body?: unknown, timeoutMs = this.#options.timeoutMs): Promise<unknown> {
    const { url, tokenFile, clock } = this.#options;
    const response = await fetch(new URL('/eth/v1/keystores', url), {
      method,
      redirect: 'error',
      signal: clock.timeout(durationMs(timeoutMs)),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(tokenFile === null ? {} : { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await textOf(response, maxReplyBytes);
    if (response.status !== 200) throw new Error(`the keymanager answers ${method} with HTTP ${response.status}`);
    return JSON.parse(text);
  }

  /** Which of these keys the client has. @throws when it gives no answer. */
  async holds(publicKeys: readonly string[]): Promise<string[]> {
    const has = new Set(listed.parse(await this.#ask('GET')).data.map(({ validating_pubkey: key }) => normal(key)));
    return publicKeys.filter((key) => has.has(key));
  }

  /**
   * Imports keys, each raised to the floor. @param of.timeoutMs clients decrypt each of them.
   * @throws when any of them is not imported anew: one that was there already has another record.
   */
  async take(of: {
    readonly publicKeys: readonly string[];
    readonly keystores: readonly { readonly keystore: string; readonly password: string }[];
    readonly floor: EthereumMark;
    readonly genesisValidatorsRoot: string;
    readonly timeoutMs: number;
  }): Promise<void> {
    const history = historyOf(of.floor);
    const body = {
      keystores: of.keystores.map(({ keystore }) => keystore),
      passwords: of.keystores.map(({ password }) => password),
      slashing_protection: writeInterchange(new Map(of.publicKeys.map((key) => [key, history])), of.genesisValidatorsRoot),
    };
    const { data } = imported.parse(await this.#ask('POST', body, of.timeoutMs));
    const wrong = data.find((one) => one.status !== 'imported');
    if (data.length !== of.keystores.length || wrong !== undefined)
      throw new Error(`the client imported not all keys: ${wrong?.status ?? 'too few'}`);
    const has = await this.holds(of.publicKeys);
    if (has.length !== of.publicKeys.length) throw new Error(`the client lists ${has.length} of ${of.publicKeys.length} keys it imported`);
  }

  async #delete(publicKeys: readonly string[]): Promise<z.infer<typeof deleted>> {
    const reply = deleted.parse(await this.#ask('DELETE', { pubkeys: publicKeys }));
    if (reply.data.length !== publicKeys.length) throw new Error(`the client answers for ${reply.data.length} of ${publicKeys.length} keys`);
    const wrong = reply.data.find((one) => !['deleted', 'not_active', 'not_found'].includes(one.status));
    if (wrong !== undefined) throw new Error(`the client did not delete a key: ${wrong.status}`);
    return reply;
  }

  /**
   * Takes keys away. Resolves only when the client says of each that it is gone, and lists none of them.
   * @param of.floor what each of them was given, or null when that is not known: then no mark is taken from the export.
   * @param of.restart starts the client anew, and resolves once it answers; null where its word is enough. Lodestar 1.5.1 says "deleted" and goes on
   * with the key in memory, Prysm (12281) deleted in memory alone: what was signed is asked again after it, when no key can have signed since.
   * @throws when it says anything else, or the export of keys that were active is not whole.
   */
  async give(of: {
    readonly publicKeys: readonly string[];
    readonly floor: EthereumMark | null;
    readonly genesisValidatorsRoot: string;
    readonly restart: (() => Promise<void>) | null;
  }): Promise<GivenUp> {
    const { publicKeys, floor } = of;
    let reply = await this.#delete(publicKeys);
    const hadOne = reply.data.some((one) => one.status !== 'not_found');
    if (of.restart !== null && (floor !== null || hadOne)) {
      await of.restart();
      reply = await this.#delete(publicKeys);
      if (reply.data.some((one) => one.status === 'deleted')) throw new Error('a key was back after a restart');
    }
    const still = await this.holds(publicKeys);
    if (still.length > 0) throw new Error(`the client still lists ${still[0]}`);
    const had = publicKeys.filter((_, index) => reply.data[index]?.status !== 'not_found');
    // Nothing is here: nothing is known of what was signed.
    if (had.length === 0 || floor === null) return { mark: null };
    if (had.length !== publicKeys.length) throw new Error(`the client knows nothing of ${publicKeys.length - had.length} keys it was given`);
    const text = typeof reply.slashing_protection === 'string' ? reply.slashing_protection : JSON.stringify(reply.slashing_protection ?? null);
    return { mark: markOfExport({ text, publicKeys, genesisValidatorsRoot: of.genesisValidatorsRoot, floor }) };
  }
}
