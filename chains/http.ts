import { durationMs, type DurationMs } from '../core/time.ts';
import { systemClock } from '../runtime/clock.ts';
import { textOf } from '../runtime/reply.ts';
import { Turns } from '../runtime/turns.ts';

/** Asking a chain's endpoint: bounded in time, size and number, no redirects. What comes back is never trusted: callers parse it. */

const requestMs = durationMs(2_000);
const maxBodyBytes = 2_000_000;
/** Requests under way, each with a connection: to one endpoint, and to all. Lambda gives a function 1,024 file descriptors. */
const turns = new Turns({ each: 8, all: 256 });

export interface Limits {
  readonly requestMs: DurationMs;
  readonly maxBytes: number;
}

/** A path of a base URL, which may have a path itself. */
export const pathOf = (base: string, path: string): URL => new URL(path.replace(/^\//, ''), base.endsWith('/') ? base : `${base}/`);

/**
 * One request: GET, or POST of `body` as JSON. Its time begins with its turn.
 * @throws Error when there is no whole answer.
 */
export const request = async (
  url: URL,
  of: { readonly body?: unknown; readonly limits?: Limits },
  signal: AbortSignal,
): Promise<{ status: number; text: string }> => {
  const limits = of.limits ?? { requestMs, maxBytes: maxBodyBytes };
  const done = await turns.take(url.origin);
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, systemClock.timeout(limits.requestMs)]),
      redirect: 'error',
      headers: { accept: 'application/json', ...(of.body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(of.body === undefined ? {} : { method: 'POST', body: JSON.stringify(of.body) }),
    });
    if (response.ok) return { status: response.status, text: await textOf(response, limits.maxBytes) };
    await response.body?.cancel();
    return { status: response.status, text: '' };
  } finally {
    done();
  }
};

/** The JSON of an answer. @throws Error when it is no success. */
export const jsonOf = ({ status, text }: { readonly status: number; readonly text: string }): unknown => {
  if (status < 200 || status > 299) throw new Error(`HTTP ${status}`);
  return JSON.parse(text) as unknown;
};

/** The JSON at `path` of a base URL. @throws Error on trouble of any kind. */
export const getJson = async (base: string, path: string, signal: AbortSignal): Promise<unknown> =>
  jsonOf(await request(pathOf(base, path), {}, signal));
