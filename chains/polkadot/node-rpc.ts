import * as z from 'zod';
import type { Ask } from '../rpc.ts';
import { accountsOf, authorityIn, disabledValidators, sessionValidators, severityIn } from './storage.ts';

/** What a Substrate RPC says, parsed. @throws Error when it says nothing that can be read. */

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const number = z
  .string()
  .regex(/^0x[0-9a-f]{1,8}$/)
  .transform(Number);
const header = z.looseObject({
  number,
  parentHash: hash,
  digest: z.looseObject({
    logs: z
      .array(
        z
          .string()
          .regex(/^0x([0-9a-f]{2})*$/)
          .max(200_000),
      )
      .max(100),
  }),
});
export type Header = z.infer<typeof header>;
const health = z.looseObject({ peers: z.number().int().min(0), isSyncing: z.boolean(), shouldHavePeers: z.boolean() });
const roles = z.array(z.string().max(50)).max(20);
const stored = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/)
  .nullable();

export const healthAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<z.infer<typeof health>> =>
  health.parse(await ask(url, { method: 'system_health', params: [] }, signal));

/** `Full`, `Authority`, …; also in capitals, as older nodes write them. */
export const isAuthorityAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<boolean> =>
  roles.parse(await ask(url, { method: 'system_nodeRoles', params: [] }, signal)).some((role) => role.toLowerCase() === 'authority');

export const hashAt = async (ask: Ask, of: { url: string; height: number }, signal: AbortSignal): Promise<string> =>
  hash.parse(await ask(of.url, { method: 'chain_getBlockHash', params: [of.height] }, signal));

/** Of the block with this hash, or of the best one. */
export const headerAt = async (ask: Ask, of: { url: string; hash?: string }, signal: AbortSignal): Promise<Header> =>
  header.parse(await ask(of.url, { method: 'chain_getHeader', params: of.hash === undefined ? [] : [of.hash] }, signal));

export const finalizedAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<Header> =>
  headerAt(ask, { url, hash: hash.parse(await ask(url, { method: 'chain_getFinalizedHead', params: [] }, signal)) }, signal);

/** Null when nothing is stored there. */
export const storedAt = async (ask: Ask, of: { url: string; key: string; hash?: string }, signal: AbortSignal): Promise<string | null> =>
  stored.parse(await ask(of.url, { method: 'state_getStorage', params: of.hash === undefined ? [of.key] : [of.key, of.hash] }, signal));

export interface Authored {
  /** Public key of the author's stash; null when the block names none. */
  readonly author: string | null;
  readonly validators: readonly string[];
}

/** Who authored a block: the set of validators is the one of its parent. */
export const authoredAt = async (ask: Ask, of: { url: string; header: Header }, signal: AbortSignal): Promise<Authored> => {
  const found = await storedAt(ask, { url: of.url, key: sessionValidators, hash: of.header.parentHash }, signal);
  const validators = accountsOf(found ?? '');
  const index = authorityIn(of.header.digest.logs);
  return { validators, author: index === null ? null : (validators[index] ?? null) };
};

/** The severity of an offence for which this validator is disabled in the era of this block; null when there is none. */
export const offenceAt = async (ask: Ask, of: { url: string; hash: string; index: number }, signal: AbortSignal): Promise<number | null> => {
  const found = await storedAt(ask, { url: of.url, key: disabledValidators, hash: of.hash }, signal);
  return found === null ? null : severityIn(found, of.index);
};

export const hasSessionKeysAt = async (ask: Ask, of: { url: string; keys: string }, signal: AbortSignal): Promise<boolean> =>
  z.boolean().parse(await ask(of.url, { method: 'author_hasSessionKeys', params: [of.keys] }, signal));

export const hasKeyAt = async (ask: Ask, of: { url: string; key: string; type: string }, signal: AbortSignal): Promise<boolean> =>
  z.boolean().parse(await ask(of.url, { method: 'author_hasKey', params: [of.key, of.type] }, signal));
