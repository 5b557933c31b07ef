import type { ValidatorConfig } from '../../core/config.ts';
import { atOf, type At } from '../answers.ts';
import { getJson } from '../http.ts';
import { configOf } from './config.ts';
import { moved, stillHead, unobservable, type ChainProbe } from '../probe.ts';

/** Any daemon that shows its progress over HTTP: two numbers in JSON documents, the validator's last duty and the head. */

/** The value at a JSON pointer (RFC 6901); undefined when there is none. */
export const atPointer = (document: unknown, pointer: string): unknown => {
  let found = document;
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
};

const readNumber = async ({ url, signal, answers }: At, path: string, pointer: string): Promise<number> => {
  const value = atPointer(await answers.once(path, () => getJson(url, path, signal)), pointer);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Error(`${path}${pointer} is not a whole number`);
  return value;
};

const readHead = (config: ValidatorConfig, at: At): Promise<number> => {
  const { headPath, headPointer } = configOf(config.chain);
  return readNumber(at, headPath, headPointer);
};

const readProgress = (config: ValidatorConfig, at: At): Promise<number> => {
  const { progressPath, progressPointer } = configOf(config.chain);
  return readNumber(at, progressPath, progressPointer);
};

export const systemdProbe: ChainProbe = {
  look: async (config, at, before) => {
    try {
      const head = await readHead(config, at);
      const progress = await readProgress(config, at);
      const known = before?.memory.head ?? null;
      if (before !== null && known !== null && head <= known) return stillHead(before, known, config.policy.haltAfterMs);
      const was = before?.memory.lastSigned ?? null;
      if (was === null) return moved(head, progress, head - progress <= 2, `Last duty ${progress}, head ${head}.`);
      return moved(head, progress, progress > was, progress > was ? `Last duty ${progress}, head ${head}.` : `No duty since ${was}, head ${head}.`);
    } catch (error) {
      return unobservable(`${(error as Error).name}: ${(error as Error).message.slice(0, 200)}`, before);
    }
  },
  landed: async (config, url, above, signal) => {
    try {
      const at = atOf(url, signal);
      const progress = await readProgress(config, at);
      return { signed: progress > above, head: await readHead(config, at), whole: true };
    } catch {
      return { signed: false, head: null, whole: false };
    }
  },
  head: (config, url, signal) => readHead(config, atOf(url, signal)).catch(() => null),
};
