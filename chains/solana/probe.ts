import type { Policy, ValidatorConfig } from '../../core/config.ts';
import type { DurationMs } from '../../core/time.ts';
import { onceOf, type At } from '../answers.ts';
import { moved, stillHead, unobservable, type Before, type ChainProbe, type Landed, type Look } from '../probe.ts';
import { bestWindow, windowsBetween } from '../quiet.ts';
import { callRpc, type Ask } from '../rpc.ts';
import { configOf, type SolanaChain } from './config.ts';
import { balanceAt, epochAt, genesisAt, healthAt, leaderSlotsAt, slotAt, voteAccountAt, type VoteAccount } from './node-rpc.ts';

/** Solana from outside: does the head move, and do the votes of the vote account land and earn credits? */

/** A vote further behind the head than this is not of now; a healthy one is one or two slots behind. */
const freshSlots = 32;
/** Fewer new slots than this tell nothing: forks and skipped leaders keep votes back that long. */
const tellingSlots = 8;

/** As slots are meant to be; whoever waits looks again. */
const slotMs = 400;
/** Two minutes: `--min-idle-time 2` of the operators' guide. */
const quietSlots = 300;

interface SolanaLook {
  readonly chain: SolanaChain;
  readonly policy: Pick<Policy, 'haltAfterMs'>;
}

/** @throws Error when this vantage cannot tell. */
const readHead = async ({ chain }: SolanaLook, ask: Ask, url: string, signal: AbortSignal): Promise<number> => {
  const genesis = await genesisAt(ask, url, signal);
  if (genesis !== chain.genesisHash) throw new Error(`it is on the cluster ${genesis.slice(0, 44)}`);
  await healthAt(ask, url, signal);
  return slotAt(ask, url, signal);
};

const why = (error: unknown): string => `${(error as Error).name}: ${(error as Error).message.slice(0, 200)}`;

const isVoting = (account: VoteAccount, head: number, before: Before | null): boolean => {
  const was = before?.memory.lastSigned ?? null;
  if (was === null) return head - account.lastVote <= freshSlots;
  const credits = before?.memory.counts?.['credits'];
  // Late votes land without earning anything; a delinquent that catches up earns again.
  return account.lastVote > was && (!account.delinquent || (credits !== undefined && account.credits > credits));
};

const judge = async (
  config: SolanaLook,
  of: { url: string; head: number; account: VoteAccount; before: Before | null },
  signal: AbortSignal,
): Promise<Look> => {
  const { head, account, before } = of;
  const { chain } = config;
  const counts = { credits: account.credits };
  const told = (look: Look): Look => ({ ...look, memory: { ...look.memory, counts } });
  if (isVoting(account, head, before))
    return told(moved(head, account.lastVote, true, `Voted on ${account.lastVote}, head ${head}, ${account.credits} credits.`));
  const known = before?.memory.head ?? null;
  if (known !== null && head - known < tellingSlots) return told(unobservable(`Only ${head - known} slots since ${known}.`, before));
  const lamports = await balanceAt(callRpc, { url: of.url, account: chain.identity }, signal);
  if (lamports < chain.minBalanceLamports)
    return told(
      unobservable(`LowBalance: ${chain.identity} has ${lamports} lamports left to pay for votes; send it some, a failover cures nothing.`, before),
    );
  const state = account.delinquent ? 'delinquent' : 'current';
  return told(moved(head, account.lastVote, false, `No vote since ${account.lastVote}, head ${head} (${state}).`));
};

const probe = {
  look: async (config: SolanaLook, { url, signal, answers }: At, before: Before | null): Promise<Look> => {
    try {
      const head = await readHead(config, onceOf(answers, callRpc), url, signal);
      const known = before?.memory.head ?? null;
      if (before !== null && known !== null && head <= known) return stillHead(before, known, config.policy.haltAfterMs);
      const account = await voteAccountAt(callRpc, { url, vote: config.chain.voteAccount }, signal);
      if (account === null) return unobservable(`${config.chain.voteAccount} is no vote account of this cluster.`, before);
      if (account.node !== config.chain.identity)
        return unobservable(`${config.chain.voteAccount} votes by ${account.node}, not ${config.chain.identity}.`, before);
      if (!account.staked) return unobservable(`${config.chain.voteAccount} has no stake in this epoch.`, before);
      return await judge(config, { url, head, account, before }, signal);
    } catch (error) {
      return unobservable(why(error), before);
    }
  },
  landed: async (config: SolanaLook, url: string, above: number, signal: AbortSignal): Promise<Landed> => {
    try {
      const head = await readHead(config, callRpc, url, signal);
      const account = await voteAccountAt(callRpc, { url, vote: config.chain.voteAccount }, signal);
      if (account === null) throw new Error('no such vote account');
      return { signed: account.lastVote > above, head, whole: true };
    } catch {
      return { signed: false, head: null, whole: false };
    }
  },
  head: (config: SolanaLook, url: string, signal: AbortSignal): Promise<number | null> => readHead(config, callRpc, url, signal).catch(() => null),
  /** Votes are due always; what is looked for is where no leader slot is. */
  quietIn: async (config: SolanaLook, url: string, withinMs: DurationMs, signal: AbortSignal): Promise<number | null> => {
    try {
      await readHead(config, callRpc, url, signal);
      const { head, start, end } = await epochAt(callRpc, url, signal);
      const of = { url, identity: config.chain.identity };
      const within = Math.floor(withinMs / slotMs);
      const due = await leaderSlotsAt(callRpc, { ...of, start }, signal);
      if (due === null) return null;
      const later = head + within + quietSlots < end ? null : await leaderSlotsAt(callRpc, { ...of, start: end }, signal);
      const known = later === null ? end : end + (end - start);
      const best = bestWindow(windowsBetween([...due, ...(later ?? [])], { head, end: known }), { head, within, enough: quietSlots });
      return best === null ? null : (best.start - head) * slotMs;
    } catch {
      return null;
    }
  },
};

const seenOf = ({ chain, policy }: ValidatorConfig): SolanaLook => ({ chain: configOf(chain), policy });

export const solanaProbe: ChainProbe = {
  look: (config, at, before) => probe.look(seenOf(config), at, before),
  landed: (config, url, above, signal) => probe.landed(seenOf(config), url, above, signal),
  head: (config, url, signal) => probe.head(seenOf(config), url, signal),
  quietIn: (config, url, withinMs, signal) => probe.quietIn(seenOf(config), url, withinMs, signal),
};
