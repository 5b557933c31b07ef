import type { ValidatorConfig } from '../../core/config.ts';
import { onceOf, type At } from '../answers.ts';
import { moved, stillHead, unobservable, type Before, type ChainProbe, type Look } from '../probe.ts';
import { callRpc, type Ask } from '../rpc.ts';
import { configOf } from './config.ts';
import { authoredAt, finalizedAt, hashAt, headerAt, healthAt, offenceAt, type Header } from './node-rpc.ts';

/**
 * Polkadot from outside: does finality move, and does the validator author blocks? One of hundreds authors a block in half an hour, and nothing
 * else that it signs names it on chain: until it is long overdue, its silence tells nothing.
 */

/** Most blocks looked at in one look. */
const maxBlocks = 8;

/** The last final block. @throws Error when this vantage cannot tell. */
const readHead = async (config: ValidatorConfig, ask: Ask, url: string, signal: AbortSignal): Promise<Header> => {
  const { genesisHash } = configOf(config.chain);
  const genesis = await hashAt(ask, { url, height: 0 }, signal);
  if (genesis !== genesisHash) throw new Error(`it is on the chain ${genesis}`);
  const { isSyncing, peers, shouldHavePeers } = await healthAt(ask, url, signal);
  if (isSyncing) throw new Error('it is syncing');
  if (shouldHavePeers && peers === 0) throw new Error('it has no peers');
  return finalizedAt(ask, url, signal);
};

interface Scan {
  readonly last: number | null;
  /** Its place in the set of validators of the newest block; -1 when it has none. */
  readonly index: number;
  readonly size: number;
}

/** From the head down to `from`: the blocks that the stash authored. */
const scan = async (of: { ask: Ask; url: string; stash: string; head: Header; from: number }, signal: AbortSignal): Promise<Scan> => {
  let header = of.head;
  let found: Scan | null = null;
  for (;;) {
    const { author, validators } = await authoredAt(of.ask, { url: of.url, header }, signal);
    found ??= { last: null, index: validators.indexOf(of.stash), size: validators.length };
    if (author === of.stash) return { ...found, last: header.number };
    if (header.number <= of.from) return found;
    const parent = await headerAt(of.ask, { url: of.url, hash: header.parentHash }, signal);
    if (parent.number !== header.number - 1) throw new Error(`the parent of ${header.number} is ${parent.number}`);
    header = parent;
  }
};

/** The chain keeps offences by their time, and what follows by validator: disabled until the era ends. The set is the one of the parent. */
const slashedOf = async (of: { ask: Ask; url: string; hash: string; index: number }, signal: AbortSignal): Promise<string | undefined> => {
  const severity = await offenceAt(of.ask, of, signal);
  if (severity === null) return undefined;
  return `Disabled in this era for an offence (two signatures, or a vote for what is invalid) of severity ${+(severity * 100).toFixed(6)} %.`;
};

const look = async (config: ValidatorConfig, { url, signal, answers }: At, before: Before | null): Promise<Look> => {
  const ask = onceOf(answers, callRpc);
  const { stash, patience } = configOf(config.chain);
  const head = await readHead(config, ask, url, signal);
  const known = before?.memory.head ?? null;
  if (before !== null && known !== null && head.number <= known) return stillHead(before, known, config.policy.haltAfterMs);
  const from = Math.max(1, head.number - maxBlocks + 1, (known ?? 0) + 1);
  const { last, index, size } = await scan({ ask, url, stash, head, from }, signal);
  // From here on every block was looked at, and none was its own. A block that was not looked at may have been.
  const whole = known !== null && from === known + 1;
  const since = last ?? (whole ? (before?.memory.counts?.['since'] ?? from) : from);
  const lastSigned = last ?? before?.memory.lastSigned ?? null;
  const slashed = index === -1 ? undefined : await slashedOf({ ask, url, hash: head.parentHash, index }, signal);
  const told = ({ result, memory }: Look): Look => ({
    result: slashed === undefined ? result : { ...result, slashed },
    memory: { ...memory, head: head.number, lastSigned, counts: { since } },
  });
  if (last !== null) return told(moved(head.number, last, true, `Authored ${last}, final head ${head.number}.`));
  if (index === -1) return told(unobservable(`${stash} is not in the active set.`, before));
  const due = patience * size;
  if (head.number - since >= due)
    return told(moved(head.number, lastSigned, false, `No block of its own from ${since} to ${head.number}; ${due} are more than chance.`));
  return told(unobservable(`No block of its own since ${since}: nothing can be told before ${since + due}.`, before));
};

export const polkadotProbe: ChainProbe = {
  look: async (config, at, before) => {
    try {
      return await look(config, at, before);
    } catch (error) {
      return unobservable(`${(error as Error).name}: ${(error as Error).message.slice(0, 200)}`, before);
    }
  },
  landed: async (config, url, above, signal) => {
    try {
      const head = await readHead(config, callRpc, url, signal);
      if (head.number <= above) return { signed: false, head: head.number, whole: true };
      const from = Math.max(above + 1, head.number - maxBlocks + 1);
      const { last } = await scan({ ask: callRpc, url, stash: configOf(config.chain).stash, head, from }, signal);
      return { signed: last !== null, head: head.number, whole: last !== null || from === above + 1 };
    } catch {
      return { signed: false, head: null, whole: false };
    }
  },
  head: (config, url, signal) =>
    readHead(config, callRpc, url, signal).then(
      ({ number }) => number,
      () => null,
    ),
};
