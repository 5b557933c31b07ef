import type { ChainRules } from '../../core/chain-rules.ts';
import { config, configOf } from './config.ts';

export const rules: ChainRules = {
  kind: 'near',
  config,
  keysOf: (chain) => {
    const { chainId, accountId } = configOf(chain);
    return [`${chainId} ${accountId}`];
  },
  duty: () => ({ kind: 'slot' }),
  gated: () => false,
  risk: {
    downtime:
      'Less reward for every block, chunk and endorsement that is missed; with too few of them in an epoch (some 12 hours) the pool is kicked out.',
    equivocation: 'Not slashed today. Two producers at one height still harm the chain, and a later protocol may slash.',
    sources: ['https://docs.near.org/protocol/network/validators', 'https://github.com/near/nearcore/issues/11264'],
    // A kick-out costs more than a double block: it may act alone, with the same proof as everywhere.
    policy: { mode: 'auto', evidence: ['relinquished', 'stopped', 'powered-off'], maxLag: 10, watermarkMargin: 3 },
    timing: { coolDownMs: 600_000 },
  },
};
