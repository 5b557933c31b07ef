import { chains, type Before } from '../../../chains/index.ts';
import type { ValidatorConfig } from '../../../core/config.ts';
import { configOf } from '../../support/core.ts';
import { mutate, mutateText, noise } from '../mutate.ts';
import { answerWith, restore } from '../replies.ts';
import { hold, target } from '../target.ts';

/** What a Solana or NEAR endpoint may answer: a hostile one must never look like a signature that it does not show, nor make a probe throw. */

interface Input {
  readonly kind: 'solana' | 'near';
  /** Results by method, as text. */
  readonly replies: Readonly<Record<string, string>>;
  readonly before: Before | null;
}

const vote = '3ZT31jkAGhUaw8jsy4bTknwBMP8i4Eueh52By4zXcsVw';
const identity = 'B97CCUW3AEZFGy6uUg6zUdnNYvnVq5VG8PUtb2HayTDD';
const genesisHash = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';
const account = 'amber.poolv1.near';
const configs: Readonly<Record<Input['kind'], ValidatorConfig>> = {
  solana: { ...configOf(), chain: { kind: 'solana', genesisHash, voteAccount: vote, identity, minBalanceLamports: 1 } },
  near: { ...configOf(), chain: { kind: 'near', chainId: 'mainnet', accountId: account } },
};
const never = new AbortController().signal;

const solana = (head: number, lastVote: number): Record<string, unknown> => ({
  getGenesisHash: genesisHash,
  getHealth: 'ok',
  getSlot: head,
  getBalance: { value: 5 },
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
  },
  block: { author: account, header: { height: head }, chunks: [] },
});

/** Every whole number that the text shows under this name. */
const numbersOf = (text: string | undefined, name: string): number[] =>
  [...(text ?? '').matchAll(new RegExp(`"${name}"\\s*:\\s*(\\d+)`, 'g'))].map(([, digits]) => Number(digits));

/** Nothing shows work by the validator but these. */
const mayBeSigning = ({ kind, replies }: Input): boolean =>
  kind === 'solana'
    ? (replies['getVoteAccounts'] ?? '').includes(vote) && numbersOf(replies['getVoteAccounts'], 'lastVote').length > 0
    : (replies['validators'] ?? '').includes(account);

export const rpcProbes = target<Input>({
  name: 'rpc-probes',
  about: 'chains/rpc.ts, chains/solana/probe.ts, chains/near/probe.ts',
  make: (random, valid) => {
    const kind = random.pick(['solana', 'near'] as const);
    const head = random.pick([random.between(100, 200), random.between(100, 1e9)]);
    const whole = kind === 'solana' ? solana(head, head - random.below(40)) : near(head, random.below(10));
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
    hold(result.observation !== 'signing' || mayBeSigning(input), 'signing that nothing shows');
    hold(result.head === null || Number.isSafeInteger(result.head), 'a head that is none');
    const landed = await chains.landed(config, 'east', 3, never);
    hold(!landed.signed || landed.head !== null, 'a signature without a head');
    const head = await chains.headOf(config, never);
    hold(head === null || Number.isSafeInteger(head), 'a head that is none');
    return result.observation === 'unobservable' ? 'refused' : 'accepted';
  },
  close: restore,
});
