import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { durationMs, type Clock } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import { closeServer } from '../loopback.ts';

/** Lambda on this machine: each function's real bundle in processes of its own, driven through the Runtime API. */

export type InvokeResult =
  { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

export interface FunctionSpec {
  readonly name: string;
  readonly file: string;
  /** Name of the handler in it. */
  readonly exported: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

interface Job {
  readonly id: string;
  readonly event: unknown;
  readonly deadlineMs: number;
  readonly over: AbortController;
  readonly done: (result: InvokeResult) => void;
}

interface Sandbox {
  readonly id: string;
  readonly spec: FunctionSpec;
  readonly child: ChildProcess;
  waiting: ServerResponse | null;
  job: Job | null;
}

const maxSandboxes = 8;
const maxQueue = 100;

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
};

export class LambdaPool {
  readonly #specs: ReadonlyMap<string, FunctionSpec>;
  readonly #clock: Clock;
  readonly #log: WriteStream;
  readonly #sandboxes = new Set<Sandbox>();
  readonly #queues = new Map<string, Job[]>();
  #port = 0;
  #closed = false;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  constructor(options: { functions: readonly FunctionSpec[]; clock: Clock; logFile: string }) {
    this.#specs = new Map(options.functions.map((spec) => [spec.name, spec]));
    this.#clock = options.clock;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
    this.#log.on('error', () => undefined);
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #spec(name: string): FunctionSpec {
    const spec = this.#specs.get(name);
    if (!spec) throw new Error(`there is no function ${name}`);
    return spec;
  }

  #spawn(spec: FunctionSpec): void {
    const id = randomHex(4);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'bootstrap.mjs')], {
      env: {
        ...spec.env,
        PATH: process.env['PATH'] ?? '',
        BATON_BUNDLE: spec.file,
        BATON_HANDLER: spec.exported,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${this.#port}/${id}`,
        AWS_LAMBDA_FUNCTION_NAME: spec.name,
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_DEV: 'false',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const sandbox: Sandbox = { id, spec, child, waiting: null, job: null };
    this.#sandboxes.add(sandbox);
    child.stdin.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#log.write(chunk);
      });
    child.once('exit', () => {
      this.#sandboxes.delete(sandbox);
      this.#finish(sandbox, { ok: false, errorType: 'Runtime.ExitError', errorMessage: 'the process of the function ended' });
    });
  }

  #finish(sandbox: Sandbox, result: InvokeResult): void {
    const { job } = sandbox;
    sandbox.job = null;
    job?.over.abort();
    job?.done(result);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id = '', , , , jobId = '', verb = ''] = (request.url ?? '').split('/');
    const sandbox = [...this.#sandboxes].find((one) => one.id === id);
    if (!sandbox) {
      response.writeHead(410).end();
      return;
    }
    if (jobId === 'next') {
      sandbox.waiting = response;
      this.#dispatch(sandbox.spec.name);
      return;
    }
    const body = await bodyOf(request);
    if (sandbox.job?.id === jobId) {
      const failure = body as { errorType?: string; errorMessage?: string };
      this.#finish(
        sandbox,
        verb === 'response'
          ? { ok: true, payload: body }
          : { ok: false, errorType: failure.errorType ?? 'Error', errorMessage: failure.errorMessage ?? '' },
      );
    }
    response.writeHead(202).end();
  }

  #dispatch(name: string): void {
    const queue = this.#queues.get(name) ?? [];
    for (const sandbox of this.#sandboxes) {
      const { waiting } = sandbox;
      if (sandbox.spec.name !== name || !waiting) continue;
      const job = queue.shift();
      if (!job) return;
      sandbox.waiting = null;
      sandbox.job = job;
      waiting
        .writeHead(200, { 'lambda-runtime-aws-request-id': job.id, 'lambda-runtime-deadline-ms': String(job.deadlineMs) })
        .end(JSON.stringify(job.event));
      this.#killWhenLate(sandbox, job).catch(() => undefined);
    }
  }

  async #killWhenLate(sandbox: Sandbox, job: Job): Promise<void> {
    await this.#clock.sleep(durationMs(sandbox.spec.timeoutMs), job.over.signal);
    if (sandbox.job !== job) return;
    this.#finish(sandbox, { ok: false, errorType: 'Sandbox.Timedout', errorMessage: `no answer within ${sandbox.spec.timeoutMs} ms` });
    sandbox.child.kill('SIGKILL');
  }

  /** Invokes a function and waits for its answer. Never rejects for what the function does. */
  invoke(name: string, event: unknown): Promise<InvokeResult> {
    const spec = this.#spec(name);
    if (this.#closed) return Promise.resolve({ ok: false, errorType: 'Lambda.ServiceException', errorMessage: 'the pool is closed' });
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    if (queue.length >= maxQueue)
      return Promise.resolve({ ok: false, errorType: 'Lambda.TooManyRequestsException', errorMessage: 'the queue is full' });
    const result = new Promise<InvokeResult>((done) => {
      queue.push({ id: randomHex(16), event, deadlineMs: this.#clock.epochMs() + spec.timeoutMs, over: new AbortController(), done });
    });
    const own = [...this.#sandboxes].filter((one) => one.spec.name === name);
    if (!own.some(({ waiting }) => waiting) && own.length < maxSandboxes) this.#spawn(spec);
    this.#dispatch(name);
    return result;
  }

  /** Ends every process by its id. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends = [...this.#sandboxes]
      .filter(({ child }) => child.exitCode === null && child.signalCode === null)
      .map(({ child }) => once(child, 'exit'));
    for (const { child } of this.#sandboxes) child.kill('SIGKILL');
    await Promise.all(ends);
    await closeServer(this.#server);
    await new Promise<void>((resolve) => {
      this.#log.end(() => {
        resolve();
      });
    });
  }
}
