import type { ValidatorConfig } from '../../core/config.ts';
import { atOf, type At } from '../answers.ts';
import { stillHead, unobservable, type Before, type ChainProbe, type Look } from '../probe.ts';
import { beacon, bitAt, type Block, type Duty, type Sync, type Validator, type Vote } from './beacon.ts';
import { configOf, type EthereumConfig } from './config.ts';
import { epochOf } from './mark.ts';

/** Ethereum from outside: do the votes that the keys owe land in blocks? The keys move together, so one that votes speaks for all. */

/** So many keys are looked at, spread over all: as many as fit into one request. */
const maxKeys = 40;
/** Most blocks read in one look. */
const maxBlocks = 8;
/** A vote may take two blocks to land; it is not missed before. */
const landsWithin = 2;
/** So many slots with a duty must pass without a vote: one is missed now and then by anybody. */
const missedSlots = 2;
/** A chain that has not finalised for so many epochs is in trouble itself. */
const finalityLag = 4;

const sampleOf = ({ publicKeys }: EthereumConfig): string[] => {
  const step = Math.max(1, publicKeys.length / maxKeys);
  return Array.from({ length: Math.min(maxKeys, publicKeys.length) }, (_, at) => publicKeys[Math.floor(at * step)] ?? '');
};

const readSync = async (config: ValidatorConfig, at: At): Promise<Sync> => {
  const { genesisValidatorsRoot } = configOf(config.chain);
  const found = await beacon.genesisRoot(at);
  if (found !== genesisValidatorsRoot) throw new Error(`it is on the chain of ${found}`);
  const sync = await beacon.sync(at);
  if (!sync.synced) throw new Error('it is syncing');
  return sync;
};

const isActive = ({ status }: Validator): boolean => status.startsWith('active');

/** Whether this vote holds the duty. Since Electra one vote spans several committees of its slot, in the order of their indices. */
const holds = (vote: Vote, duty: Duty, sizes: ReadonlyMap<number, number>): boolean => {
  if (vote.data.slot !== duty.slot) return false;
  if (vote.committee_bits === undefined)
    return vote.data.index === duty.committee_index && bitAt(vote.aggregation_bits, duty.validator_committee_index);
  if (!bitAt(vote.committee_bits, duty.committee_index)) return false;
  let offset = 0;
  for (let index = 0; index < duty.committee_index; index += 1) {
    if (!bitAt(vote.committee_bits, index)) continue;
    const size = sizes.get(index);
    if (size === undefined) throw new Error(`the size of committee ${index} in slot ${duty.slot} is not told`);
    offset += size;
  }
  return bitAt(vote.aggregation_bits, offset + duty.validator_committee_index);
};

interface Seen {
  readonly duties: readonly Duty[];
  /** Highest slot of a vote or block of these keys in the blocks that were read; null when there is none. */
  readonly lastSigned: number | null;
}

/** What the keys owed from `from` on, and what of it stands in the blocks `from` to `to`. */
const readVotes = async (
  at: At,
  of: { indices: readonly number[]; from: number; dutiesFrom: number; to: number; slotsPerEpoch: number },
): Promise<Seen> => {
  const duties: Duty[] = [];
  const [first, last] = [epochOf(of.dutiesFrom, of.slotsPerEpoch), epochOf(of.to, of.slotsPerEpoch)];
  for (let epoch = first; epoch <= last; epoch += 1) duties.push(...(await beacon.duties(at, { epoch, indices: of.indices })));
  let lastSigned: number | null = null;
  for (let slot = of.from; slot <= of.to; slot += 1) {
    const block = await beacon.block(at, slot);
    const landed = block === null ? null : await lastIn(at, { block, duties, indices: of.indices });
    lastSigned = landed === null ? lastSigned : Math.max(lastSigned ?? 0, landed);
  }
  return { duties, lastSigned };
};

const lastIn = async (at: At, of: { block: Block; duties: readonly Duty[]; indices: readonly number[] }): Promise<number | null> => {
  const { block, duties } = of;
  const found: number[] = of.indices.includes(block.proposer_index) ? [block.slot] : [];
  const sizes = new Map<number, ReadonlyMap<number, number>>();
  for (const vote of block.body.attestations) {
    const owed = duties.filter(({ slot }) => slot === vote.data.slot);
    if (owed.length === 0) continue;
    const { slot } = vote.data;
    if (vote.committee_bits !== undefined && !sizes.has(slot)) sizes.set(slot, await beacon.committeeSizes(at, slot));
    if (owed.some((duty) => holds(vote, duty, sizes.get(slot) ?? new Map()))) found.push(slot);
  }
  return found.length === 0 ? null : Math.max(...found);
};

const slashedOf = (all: readonly Validator[]): string | undefined => {
  const slashed = all.filter(({ validator }) => validator.slashed);
  return slashed[0] === undefined ? undefined : `${slashed.length} of ${all.length} keys are slashed, first ${slashed[0].validator.pubkey}.`;
};

/** No vote landed though some were owed: whatever speaks against the keys being down makes it unknown. */
const silent = async (
  at: At,
  of: { indices: readonly number[]; head: number; lastSigned: number | null; missed: number; slotsPerEpoch: number },
): Promise<{ observation: 'failing' | 'unobservable'; sentence: string }> => {
  const { head, lastSigned, missed, slotsPerEpoch } = of;
  const epoch = epochOf(head, slotsPerEpoch);
  const doubt = (sentence: string) => ({ observation: 'unobservable', sentence }) as const;
  if (missed < missedSlots) return doubt(`A vote was not seen in ${missed} slot; one may be missed by anybody.`);
  const finalized = await beacon.finalizedEpoch(at);
  if (epoch - finalized > finalityLag) return doubt(`The chain has not finalised since epoch ${finalized}.`);
  // Seen at work elsewhere than in blocks: it may only be that its votes do not get in.
  const explained = lastSigned !== null && epochOf(lastSigned, slotsPerEpoch) >= epoch;
  if (!explained && (await beacon.live(at, { epoch, indices: of.indices })) === true)
    return doubt(`No vote landed in ${missed} slots, but the node has seen the keys at work in epoch ${epoch}.`);
  return { observation: 'failing', sentence: `No vote landed in ${missed} slots, head ${head}.` };
};

