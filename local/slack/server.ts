import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { jsonIn } from '../../runtime/reply.ts';
import { bytesOf, closeServer, listen } from '../loopback.ts';
import { drawn } from './draw.ts';
import { answerHook } from './hooks.ts';
import { Interactions, type AppOptions, type Outcome } from './interactions.ts';
import { WebApi, type Answer } from './methods.ts';
import { Workspace, type Person, type WorkspaceOptions } from './workspace.ts';

/** A Slack workspace on this machine: its Web API and its hooks for the app, and a page for people. */

export interface SlackServerOptions extends WorkspaceOptions, AppOptions {
  readonly botToken: string;
  /** Answers in place of Slack; an answer that never comes is a Slack that hangs. */
  readonly instead?: (call: { readonly method: string; readonly path: string; readonly body: string }) => Promise<Answer> | Answer | undefined;
}

export interface SlackServer {
  /** Base URL of the API, of the hooks, and of the page. */
  readonly url: string;
  readonly workspace: Workspace;
  readonly interactions: Interactions;
  close(): Promise<void>;
}

const maxBodyBytes = 1_000_000;
const maxReaders = 50;
const folder = join(import.meta.dirname, 'page');
const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/draw.js': ['draw.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
};
/** Nothing from elsewhere, nobody around it, and no text that becomes HTML or script. */
const guarded: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const pressed = z.strictObject({ user: z.string(), ts: z.string().optional(), view: z.string().optional(), block: z.string(), action: z.string() });
const submitted = z.strictObject({ user: z.string(), view: z.string(), values: z.record(z.string(), z.string().max(10_000)) });
const closed = z.strictObject({ user: z.string(), view: z.string() });

const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...guarded },
  body: JSON.stringify(value),
});
const refused = (status: number, error: string): Answer => json(status, { error });

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

class Page {
  readonly #workspace: Workspace;
  readonly #interactions: Interactions;
  readonly #readers = new Set<ServerResponse>();

  constructor(workspace: Workspace, interactions: Interactions) {
    this.#workspace = workspace;
    this.#interactions = interactions;
    workspace.onChange(() => {
      for (const reader of this.#readers) reader.write('data: changed\n\n');
    });
  }

  /** Server-sent events: that something has changed, not what. */
  read(response: ServerResponse): void {
    if (this.#readers.size >= maxReaders) {
      response.writeHead(503).end();
      return;
    }
    this.#readers.add(response);
    response.once('close', () => this.#readers.delete(response));
    response.writeHead(200, { ...guarded, 'content-type': 'text/event-stream' }).write('data: changed\n\n');
  }

  async answer(asked: Asked): Promise<Answer> {
    const file = files[asked.path];
    if (asked.method === 'GET' && file !== undefined && Object.hasOwn(files, asked.path))
      return { status: 200, headers: { ...guarded, 'content-type': file[1] }, body: readFileSync(join(folder, file[0]), 'utf8') };
    if (asked.method === 'GET' && asked.path === '/page/state') {
      const person = this.#workspace.person(asked.query.get('as') ?? this.#workspace.options.people[0]?.id ?? '');
      return person ? json(200, drawn(this.#workspace, person.id)) : refused(404, 'no such person');
    }
    if (asked.method !== 'POST' || !asked.path.startsWith('/page/')) return refused(404, 'not found');
    if (asked.headers['content-type'] !== 'application/json') return refused(415, 'not JSON');
    const outcome = await this.#act(asked.path, jsonIn(asked.body));
    return outcome ? json(200, outcome) : refused(404, 'no such person, message, button or dialog');
  }

  async #act(path: string, given: unknown): Promise<Outcome | undefined> {
    if (path === '/page/press') {
      const found = pressed.safeParse(given).data;
      const person = found && this.#workspace.person(found.user);
      if (!found || !person) return undefined;
      const message = this.#workspace.messages.get(found.ts ?? '');
      if (message) return this.#interactions.pressInMessage(person, message, found);
      const shown = this.#viewOf(person, found.view);
      return shown && this.#interactions.pressInView(person, shown, found);
    }
    const sent = path === '/page/submit' ? submitted.safeParse(given).data : undefined;
    const found = sent ?? (path === '/page/close' ? closed.safeParse(given).data : undefined);
    const person = found && this.#workspace.person(found.user);
    const shown = person && this.#viewOf(person, found.view);
    if (!shown) return undefined;
    if (sent) return this.#interactions.submit(person, shown, sent.values);
    await this.#interactions.close(person, shown);
    return {};
  }

  /** Only the one on top can be used. */
  #viewOf(person: Person, id: string | undefined) {
    const shown = this.#workspace.viewOf(person.id);
    return shown?.id === id ? shown : undefined;
  }
}

/** A page of another site must not read or press here, whatever name it has given to this address. */
const isForeign = ({ headers }: IncomingMessage, url: string): boolean => {
  const { port } = new URL(url);
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? '')) return true;
  if (headers.origin !== undefined && !hosts.some((host) => headers.origin === `http://${host}`)) return true;
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
};

export const startSlack = async (options: SlackServerOptions): Promise<SlackServer> => {
  const workspace = new Workspace(options);
  const interactions = new Interactions(workspace, options);
  const api = new WebApi(workspace, options.botToken);
  const page = new Page(workspace, interactions);
  const answerApp = (asked: Asked): Answer => {
    const { authorization, 'content-type': contentType = '' } = asked.headers;
    // No browser is an app.
    if (asked.headers.origin !== undefined || asked.headers['sec-fetch-site'] !== undefined) return refused(403, 'forbidden');
    const { path, body } = asked;
    if (path.startsWith('/actions')) return answerHook(workspace, { path, contentType, authorization, body });
    return api.answer({ method: path.slice('/api/'.length), httpMethod: asked.method, contentType, authorization, body });
  };
  let url = '';
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const method = request.method ?? '';
    const body = (await bytesOf(request, maxBodyBytes, () => new Error('too large'))).toString('utf8');
    const asked = { method, path, query, body, headers: request.headers };
    if (isForeign(request, url)) {
      const { status, headers, body: text } = refused(403, 'forbidden');
      response.writeHead(status, headers).end(text);
      return;
    }
    if (method === 'GET' && path === '/page/events') {
      page.read(response);
      return;
    }
    const forApp = path.startsWith('/api/') || path.startsWith('/actions');
    const answer = forApp ? ((await options.instead?.({ method, path, body })) ?? answerApp(asked)) : await page.answer(asked);
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers }).end(answer.body);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  url = await listen(server);
  return { url, workspace, interactions, close: () => closeServer(server) };
};
