import { createServer, type ServerResponse } from 'node:http';
import { closeServer, listen } from '../../local/loopback.ts';
import { chainRoot } from './ethereum.ts';

/**
 * A beacon node that can tell the truth, nothing, or nonsense. Replies have the shapes that Lodestar gives. Each validator of the test is the
 * only one that votes in its slot of each epoch: validator n in slot n of 8; two committees a slot, it is third in the second one.
 */

export interface BeaconWorld {
  head: number;
  /** Slots that passed since the head. */
  behind: number;
  syncing: boolean;
  optimistic: boolean;
  health: number;
  chain: string;
  finalized: number;
  /** Public keys by index. */
  readonly keys: Map<number, string>;
  readonly slashed: Set<number>;
  readonly exited: Set<number>;
  /** Slots whose vote landed, in the block after. */
  readonly voted: Set<number>;
  /** Slots of blocks that one of them proposed. */
  readonly proposed: Set<number>;
  readonly empty: Set<number>;
  /** Since Electra. */
  electra: boolean;
  live: boolean | null;
  broken: string | null;
  answer: ((response: ServerResponse) => void) | null;
}

export const slotsPerEpoch = 8;

export const beaconWorld = (): BeaconWorld => ({
  head: 40,
  behind: 0,
  syncing: false,
  optimistic: false,
  health: 200,
  chain: chainRoot,
  finalized: 3,
  keys: new Map(),
  slashed: new Set(),
  exited: new Set(),
  voted: new Set(),
  proposed: new Set(),
  empty: new Set(),
  electra: false,
  live: false,
  broken: null,
  answer: null,
});

const root = `0x${'01'.repeat(32)}`;
const place = { committee: 1, sizes: [5, 4], member: 2 };

/** Bits of these places, then the end of the list. */
const bitlist = (length: number, set: readonly number[]): string => {
  const bytes = Buffer.alloc(Math.floor(length / 8) + 1);
  for (const at of [...set, length]) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
  return `0x${bytes.toString('hex')}`;
};

const voteIn = (world: BeaconWorld, slot: number): unknown => {
  const set = world.voted.has(slot);
  const [first = 0, second = 0] = place.sizes;
  const data = { slot: String(slot), index: world.electra ? '0' : String(place.committee), beacon_block_root: root };
  if (!world.electra) return { aggregation_bits: bitlist(second, set ? [place.member] : [0]), data, signature: root };
  return {
    aggregation_bits: bitlist(first + second, set ? [first + place.member] : [place.member]),
    committee_bits: '0x0300000000000000',
    data,
    signature: root,
  };
};

const blockAt = (world: BeaconWorld, slot: number): unknown => ({
  version: world.electra ? 'electra' : 'bellatrix',
  data: {
    message: {
      slot: String(slot),
      proposer_index: world.proposed.has(slot) ? String([...world.keys.keys()][0]) : '999',
      parent_root: root,
      state_root: root,
      body: { randao_reveal: root, attestations: slot === 0 ? [] : [voteIn(world, slot - 1)] },
    },
    signature: root,
  },
});

const validatorsOf = (world: BeaconWorld, ids: readonly string[]): unknown =>
  [...world.keys]
    .filter(([, key]) => ids.includes(key))
    .map(([index, key]) => ({
      index: String(index),
      balance: '32000000000',
      status: world.exited.has(index) ? 'exited_unslashed' : world.slashed.has(index) ? 'active_slashed' : 'active_ongoing',
      validator: { pubkey: key, slashed: world.slashed.has(index) },
    }));

const dutiesOf = (world: BeaconWorld, epoch: number, indices: readonly string[]): unknown =>
  [...world.keys]
    .filter(([index]) => indices.includes(String(index)))
    .map(([index, key]) => ({
      pubkey: key,
      validator_index: String(index),
      committee_index: String(place.committee),
      committee_length: String(place.sizes[place.committee]),
      committees_at_slot: '2',
      validator_committee_index: String(place.member),
      slot: String(epoch * slotsPerEpoch + (index % slotsPerEpoch)),
    }));

const members = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

const replyOf = (world: BeaconWorld, url: URL, body: string): unknown => {
  const { pathname: path, searchParams: query } = url;
  if (path === '/eth/v1/beacon/genesis')
    return { data: { genesis_validators_root: world.chain, genesis_time: '1', genesis_fork_version: '0x00000001' } };
  if (path === '/eth/v1/node/syncing')
    return {
      data: { head_slot: String(world.head), sync_distance: String(world.behind), is_syncing: world.syncing, is_optimistic: world.optimistic },
    };
  if (path.endsWith('/finality_checkpoints')) return { data: { finalized: { epoch: String(world.finalized), root } } };
  if (path.endsWith('/states/head/validators')) return { data: validatorsOf(world, query.getAll('id')) };
  if (path.endsWith('/states/head/committees')) {
    const slot = query.get('slot') ?? '';
    return { data: place.sizes.map((size, index) => ({ index: String(index), slot, validators: members(size) })) };
  }
  const [, kind, number] = /\/(duties\/attester|blocks|liveness)\/(\d+)$/.exec(path) ?? [];
  if (kind === 'duties/attester') {
    const now = Math.floor((world.head + world.behind) / slotsPerEpoch);
    return Math.abs(Number(number) - now) > 1 ? null : { dependent_root: root, data: dutiesOf(world, Number(number), JSON.parse(body) as string[]) };
  }
  if (kind === 'blocks') return Number(number) > world.head || world.empty.has(Number(number)) ? null : blockAt(world, Number(number));
  if (kind === 'liveness' && world.live !== null) return { data: (JSON.parse(body) as string[]).map((index) => ({ index, is_live: world.live })) };
  return null;
};

/** @returns its URL, and what ends it. */
export const serveBeacon = async (world: BeaconWorld): Promise<{ url: string; close: () => Promise<void> }> => {
  const server = createServer((request, response) => {
    if (world.answer) {
      world.answer(response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://x');
      if (url.pathname === '/eth/v1/node/health') {
        response.writeHead(world.health).end();
        return;
      }
      const reply =
        world.broken !== null && url.pathname.includes(world.broken) ? { data: 'nonsense' } : replyOf(world, url, Buffer.concat(chunks).toString());
      const status = reply === null ? 404 : 200;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply ?? { statusCode: 404, message: 'not found' }));
    });
  });
  return { url: await listen(server), close: () => closeServer(server) };
};
