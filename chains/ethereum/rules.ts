import type { ChainRules } from '../../core/chain-rules.ts';
import { config, configOf } from './config.ts';

export const rules: ChainRules = {
  kind: 'ethereum',
  config,
  keysOf: (chain) => {
    const { genesisValidatorsRoot, publicKeys } = configOf(chain);
    return publicKeys.map((key) => `${genesisValidatorsRoot} ${key}`);
  },
  duty: (chain) => ({ kind: 'eip3076', slotsPerEpoch: configOf(chain).slotsPerEpoch }),
  // A client that holds its keys may wake from a freeze and sign before it is told to give them up.
  gated: (chain) => configOf(chain).mode === 'signer',
  arbiter: (chain) => configOf(chain).mode === 'signer',
  // Each key votes once an epoch; its blocks are too few to count.
  signaturesPerHour: (chain, blockMs = 12_000) => {
    const { publicKeys, slotsPerEpoch } = configOf(chain);
    return (publicKeys.length * 3_600_000) / (slotsPerEpoch * blockMs);
  },
  risk: {
    downtime:
      'A missed vote costs about what a made one earns: some 0.3 gwei per day and staked ether. Weeks of it, while the chain finalises, cost less than 1 %.',
    equivocation:
      'Slashed: a part of the stake at once (1/4096 since Electra, 1/32 before), more the more others are slashed in the same weeks, and a forced exit. Final.',
    sources: [
      'https://eips.ethereum.org/EIPS/eip-3076',
      'https://github.com/ethereum/consensus-specs/blob/dev/specs/electra/beacon-chain.md',
      'https://ethereum.org/en/developers/docs/consensus-mechanisms/pos/rewards-and-penalties/',
    ],
    // A standby must not be quicker than the chain can tell: two slots without a vote are 24 s.
    policy: { mode: 'approve', evidence: ['relinquished', 'stopped', 'powered-off'], maxLag: 4, watermarkMargin: 2, haltAfterMs: 180_000 },
    timing: { coolDownMs: 1_800_000 },
  },
};
