import { describe, expect, test } from 'vitest';
import { rooted, signRequest, signingRootOf } from './duties.ts';
import { bitlistRoot, hexOf, merkleize, uint64Root, vectorRoot } from './ssz.ts';

/** Roots as @lodestar/types 1.5.1 and @chainsafe/ssz compute them. */

const of = (fill: string, bytes = 32): string => `0x${fill.repeat(bytes)}`;
const chain = of('0a');
const fork = { fork: { previous_version: '0x01000001', current_version: '0x02000001', epoch: '1' }, genesis_validators_root: chain };
const epochOf = (slot: number): number => Math.floor(slot / 8);
const vote = {
  slot: '19',
  index: '3',
  beacon_block_root: of('01'),
  source: { epoch: '1', root: of('02') },
  target: { epoch: '2', root: of('03') },
};
const header = { slot: '19', proposer_index: '7', parent_root: of('01'), state_root: of('02'), body_root: of('03') };
const aggregate = { aggregation_bits: '0x8d05', data: vote, signature: of('04', 96) };
const contribution = {
  slot: '19',
  beacon_block_root: of('01'),
  subcommittee_index: '2',
  aggregation_bits: '0x8d',
  signature: of('04', 96),
};

const rootOf = (body: unknown): string => {
  const request = signRequest.parse(body);
  return hexOf(signingRootOf({ duty: rooted(request, epochOf), fork: request.fork_info, genesisForkVersion: '0x00000000' }));
};

describe('the signing root of', () => {
  test.each([
    ['ATTESTATION', { attestation: vote }, '0xd4c5f7b2e1aba52d2f24a4e1c02d5bccc027abbc0e7dede7fb46896d3d188ef2'],
    [
      'BLOCK_V2',
      { beacon_block: { version: 'BELLATRIX', block_header: header } },
      '0x8e9edd7bd70ef851bae99b39955748cc9714085bacca65e3052baaaf769e4916',
    ],
    [
      'AGGREGATE_AND_PROOF',
      { aggregate_and_proof: { aggregator_index: '5', aggregate, selection_proof: of('05', 96) } },
      '0xcae979f38b2c5d07119f0f5d811a960be62d718d8393b1439ef6696acfc45665',
    ],
    [
      'SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF',
      { contribution_and_proof: { aggregator_index: '5', contribution, selection_proof: of('05', 96) } },
      '0x12e27574ec2f57f499404e61a2c3484d83688254b92b9341db2f3f7581b08465',
    ],
    [
      'VALIDATOR_REGISTRATION',
      { validator_registration: { fee_recipient: of('06', 20), gas_limit: '30000000', timestamp: '1700000000', pubkey: of('07', 48) } },
      '0xa4121d8dd46702f901ea2ed0bd521ed4ca9d31f3f0879200edfe95cf99c2bf67',
    ],
    ['AGGREGATION_SLOT', { aggregation_slot: { slot: '19' } }, '0xa06f0ad6cfdcd07d7a2e8b795304dd6e737c74a10227f484ad733679d2782603'],
    ['RANDAO_REVEAL', { randao_reveal: { epoch: '2' } }, '0xec033bda43b5e12cf3412136465d288ece8cfa55e3c803e905347ae3e7e938c9'],
    [
      'SYNC_COMMITTEE_SELECTION_PROOF',
      { sync_aggregator_selection_data: { slot: '19', subcommittee_index: '2' } },
      '0xa39c5211c4b2366776d3c9382a2ad44528d6275cec4b4ba6e95817210e71d098',
    ],
    [
      'SYNC_COMMITTEE_MESSAGE',
      { sync_committee_message: { beacon_block_root: of('01'), slot: '19' } },
      '0xfed2d3c8775cb2e4e4be7d1b263c0156c5e734ca22bdafa5fb1674af96141849',
    ],
  ])('%s', (type, body, root) => {
    expect(rootOf({ type, fork_info: fork, ...body })).toBe(root);
  });
  test('an aggregate since Electra, by the types of the specification in @chainsafe/ssz', () => {
    const electra = {
      aggregation_bits: `0x${'499224'.repeat(12)}4912`,
      data: { ...vote, index: '0' },
      signature: of('04', 96),
      committee_bits: '0x2000000000000000',
    };
    const data = { aggregator_index: '5', aggregate: electra, selection_proof: of('05', 96) };
    const root = '0x999682986a10c0228900a7e916af86b3098e3ff814f1bf3e66dbc142507b2700';
    expect(rootOf({ type: 'AGGREGATE_AND_PROOF_V2', fork_info: fork, aggregate_and_proof: { version: 'ELECTRA', data } })).toBe(root);
  });
  test('a vote before the fork has the version before it', () => {
    const before = { ...fork, fork: { ...fork.fork, epoch: '3', previous_version: '0x02000001', current_version: '0x03000001' } };
    const root = '0xd4c5f7b2e1aba52d2f24a4e1c02d5bccc027abbc0e7dede7fb46896d3d188ef2';
    expect(rootOf({ type: 'ATTESTATION', attestation: vote, fork_info: before })).toBe(root);
  });
});

describe('what cannot be verified is no request', () => {
  test.each([
    ['an unknown type', { type: 'BLOCK' }],
    ['an exit', { type: 'VOLUNTARY_EXIT', voluntary_exit: { epoch: '1', validator_index: '1' } }],
    ['a block without its header', { type: 'BLOCK_V2', beacon_block: { version: 'ALTAIR', block: header } }],
    ['a slot that is a number', { type: 'AGGREGATION_SLOT', aggregation_slot: { slot: 19 } }],
    [
      'an epoch that no machine counts to',
      { type: 'ATTESTATION', attestation: { ...vote, target: { epoch: '18446744073709551615', root: of('03') } } },
    ],
    ['a root that is too short', { type: 'ATTESTATION', attestation: { ...vote, beacon_block_root: of('01', 31) } }],
    ['an index above 64 bits', { type: 'ATTESTATION', attestation: { ...vote, index: '18446744073709551616' } }],
  ])('%s', (_, body) => {
    expect(signRequest.safeParse({ fork_info: fork, ...body }).success).toBe(false);
  });
});

describe('roots', () => {
  test('a bit list without its end, or longer than it may be, has none', () => {
    expect(() => bitlistRoot('0x0100', 2048)).toThrow('without its end');
    expect(() => bitlistRoot('0x0101', 7)).toThrow('8 bits');
    expect(() => merkleize([Buffer.alloc(32), Buffer.alloc(32)], 1)).toThrow('do not fit');
  });
  test('an empty bit list has the root of nothing with its length', () => {
    // sha256 of the root of 8 zero chunks and of zero.
    expect(hexOf(bitlistRoot('0x01', 2048))).toBe(hexOf(merkleize([merkleize([], 8), uint64Root(0)])));
  });
  test('a number is little-endian in 32 bytes', () => {
    expect(hexOf(uint64Root('258'))).toBe(`0x0201${'00'.repeat(30)}`);
    expect(hexOf(vectorRoot('0x0102'))).toBe(`0x0102${'00'.repeat(30)}`);
  });
});
