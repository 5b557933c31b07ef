import type { Policy, ValidatorConfig } from '../../core/config.ts';
import type { DurationMs } from '../../core/time.ts';
import { onceOf, type At } from '../answers.ts';
import { moved, stillHead, unobservable, type Before, type ChainProbe, type Landed, type Look } from '../probe.ts';
import { bestWindow } from '../quiet.ts';
import { callRpc, type Ask } from '../rpc.ts';
import { configOf, type NearChain } from './config.ts';
import { authorsAt, statusAt, workAt, type Out, type Work } from './node-rpc.ts';
import { maintenanceWindows } from './windows.ts';

/** NEAR from outside: does the head move, and is the work that was expected of the validator done? */

/** Most blocks looked at in one look. */
const maxBlocks = 8;

/** As fast as blocks come; whoever waits looks again. */
const blockMs = 600;
/** Three minutes: time for a neard that must be started anew. */
const quietBlocks = 300;

interface NearLook {
  readonly chain: NearChain;
  readonly policy: Pick<Policy, 'haltAfterMs'>;
}

/** @throws Error when this vantage cannot tell. */
const readHead = async ({ chain }: NearLook, ask: Ask, url: string, signal: AbortSignal): Promise<number> => {
  const { chain_id: chainId, sync_info: sync } = await statusAt(ask, url, signal);
  if (chainId !== chain.chainId) throw new Error(`it is on chain ${chainId}`);
  if (sync.syncing) throw new Error('it is syncing');
  return sync.latest_block_height;
};

/** What was expected and done since the look before. Counters begin anew with each epoch. */
const since = (work: Work, before: Before | null): { expected: number; produced: number } => {
  const counts = before?.memory.counts;
  if (counts === undefined || counts['epochStart'] !== work.epochStart) return { expected: work.expected, produced: work.produced };
  return { expected: work.expected - (counts['expected'] ?? 0), produced: work.produced - (counts['produced'] ?? 0) };
};

const judge = (of: { head: number; work: Work; before: Before | null }): Look => {
  const { head, work, before } = of;
  const counts = { epochStart: work.epochStart, expected: work.expected, produced: work.produced };
  const { expected, produced } = since(work, before);
  const missed = expected - produced;
  const last = before?.memory.lastSigned ?? null;
  const told = (look: Look): Look => ({
    result: work.slashed ? { ...look.result, slashed: 'The validator is marked as slashed.' } : look.result,
    memory: { ...look.memory, counts },
  });
  if (produced < 0 || missed < 0) return unobservable(`It says that ${produced} of ${expected} was done.`, null);
  // Nothing was due: what was seen before still holds, and is not counted twice as a failure.
  if (expected === 0 && before?.memory.observation !== 'signing') return told(unobservable(`Nothing was due up to ${head}.`, before));
  if (expected === 0) return told(moved(head, last, true, `Nothing was due up to ${head}.`));
  const sentence = `${produced} of ${expected} blocks, chunks and endorsements, head ${head}.`;
  return missed > produced ? told(moved(head, last, false, sentence)) : told(moved(head, head, true, sentence));
};

const isOut = (account: string, { kickedOut }: Out, before: Before | null): Look => {
  if (kickedOut === null) return unobservable(`${account} is no validator of this epoch.`, before);
  const { result, memory } = unobservable(`${account} was kicked out in the last epoch: ${kickedOut}.`, before);
  // Its name while nothing is slashed for: a chain that begins with it may keep it.
  return /^(_Unused)?Slashed$/.test(kickedOut) ? { result: { ...result, slashed: `Kicked out: ${kickedOut}.` }, memory } : { result, memory };
};

const probe = {
  look: async (config: NearLook, { url, signal, answers }: At, before: Before | null): Promise<Look> => {
    try {
      const ask = onceOf(answers, callRpc);
      const head = await readHead(config, ask, url, signal);
      const known = before?.memory.head ?? null;
      if (before !== null && known !== null && head <= known) return stillHead(before, known, config.policy.haltAfterMs);
      const work = await workAt(ask, { url, account: config.chain.accountId }, signal);
      if ('kickedOut' in work) return isOut(config.chain.accountId, work, before);
      return judge({ head, work, before });
    } catch (error) {
      return unobservable(`${(error as Error).name}: ${(error as Error).message.slice(0, 200)}`, before);
    }
  },
  /** Blocks and chunks name their author; endorsements do not. */
  landed: async (config: NearLook, url: string, above: number, signal: AbortSignal): Promise<Landed> => {
    try {
      const head = await readHead(config, callRpc, url, signal);
      let whole = head <= above + maxBlocks;
      for (let height = head; height > Math.max(above, head - maxBlocks); height -= 1) {
        const seen = await authorsAt(callRpc, { url, height }, signal);
        if (seen.authors.includes(config.chain.accountId)) return { signed: true, head, whole: true };
        whole &&= seen.whole;
      }
      return { signed: false, head, whole };
    } catch {
      return { signed: false, head: null, whole: false };
    }
  },
  head: (config: NearLook, url: string, signal: AbortSignal): Promise<number | null> => readHead(config, callRpc, url, signal).catch(() => null),
  /** Endorsements are in no window: the chain counts blocks and chunks. */
  quietIn: async (config: NearLook, url: string, withinMs: DurationMs, signal: AbortSignal): Promise<number | null> => {
    try {
      const head = await readHead(config, callRpc, url, signal);
      const windows = await maintenanceWindows({ url, account: config.chain.accountId }, signal);
      const best = bestWindow(windows, { head, within: Math.floor(withinMs / blockMs), enough: quietBlocks });
      return best === null ? null : (best.start - head) * blockMs;
    } catch {
      return null;
    }
  },
};

const seenOf = ({ chain, policy }: ValidatorConfig): NearLook => ({ chain: configOf(chain), policy });

export const nearProbe: ChainProbe = {
  look: (config, at, before) => probe.look(seenOf(config), at, before),
  landed: (config, url, above, signal) => probe.landed(seenOf(config), url, above, signal),
  head: (config, url, signal) => probe.head(seenOf(config), url, signal),
  quietIn: (config, url, withinMs, signal) => probe.quietIn(seenOf(config), url, withinMs, signal),
};
