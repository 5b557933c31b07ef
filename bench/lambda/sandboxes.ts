import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { closeServer, listen } from '../../local/loopback.ts';
import { systemClock } from '../../runtime/clock.ts';

/** Starts a function as Lambda does, in a new process each time, and tells how long that took. */

export interface Start {
  readonly file: string;
  readonly exported: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it is asked for, one after the other. */
  readonly events: readonly unknown[];
}

export interface Took {
  /** From the process's beginning to the question for the first event: Node itself, and the bundle. */
  readonly initMs: number;
  /** The same in time of the processor, which does not grow when others use the machine too. */
  readonly cpuMs: number;
  /** Each invocation. */
  readonly tookMs: readonly number[];
}

const timeoutMs = 30_000;

export const startOnce = async ({ file, exported, env, events }: Start): Promise<Took> => {
  let begun = { initMs: 0, cpuMs: 0 };
  const tookMs: number[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const figure = (name: string): number => Number(searchParams.get(name));
    request.resume();
    if (pathname.endsWith('/next')) {
      begun = { initMs: figure('initMs'), cpuMs: figure('cpuMs') };
      const deadlineMs = systemClock.epochMs() + timeoutMs;
      const headers = { 'lambda-runtime-aws-request-id': String(tookMs.length), 'lambda-runtime-deadline-ms': String(deadlineMs) };
      response.writeHead(tookMs.length < events.length ? 200 : 410, headers).end(JSON.stringify(events[tookMs.length] ?? null));
    } else {
      tookMs.push(figure('tookMs'));
      response.writeHead(202).end();
    }
  });
  const url = await listen(server);
  try {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'sandbox.mjs')], {
      env: { ...env, BATON_BUNDLE: file, BATON_HANDLER: exported, AWS_LAMBDA_RUNTIME_API: new URL(url).host, POWERTOOLS_DEV: 'false' },
      stdio: 'ignore',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0 || tookMs.length < events.length) throw new Error(`${file} ended with ${code} after ${tookMs.length} invocations`);
    return { ...begun, tookMs };
  } finally {
    await closeServer(server);
  }
};
