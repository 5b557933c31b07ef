import { durationMs } from '../core/time.ts';
import { systemClock } from '../runtime/clock.ts';
import { textOf } from '../runtime/reply.ts';

/** Asking a chain's endpoint: bounded in time and size, no redirects. What comes back is never trusted: callers parse it. */

const requestMs = durationMs(2_000);
const maxBodyBytes = 2_000_000;

/** The JSON at `path` of a base URL. @throws Error on trouble of any kind. */
export const getJson = async (base: string, path: string, signal: AbortSignal): Promise<unknown> => {
  const url = new URL(path.replace(/^\//, ''), base.endsWith('/') ? base : `${base}/`);
  const response = await fetch(url, {
    signal: AbortSignal.any([signal, systemClock.timeout(requestMs)]),
    redirect: 'error',
    headers: { accept: 'application/json' },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`HTTP ${response.status}`);
  }
  return JSON.parse(await textOf(response, maxBodyBytes)) as unknown;
};
