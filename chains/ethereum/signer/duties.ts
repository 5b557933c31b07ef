import * as z from 'zod';
import { bitlistRoot, bytesOf, containerRoot, uint64Root, vectorRoot } from './ssz.ts';

/** What a validator client asks to have signed, in the bodies of Web3Signer's API, and the root of each by the consensus specification. */

const hexBytes = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`));
const root = hexBytes(32);
const signature = hexBytes(96);
const uint64 = z
  .string()
  .regex(/^\d{1,20}$/, { abort: true })
  .refine((text) => BigInt(text) < 2n ** 64n);
/** A slot or an epoch that is compared: far beyond any chain's age, and exact. */
const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const bits = z.string().regex(/^0x([0-9a-fA-F]{2}){1,20000}$/);

const checkpoint = z.object({ epoch: count, root });
const attestationData = z.object({ slot: count, index: uint64, beacon_block_root: root, source: checkpoint, target: checkpoint });
const header = z.object({ slot: count, proposer_index: uint64, parent_root: root, state_root: root, body_root: root });
const aggregate = z.object({ aggregation_bits: bits, data: attestationData, signature, committee_bits: hexBytes(8).optional() });
const aggregateAndProof = z.object({ aggregator_index: uint64, aggregate, selection_proof: signature });
const contribution = z.object({
  slot: count,
  beacon_block_root: root,
  subcommittee_index: uint64,
  aggregation_bits: z.string().regex(/^0x([0-9a-fA-F]{2}){1,32}$/),
  signature,
});

/** Only the header of a block can be checked without its fork's whole format; clients send it since Bellatrix. */
const beaconBlock = z.object({ version: z.string().max(20), block_header: header });

const duty = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ATTESTATION'), attestation: attestationData }),
  z.object({ type: z.literal('BLOCK_V2'), beacon_block: beaconBlock }),
  z.object({ type: z.literal('AGGREGATION_SLOT'), aggregation_slot: z.object({ slot: count }) }),
  z.object({ type: z.literal('AGGREGATE_AND_PROOF'), aggregate_and_proof: aggregateAndProof }),
  z.object({ type: z.literal('AGGREGATE_AND_PROOF_V2'), aggregate_and_proof: z.object({ data: aggregateAndProof }) }),
  z.object({ type: z.literal('RANDAO_REVEAL'), randao_reveal: z.object({ epoch: count }) }),
  z.object({ type: z.literal('SYNC_COMMITTEE_MESSAGE'), sync_committee_message: z.object({ beacon_block_root: root, slot: count }) }),
  z.object({
    type: z.literal('SYNC_COMMITTEE_SELECTION_PROOF'),
    sync_aggregator_selection_data: z.object({ slot: count, subcommittee_index: uint64 }),
  }),
  z.object({
    type: z.literal('SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF'),
    contribution_and_proof: z.object({ aggregator_index: uint64, contribution, selection_proof: signature }),
  }),
  z.object({
    type: z.literal('VALIDATOR_REGISTRATION'),
    validator_registration: z.object({ fee_recipient: hexBytes(20), gas_limit: uint64, timestamp: uint64, pubkey: hexBytes(48) }),
  }),
]);
export type Duty = z.infer<typeof duty>;

const version = hexBytes(4);
export const forkInfo = z.object({
  fork: z.object({ previous_version: version, current_version: version, epoch: uint64 }),
  genesis_validators_root: root,
});

export const signRequest = z.intersection(
  duty,
  z.object({ signingRoot: root.optional(), signing_root: root.optional(), fork_info: forkInfo.optional() }),
);
export type SignRequest = z.infer<typeof signRequest>;

/** What a duty is: its root, its domain, and the epoch by which the fork's version is chosen (null: none, the genesis one). */
export interface Rooted {
  readonly objectRoot: Buffer;
  readonly domainType: string;
  readonly epoch: number | null;
}

const domains = {
  BLOCK_V2: '00000000',
  ATTESTATION: '01000000',
  RANDAO_REVEAL: '02000000',
  AGGREGATION_SLOT: '05000000',
  AGGREGATE_AND_PROOF: '06000000',
  AGGREGATE_AND_PROOF_V2: '06000000',
  SYNC_COMMITTEE_MESSAGE: '07000000',
  SYNC_COMMITTEE_SELECTION_PROOF: '08000000',
  SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF: '09000000',
  VALIDATOR_REGISTRATION: '00000001',
} as const satisfies Record<Duty['type'], string>;

// 2048 members of a committee; since Electra of all 64 committees of a slot together.
const committeeBits = 2_048;
const allCommitteesBits = 131_072;

const checkpointRoot = (of: z.infer<typeof checkpoint>): Buffer => containerRoot(uint64Root(of.epoch), bytesOf(of.root));

export const attestationRoot = (of: z.infer<typeof attestationData>): Buffer =>
  containerRoot(uint64Root(of.slot), uint64Root(of.index), bytesOf(of.beacon_block_root), checkpointRoot(of.source), checkpointRoot(of.target));

const headerRoot = (of: z.infer<typeof header>): Buffer =>
  containerRoot(uint64Root(of.slot), uint64Root(of.proposer_index), bytesOf(of.parent_root), bytesOf(of.state_root), bytesOf(of.body_root));

const aggregateRoot = (of: z.infer<typeof aggregate>): Buffer =>
  of.committee_bits === undefined
    ? containerRoot(bitlistRoot(of.aggregation_bits, committeeBits), attestationRoot(of.data), vectorRoot(of.signature))
    : containerRoot(
        bitlistRoot(of.aggregation_bits, allCommitteesBits),
        attestationRoot(of.data),
        vectorRoot(of.signature),
        vectorRoot(of.committee_bits),
      );

const aggregateAndProofRoot = (of: z.infer<typeof aggregateAndProof>): Buffer =>
  containerRoot(uint64Root(of.aggregator_index), aggregateRoot(of.aggregate), vectorRoot(of.selection_proof));

const contributionRoot = (of: z.infer<typeof contribution>): Buffer =>
  containerRoot(
    uint64Root(of.slot),
    bytesOf(of.beacon_block_root),
    uint64Root(of.subcommittee_index),
    vectorRoot(of.aggregation_bits),
    vectorRoot(of.signature),
  );

const objectOf = (of: Duty, epochOf: (slot: number) => number): { objectRoot: Buffer; epoch: number | null } => {
  switch (of.type) {
    case 'ATTESTATION':
      return { objectRoot: attestationRoot(of.attestation), epoch: of.attestation.target.epoch };
    case 'BLOCK_V2':
      return { objectRoot: headerRoot(of.beacon_block.block_header), epoch: epochOf(of.beacon_block.block_header.slot) };
    case 'AGGREGATION_SLOT':
      return { objectRoot: uint64Root(of.aggregation_slot.slot), epoch: epochOf(of.aggregation_slot.slot) };
    case 'AGGREGATE_AND_PROOF':
      return { objectRoot: aggregateAndProofRoot(of.aggregate_and_proof), epoch: epochOf(of.aggregate_and_proof.aggregate.data.slot) };
    case 'AGGREGATE_AND_PROOF_V2':
      return { objectRoot: aggregateAndProofRoot(of.aggregate_and_proof.data), epoch: epochOf(of.aggregate_and_proof.data.aggregate.data.slot) };
    case 'RANDAO_REVEAL':
      return { objectRoot: uint64Root(of.randao_reveal.epoch), epoch: of.randao_reveal.epoch };
    case 'SYNC_COMMITTEE_MESSAGE':
      return { objectRoot: bytesOf(of.sync_committee_message.beacon_block_root), epoch: epochOf(of.sync_committee_message.slot) };
    case 'SYNC_COMMITTEE_SELECTION_PROOF': {
      const { slot, subcommittee_index: index } = of.sync_aggregator_selection_data;
      return { objectRoot: containerRoot(uint64Root(slot), uint64Root(index)), epoch: epochOf(slot) };
    }
    case 'SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF': {
      const { aggregator_index: index, contribution: part, selection_proof: proof } = of.contribution_and_proof;
      return { objectRoot: containerRoot(uint64Root(index), contributionRoot(part), vectorRoot(proof)), epoch: epochOf(part.slot) };
    }
    case 'VALIDATOR_REGISTRATION': {
      const { fee_recipient: fee, gas_limit: gas, timestamp, pubkey } = of.validator_registration;
      return { objectRoot: containerRoot(vectorRoot(fee), uint64Root(gas), uint64Root(timestamp), vectorRoot(pubkey)), epoch: null };
    }
  }
};

export const rooted = (of: Duty, epochOf: (slot: number) => number): Rooted => ({ ...objectOf(of, epochOf), domainType: domains[of.type] });

/** The root that is signed: of the object and of the domain, which binds it to its kind, its fork and its chain. */
export const signingRootOf = (of: {
  readonly duty: Rooted;
  readonly fork: z.infer<typeof forkInfo> | undefined;
  readonly genesisForkVersion: string;
}): Buffer => {
  const { objectRoot, domainType, epoch } = of.duty;
  // Registrations are for relays, on every fork alike.
  const [forkVersion, chain] =
    epoch === null || of.fork === undefined
      ? [of.genesisForkVersion, Buffer.alloc(32)]
      : [
          BigInt(epoch) < BigInt(of.fork.fork.epoch) ? of.fork.fork.previous_version : of.fork.fork.current_version,
          bytesOf(of.fork.genesis_validators_root),
        ];
  const forkDataRoot = containerRoot(vectorRoot(forkVersion), chain);
  const domain = Buffer.concat([bytesOf(domainType), forkDataRoot.subarray(0, 28)]);
  return containerRoot(objectRoot, domain);
};