interface Window {
  readonly head: number;
  readonly from: number;
  readonly dutiesFrom: number;
  readonly lastSigned: number | null;
  readonly since: number;
}

/** Which blocks to read and which duties to ask for; nodes tell duties of this epoch and the one before. */
const windowOf = (of: { head: number; now: number; before: Before | null; slotsPerEpoch: number }): Window => {
  const { head, before, slotsPerEpoch } = of;
  const known = before?.memory.head ?? null;
  const from = Math.max(1, head - maxBlocks + 1, known === null ? 0 : known + 1);
  const lastSigned = before?.memory.lastSigned ?? null;
  const counted = before?.memory.counts?.['since'] ?? (lastSigned === null ? undefined : lastSigned + 1);
  // What could have landed in blocks that were not read is not known to be missed.
  const unread = counted === undefined || (known !== null && from > known + 1);
  const since = unread ? Math.max(0, from - 1) : Math.max(counted, (lastSigned ?? -1) + 1);
  const dutiesFrom = Math.max(0, Math.min(since, from), (epochOf(of.now, slotsPerEpoch) - 1) * slotsPerEpoch);
  return { head, from, dutiesFrom, lastSigned, since };
};

const judge = async (at: At, of: Window & { indices: readonly number[]; slotsPerEpoch: number; before: Before | null }): Promise<Look> => {
  const { head, since, before } = of;
  const seen = await readVotes(at, { ...of, to: head });
  const lastSigned = seen.lastSigned === null ? of.lastSigned : Math.max(seen.lastSigned, of.lastSigned ?? 0);
  const lookOf = (observation: 'signing' | 'failing' | 'unobservable', sentence: string): Look => ({
    result: { observation, head, lastSigned, sentence },
    memory: { head, lastSigned, stillMs: 0, observation, counts: { since } },
  });
  if (seen.lastSigned !== null) return lookOf('signing', `Voted for slot ${lastSigned}, head ${head}.`);
  const missed = new Set(seen.duties.map(({ slot }) => slot).filter((slot) => slot >= since && slot <= head - landsWithin)).size;
  if (missed === 0) {
    // Nothing was owed: it is as it was.
    const was = before?.memory.observation === 'signing' ? 'signing' : 'unobservable';
    return lookOf(was, `No vote was due since slot ${since}, head ${head}.`);
  }
  const { observation, sentence } = await silent(at, { ...of, lastSigned, missed });
  return lookOf(observation, sentence);
};

const lookAt = async (config: ValidatorConfig, at: At, before: Before | null): Promise<Look> => {
  const chain = configOf(config.chain);
  const { slotsPerEpoch } = chain;
  const { headSlot: head, nowSlot: now } = await readSync(config, at);
  if (!(await beacon.healthy(at))) throw new Error('it says that it is not well');
  const known = before?.memory.head ?? null;
  if (before !== null && known !== null && head <= known) return stillHead(before, known, config.policy.haltAfterMs);
  const all = await beacon.validators(at, sampleOf(chain));
  const slashed = slashedOf(all);
  const told = (found: Look): Look => (slashed === undefined ? found : { ...found, result: { ...found.result, slashed } });
  const indices = all.filter(isActive).map(({ index }) => index);
  if (indices.length === 0) return told(unobservable('None of the keys is an active validator.', before));
  return told(await judge(at, { ...windowOf({ head, now, before, slotsPerEpoch }), indices, slotsPerEpoch, before }));
};

export const ethereumProbe: ChainProbe = {
  look: async (config, at, before) => {
    try {
      return await lookAt(config, at, before);
    } catch (error) {
      return unobservable(`${(error as Error).name}: ${(error as Error).message.slice(0, 200)}`, before);
    }
  },
  landed: async (config, url, above, signal) => {
    try {
      const chain = configOf(config.chain);
      const { slotsPerEpoch } = chain;
      const at = atOf(url, signal);
      const { headSlot, nowSlot } = await readSync(config, at);
      const indices = (await beacon.validators(at, sampleOf(chain))).filter(isActive).map(({ index }) => index);
      if (indices.length === 0) return { signed: false, head: nowSlot, whole: false };
      const from = Math.max(above + 1, headSlot - maxBlocks + 1);
      // A vote is older than its block, by an epoch at most.
      const dutiesFrom = Math.max(above + 1, from - slotsPerEpoch, (epochOf(nowSlot, slotsPerEpoch) - 1) * slotsPerEpoch);
      const last = from > headSlot ? null : (await readVotes(at, { indices, from, dutiesFrom, to: headSlot, slotsPerEpoch })).lastSigned;
      const signed = last !== null && last > above;
      // A sample of the keys tells that they sign, and not that none of them did.
      return { signed, head: nowSlot, whole: headSlot <= above + maxBlocks && chain.publicKeys.length <= maxKeys };
    } catch {
      return { signed: false, head: null, whole: false };
    }
  },
  // The slot of now and not of the newest block: a vote is signed for it either way.
  head: (config, url, signal) =>
    readSync(config, atOf(url, signal))
      .then(({ nowSlot }) => nowSlot)
      .catch(() => null),
};
