import recorded from '../../../chains/ethereum/fixtures/lodestar-1.5.1.json' with { type: 'json' };
import { chains, type Before } from '../../../chains/index.ts';
import type { ValidatorConfig } from '../../../core/config.ts';
import { configOf } from '../../support/core.ts';
import { answerWith, restore } from '../replies.ts';
import { hold, same, target } from '../target.ts';
import { jsonText } from './ethereum.ts';

/** What a beacon node may answer: a hostile one must never look like a vote that it does not show, nor make the probe throw. */

interface Reply {
  readonly status: number;
  readonly body: unknown;
}
const replies: Readonly<Record<string, Reply>> = recorded.replies;
const askedFor = Object.keys(replies).find((path) => path.includes('/states/head/validators?id=')) ?? '';
const genesis = (replies['GET /eth/v1/beacon/genesis']?.body as { data: { genesis_validators_root: string } }).data.genesis_validators_root;
const beaconConfig: ValidatorConfig = {
  ...configOf(),
  chain: {
    kind: 'ethereum',
    mode: 'signer',
    publicKeys: [...askedFor.matchAll(/id=(0x[0-9a-f]{96})/g)].map(([, key]) => key),
    genesisValidatorsRoot: genesis,
    slotsPerEpoch: 8,
  },
};
const never = new AbortController().signal;

export const beacon = target<{ replies: Readonly<Record<string, { status: number; body: string }>>; before: Before | null }>({
  name: 'beacon',
  about: 'chains/ethereum/probe.ts, beacon.ts on recorded replies of Lodestar',
  make: (random, valid) => ({
    replies: Object.fromEntries(
      Object.entries(replies).map(([path, { status, body }]) => [
        path,
        { status: valid || !random.once(20) ? status : random.pick([200, 404, 500, 503]), body: jsonText(random, body, valid || !random.once(3)) },
      ]),
    ),
    before:
      valid || random.once(2)
        ? null
        : { agoMs: 5_000, memory: { head: 60 - random.between(0, 9), lastSigned: 50, stillMs: 0, observation: 'signing' } },
  }),
  run: async (input) => {
    answerWith((url, body) => input.replies[`${body === '' ? 'GET' : 'POST'} ${url.pathname}${url.search}`] ?? { status: 404, body: '{}' });
    const { result, memory } = await chains.look(beaconConfig, 'east', input.before, never);
    hold(result.sentence.length <= 300, 'the sentence is too long');
    same(memory.observation, result.observation, 'what is remembered');
    hold(result.head === null || Number.isSafeInteger(result.head), 'a head that is none');
    const blocks = Object.entries(input.replies).filter(([path, { status }]) => path.includes('/blocks/') && status === 200);
    const nothing = blocks.every(([, { body }]) => !body.includes('proposer_index'));
    hold(result.observation !== 'signing' || !nothing || input.before !== null, 'signing that no block shows');
    const landed = await chains.landed(beaconConfig, 'east', 55, never);
    hold(!landed.signed || (landed.head !== null && !nothing), 'a vote that no block shows');
    return result.observation === 'unobservable' ? 'refused' : 'accepted';
  },
  close: restore,
});
