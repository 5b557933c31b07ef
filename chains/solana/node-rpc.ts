import * as z from 'zod';
import type { Ask } from '../rpc.ts';

/** What a Solana RPC says, parsed. @throws Error when it says nothing that can be read. */

const slot = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const identity = z.strictObject({ identity: z.string().max(44) });

export const identityAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<string> =>
  identity.parse(await ask(url, { method: 'getIdentity' }, signal)).identity;

export const slotAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<number> =>
  slot.parse(await ask(url, { method: 'getSlot', params: [{ commitment: 'confirmed' }] }, signal));

/** @throws RpcRefused -32005 when the node is behind. */
export const healthAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<void> => {
  z.literal('ok').parse(await ask(url, { method: 'getHealth' }, signal));
};

export const genesisAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<string> =>
  z.string().parse(await ask(url, { method: 'getGenesisHash' }, signal));

const epoch = z.looseObject({ absoluteSlot: slot, slotIndex: slot, slotsInEpoch: slot });

/** The first slot of the present epoch, and of the next. */
export const epochAt = async (ask: Ask, url: string, signal: AbortSignal): Promise<{ head: number; start: number; end: number }> => {
  const told = epoch.parse(await ask(url, { method: 'getEpochInfo', params: [{ commitment: 'confirmed' }] }, signal));
  const start = told.absoluteSlot - told.slotIndex;
  return { head: told.absoluteSlot, start, end: start + told.slotsInEpoch };
};

const schedule = z.record(z.string(), z.array(slot).max(500_000)).nullable();

/** Slots in which this identity is the leader, in the epoch that begins with `start`; null when that epoch is not planned yet. */
export const leaderSlotsAt = async (
  ask: Ask,
  of: { url: string; identity: string; start: number },
  signal: AbortSignal,
): Promise<number[] | null> => {
  const params = [of.start, { commitment: 'confirmed', identity: of.identity }];
  const told = schedule.parse(await ask(of.url, { method: 'getLeaderSchedule', params }, signal));
  return told === null ? null : (told[of.identity] ?? []).map((index) => of.start + index);
};

const balance = z.looseObject({ value: z.number().min(0) });

export const balanceAt = async (ask: Ask, of: { url: string; account: string }, signal: AbortSignal): Promise<number> =>
  balance.parse(await ask(of.url, { method: 'getBalance', params: [of.account, { commitment: 'confirmed' }] }, signal)).value;

/** Stake is larger than a whole number of JavaScript can be; only whether there is any is used. */
const account = z.looseObject({
  votePubkey: z.string(),
  nodePubkey: z.string(),
  activatedStake: z.number().min(0),
  lastVote: slot,
  epochCredits: z.array(z.tuple([slot, slot, slot])).max(100),
});
const accounts = z.looseObject({ current: z.array(account).max(10_000), delinquent: z.array(account).max(10_000) });

export interface VoteAccount {
  readonly lastVote: number;
  readonly node: string;
  readonly staked: boolean;
  readonly delinquent: boolean;
  /** All the credits it has ever earned. */
  readonly credits: number;
}

/** Null when the cluster knows no such vote account. */
export const voteAccountAt = async (ask: Ask, of: { url: string; vote: string }, signal: AbortSignal): Promise<VoteAccount | null> => {
  const params = [{ commitment: 'confirmed', votePubkey: of.vote, keepUnstakedDelinquents: true }];
  const { current, delinquent } = accounts.parse(await ask(of.url, { method: 'getVoteAccounts', params }, signal));
  const found = [...current, ...delinquent].filter(({ votePubkey }) => votePubkey === of.vote);
  if (found.length > 1) throw new Error(`${of.vote} is named ${found.length} times`);
  const [one] = found;
  if (one === undefined) return null;
  return {
    lastVote: one.lastVote,
    node: one.nodePubkey,
    staked: one.activatedStake > 0,
    delinquent: current.every(({ votePubkey }) => votePubkey !== of.vote),
    credits: one.epochCredits.at(-1)?.[1] ?? 0,
  };
};
