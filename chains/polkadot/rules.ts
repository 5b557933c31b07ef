import type { ChainRules } from '../../core/chain-rules.ts';
import { config, configOf } from './config.ts';

export const rules: ChainRules = {
  kind: 'polkadot',
  config,
  keysOf: (chain) => {
    const { genesisHash, stash } = configOf(chain);
    return [`${genesisHash} ${stash}`];
  },
  duty: () => ({ kind: 'slot' }),
  gated: () => false,
  risk: {
    downtime:
      'The era points of every block and backing statement that is missed; a few hours cost a few hours of reward. Hardly any slashing for one validator.',
    equivocation:
      'One equivocation slashes at least 0.01 % of the stake, nominators included, and up to all of it when many do it at once; the validator is chilled.',
    sources: [
      'https://docs.polkadot.com/infrastructure/staking-mechanics/offenses-and-slashes/',
      'https://wiki.polkadot.network/docs/maintain-guides-how-to-upgrade',
    ],
    policy: { mode: 'approve', evidence: ['stopped', 'powered-off'], watermarkMargin: 10 },
    timing: { coolDownMs: 3_600_000 },
  },
  check: ({ chain, policy }) => {
    if (configOf(chain).mode !== 'insert-key') return null;
    const weak = policy.evidence.find((kind) => kind === 'lapsed' || kind === 'relinquished');
    if (weak !== undefined)
      return {
        field: 'policy.evidence',
        message: `${weak} cannot be accepted with chain.mode insert-key: one more vote with a key that moved is slashed, and only a stopped machine makes none`,
        fix: `Take ${weak} out of policy.evidence, or use chain.mode distinct-keys.`,
      };
    if (policy.mode === 'auto')
      return {
        field: 'policy.mode',
        message: 'policy.mode is auto: expected approve or watch with chain.mode insert-key',
        fix: 'Let a person approve, or use chain.mode distinct-keys.',
      };
    return null;
  },
};
