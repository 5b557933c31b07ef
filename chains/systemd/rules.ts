import type { ChainRules } from '../../core/chain-rules.ts';
import { config } from './config.ts';

export const rules: ChainRules = {
  kind: 'systemd',
  config,
  keysOf: () => [],
  duty: () => ({ kind: 'slot' }),
  gated: () => false,
  risk: {
    downtime: 'Not known: it depends on what the daemon does.',
    equivocation: 'Not known, so the worst is assumed: the whole stake, or all funds of a channel.',
    sources: [],
    policy: { mode: 'approve', evidence: ['relinquished', 'stopped', 'powered-off'] },
    timing: { coolDownMs: 600_000 },
  },
};
