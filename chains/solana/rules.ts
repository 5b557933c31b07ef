import type { ChainRules } from '../../core/chain-rules.ts';
import { config, configOf } from './config.ts';

/** Votes that were signed and have not landed are older than this many slots, or bind nobody: what operators wait without the tower. */
const slotsWithoutTower = 200;

export const rules: ChainRules = {
  kind: 'solana',
  config,
  keysOf: (chain) => {
    const { genesisHash, identity } = configOf(chain);
    return [`${genesisHash} ${identity}`];
  },
  duty: () => ({ kind: 'slot' }),
  gated: () => false,
  risk: {
    downtime: 'The vote credits of every slot and the blocks of every leader slot that is missed. No slashing for downtime.',
    equivocation: 'Duplicate blocks stay recorded on chain (SIMD-0204), penalties are proposed (SIMD-0212), and delegation programmes expel.',
    sources: [
      'https://docs.anza.xyz/operations/guides/validator-failover',
      'https://github.com/solana-foundation/solana-improvement-documents/blob/main/proposals/0204-slashable-event-verification.md',
    ],
    policy: { mode: 'approve', evidence: ['relinquished', 'stopped', 'powered-off'], watermarkMargin: slotsWithoutTower, maxLag: 50 },
    // Without the tower the next holder waits two hundred slots, some 80 s, before its first vote; its landing is to be seen after that.
    timing: { coolDownMs: 600_000, verifyDeadlineMs: 240_000 },
  },
  check: ({ policy }) =>
    policy.watermarkMargin >= slotsWithoutTower
      ? null
      : {
          field: 'policy.watermarkMargin',
          message: `policy.watermarkMargin is ${policy.watermarkMargin}: expected ${slotsWithoutTower} or more slots on solana, where the tower may be lost`,
          fix: 'Take policy.watermarkMargin out, or make it larger.',
        },
};
