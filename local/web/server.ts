import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageDocument, pageInside, styleSheet, type PageView } from '../../console/page.ts';
import { BatonError } from '../../core/errors.ts';
import { executionName, validatorId } from '../../core/ids.ts';
import { parseWith } from '../../core/parse.ts';
import { durationMs, utcOf } from '../../core/time.ts';
import { console as contract } from '../../functions/contract.ts';
import { Pulses, readPage, troubleOf, type ConsoleNeeds, type Wanted } from '../../functions/shared/console-read.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import { closeServer, listen } from '../loopback.ts';

/** The console as a page on loopback: the same reader and the same pages as the function, live by server-sent events. Reads only. */

const readMs = durationMs(20_000);
const everyMs = durationMs(500);
/** Browsers keep six connections to one place; more than this many readers are not of one person. */
const maxReaders = 32;

export const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The line that says as of when a page is. */
const moment = /<p class="at">.*?<\/p>/s;
const script = readFileSync(join(import.meta.dirname, '..', '..', 'console', 'client.mjs'), 'utf8');

const asked = contract.input.pick({ find: true, show: true, sort: true });
const invalid = (what: string) => ({ what, code: 'InputInvalid' as const, fix: 'Go back to the fleet: /' });

/** @throws BatonError InputInvalid. */
export const wantedAt = (address: URL): Wanted => {
  const [, kind = '', name = '', ...more] = address.pathname.split('/');
  if (address.pathname === '/') {
    return { page: 'fleet', asked: parseWith(asked, Object.fromEntries(address.searchParams), invalid('address')) };
  }
  const plain = decodeURIComponent(name);
  if (kind === 'validator' && more.length === 0) return { page: 'validator', validator: parseWith(validatorId, plain, invalid('validator')) };
  if (kind === 'failover' && more.length === 0) return { page: 'failover', execution: parseWith(executionName, plain, invalid('execution')) };
  throw new BatonError('InputInvalid', 'there is no such page', { fix: 'Go back to the fleet: /' });
};

export interface WebPage {
  /** The address to open. */
  readonly url: string;
  /** Tells every reader that nothing more will come, and closes. */
  close(): Promise<void>;
}

interface Reader {
  readonly wanted: Wanted;
  readonly response: ServerResponse;
}

class Web {
  readonly #deps: Pick<Deps, ConsoleNeeds>;
  readonly #pulses = new Pulses();
  readonly #readers = new Set<Reader>();
  readonly #closed = new AbortController();

  constructor(deps: Pick<Deps, ConsoleNeeds>) {
    this.#deps = deps;
  }

  async #view(wanted: Wanted): Promise<PageView> {
    const { clock } = this.#deps;
    const signal = AbortSignal.any([this.#closed.signal, clock.timeout(readMs)]);
    return readPage(this.#deps, { wanted, pulses: this.#pulses, remainingMs: () => readMs }, signal).catch((error: unknown) =>
      troubleOf(error, clock.epochMs()),
    );
  }

  async #follow(wanted: Wanted, response: ServerResponse): Promise<void> {
    if (this.#readers.size >= maxReaders) {
      response.writeHead(503, headers).end();
      return;
    }
    const reader = { wanted, response };
    this.#readers.add(reader);
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    response.once('close', () => this.#readers.delete(reader));
    let shown = '';
    while (this.#readers.has(reader)) {
      const view = await this.#view(wanted);
      if (!this.#readers.has(reader)) return;
      const inside = pageInside(view);
      const told = inside.replace(moment, '');
      // What has not changed is not put there anew: somebody may be marking a line of it.
      if (told === shown) response.write(`event: still\ndata: ${JSON.stringify(utcOf(view.view.atMs))}\n\n`);
      else response.write(`event: page\ndata: ${JSON.stringify(inside)}\n\n`);
      shown = told;
      await this.#deps.clock.sleep(everyMs, this.#closed.signal).catch(() => undefined);
    }
  }

  /** Whoever is led here by another page, or by another name of this machine, is not let in. */
  #isOwn({ headers: { host, origin } }: IncomingMessage, own: string): boolean {
    return host === own && (origin === undefined || origin === `http://${own}`);
  }

  async serve(request: IncomingMessage, response: ServerResponse, own: string): Promise<void> {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(request.method === 'HEAD' ? undefined : body);
    };
    if (!this.#isOwn(request, own)) return send(403, 'text/plain', 'not for you');
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'read only');
    const address = new URL(request.url ?? '/', `http://${own}`);
    if (address.pathname === '/console.css') return send(200, 'text/css', styleSheet());
    if (address.pathname === '/console.js') return send(200, 'text/javascript', script);
    const live = address.pathname === '/events';
    try {
      const path = live ? new URL(address.searchParams.get('of') ?? '/', `http://${own}`) : address;
      const wanted = wantedAt(path);
      if (live) return await this.#follow(wanted, response);
      const view = await this.#view(wanted);
      send(
        view.page === 'trouble' ? 502 : 200,
        'text/html',
        pageDocument(view, `/events?of=${encodeURIComponent(address.pathname + address.search)}`),
      );
    } catch (error) {
      send(404, 'text/html', pageDocument(troubleOf(error, this.#deps.clock.epochMs()), null));
    }
  }

  /** Resolves when every reader was told, or after half a second. */
  async end(): Promise<void> {
    const last = `event: end\ndata: ${JSON.stringify('The drill is over: this page stays as it was at its end.')}\n\n`;
    const told = [...this.#readers].map(({ response }) => new Promise<void>((done) => response.end(last, done)));
    this.#readers.clear();
    await Promise.race([Promise.all(told), this.#deps.clock.sleep(everyMs)]);
    this.#closed.abort();
  }
}

/** Starts the page. */
export const startWeb = async (deps: Pick<Deps, ConsoleNeeds>): Promise<WebPage> => {
  const web = new Web(deps);
  let own = '';
  const server = createServer((request, response) => {
    web.serve(request, response, own).catch(() => {
      response.destroy();
    });
  });
  const url = await listen(server);
  own = url.slice('http://'.length);
  return {
    url: `${url}/`,
    close: async () => {
      await web.end();
      await closeServer(server);
    },
  };
};
