import type { ChainRules } from '../../core/chain-rules.ts';
import { config, configOf } from './config.ts';

export const rules: ChainRules = {
  kind: 'cometbft',
  config,
  keysOf: (chain) => {
    const { chainId, publicKey } = configOf(chain);
    return [`${chainId} ${publicKey}`];
  },
  duty: () => ({ kind: 'consensus' }),
  gated: () => true,
  arbiter: () => true,
  // A prevote and a precommit.
  signaturesPerHour: (_, blockMs = 6_000) => (2 * 3_600_000) / blockMs,
  risk: {
    downtime:
      'Jailed after about 95 % of a window of blocks is missed (cosmoshub-4: 10,000 blocks, some 16 hours), then 0.01 % of the stake is slashed.',
    equivocation: '5 % of the stake is slashed, and the validator is tombstoned: its key never signs again.',
    sources: ['https://docs.cosmos.network/main/build/modules/slashing', 'https://hub.cosmos.network/main/validators/overview'],
    policy: { mode: 'approve', evidence: ['relinquished', 'stopped', 'powered-off'] },
    timing: { coolDownMs: 600_000 },
  },
};
