import { chains, type Before } from '../../../chains/index.ts';
import type { ValidatorConfig } from '../../../core/config.ts';
import { durationMs } from '../../../core/time.ts';
import { configOf } from '../../support/core.ts';
import { mutate, mutateText, noise } from '../mutate.ts';
import { answerWith, restore } from '../replies.ts';
import { hold, target } from '../target.ts';

/** What an endpoint of Solana, NEAR or Polkadot may answer: a hostile one must never look like a signature that it does not show, nor make a probe throw. */

interface Input {
  readonly kind: 'solana' | 'near' | 'polkadot';
  /** Results by method, as text. */
  readonly replies: Readonly<Record<string, string>>;
  readonly before: Before | null;
}

const vote = '3ZT31jkAGhUaw8jsy4bTknwBMP8i4Eueh52By4zXcsVw';
const identity = 'B97CCUW3AEZFGy6uUg6zUdnNYvnVq5VG8PUtb2HayTDD';
const genesisHash = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';
const account = 'amber.poolv1.near';
const hash = `0x${'ab'.repeat(32)}`;
const configs: Readonly<Record<Input['kind'], ValidatorConfig>> = {
  solana: { ...configOf(), chain: { kind: 'solana', genesisHash, voteAccount: vote, identity, minBalanceLamports: 1 } },
  near: { ...configOf(), chain: { kind: 'near', chainId: 'mainnet', accountId: account } },
  polkadot: { ...configOf(), chain: { kind: 'polkadot', genesisHash: hash, stash: `0x${'11'.repeat(32)}`, mode: 'distinct-keys', patience: 8 } },
};
const never = new AbortController().signal;

const solana = (head: number, lastVote: number): Record<string, unknown> => ({
  getGenesisHash: genesisHash,
  getHealth: 'ok',
  getSlot: head,
  getBalance: { value: 5 },
  getEpochInfo: { absoluteSlot: head, slotIndex: 50, slotsInEpoch: 432_000 },
  getLeaderSchedule: { [identity]: [10, 11, 12, 13, 400] },
  getVoteAccounts: {
    current: [{ votePubkey: vote, nodePubkey: identity, activatedStake: 42, lastVote, epochCredits: [[2, 192, 64]] }],
    delinquent: [],
  },
});
const near = (head: number, produced: number): Record<string, unknown> => ({
  status: { chain_id: 'mainnet', sync_info: { latest_block_height: head, syncing: false } },
  validators: {
    current_validators: [{ account_id: account, num_produced_blocks: produced, num_expected_blocks: 9 }],
    epoch_start_height: 1,
    prev_epoch_kickout: [{ account_id: 'other.near', reason: { NotEnoughBlocks: { produced: 1, expected: 9 } } }],
  },
  maintenance_windows: [[head + 5, head + 400]],
  block: { author: account, header: { height: head }, chunks: [] },
});

/** One block, which is every block; the second of two validators is this one. */
const polkadot = (head: number): Record<string, unknown> => ({
  chain_getBlockHash: hash,
  system_health: { peers: 5, isSyncing: false, shouldHavePeers: true },
  chain_getFinalizedHead: hash,
  chain_getHeader: { number: `0x${head.toString(16)}`, parentHash: hash, digest: { logs: ['0x06424142453402010000000100000000000000'] } },
  state_getStorage: `0x08${'22'.repeat(32)}${'11'.repeat(32)}`,
});

/** Every whole number that the text shows under this name. */
const numbersOf = (text: string | undefined, name: string): number[] =>
  [...(text ?? '').matchAll(new RegExp(`"${name}"\\s*:\\s*(\\d+)`, 'g'))].map(([, digits]) => Number(digits));

/** Nothing shows work by the validator but these. */
const mayBeSigning = ({ kind, replies }: Input): boolean => {
  if (kind === 'near') return (replies['validators'] ?? '').includes(account);
  if (kind === 'polkadot')
    return (replies['state_getStorage'] ?? '').includes('11'.repeat(32)) && (replies['chain_getHeader'] ?? '').includes('42414245');
  return (replies['getVoteAccounts'] ?? '').includes(vote) && numbersOf(replies['getVoteAccounts'], 'lastVote').length > 0;
};

export const rpcProbes = target<Input>({
  name: 'rpc-probes',
  about: 'chains/rpc.ts, the probes of chains/{solana,near,polkadot}',
  make: (random, valid) => {
    const kind = random.pick(['solana', 'near', 'polkadot'] as const);
    const head = random.pick([random.between(100, 200), random.between(100, 1e9)]);
    const made = { solana: () => solana(head, head - random.below(40)), near: () => near(head, random.below(10)), polkadot: () => polkadot(head) };
    const whole = made[kind]();
    const text = (value: unknown): string => {
      if (valid || random.once(2)) return JSON.stringify(value);
      if (random.once(10)) return noise(random);
      const changed = JSON.stringify(mutate(random, value)) ?? 'undefined';
      return random.once(3) ? mutateText(random, changed) : changed;
    };
    const replies = Object.fromEntries(Object.entries(whole).map(([method, value]) => [method, text(value)]));
    const memory = { head: head - random.between(1, 20), lastSigned: head - 30, stillMs: 0, observation: 'signing' as const };
    return { kind, replies, before: valid || random.once(2) ? null : { agoMs: 5_000, memory } };
  },
  run: async (input) => {
    answerWith((_, body) => {
      const { id, method } = JSON.parse(body) as { id: string; method: string };
      return { status: 200, body: `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${input.replies[method] ?? 'null'}}` };
    });
    const config = configs[input.kind];
    const { result, memory } = await chains.look(config, 'east', input.before, never);
    hold(result.sentence.length <= 300, 'the sentence is too long');
    hold(memory.observation === result.observation && memory.stillMs >= 0, 'the memory says something else');
    // Between two blocks it is as it was.
    const still = input.before !== null && result.head !== null && result.head <= (input.before.memory.head ?? 0);
    hold(result.observation !== 'signing' || still || mayBeSigning(input), 'signing that nothing shows');
    hold(result.head === null || Number.isSafeInteger(result.head), 'a head that is none');
    const landed = await chains.landed(config, 'east', 3, never);
    hold(!landed.signed || landed.head !== null, 'a signature without a head');
    const head = await chains.headOf(config, never);
    hold(head === null || Number.isSafeInteger(head), 'a head that is none');
    const quietMs = await chains.quietIn(config, durationMs(600_000), never);
    hold(quietMs === null || (quietMs >= 0 && quietMs <= 600_000), `a quiet time in ${quietMs} ms`);
    return result.observation === 'unobservable' ? 'refused' : 'accepted';
  },
  close: restore,
});
