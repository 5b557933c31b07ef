import { durationMs } from '../core/time.ts';
import { systemClock } from '../runtime/clock.ts';

/** Asking a chain's endpoint: bounded in time and size, no redirects. What comes back is never trusted: callers parse it. */

const requestMs = durationMs(2_000);
const maxBodyBytes = 2_000_000;

const readBounded = async (response: Response): Promise<string> => {
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  if (!reader) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxBodyBytes) {
      await reader.cancel();
      throw new Error(`the answer is larger than ${maxBodyBytes} bytes`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks).toString('utf8');
};

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
  return JSON.parse(await readBounded(response)) as unknown;
};
