import type { Chain } from '../chain.ts';
import { node, nodeOf } from './config.ts';
import { systemdProbe } from './probe.ts';
import { rules } from './rules.ts';

export const systemd: Chain = {
  ...rules,
  node,
  probe: systemdProbe,
  driver: async () => {
    const { SystemdDriver } = await import('./driver.ts');
    return (options) => new SystemdDriver({ ...options, config: { ...options.config, chain: nodeOf(options.config.chain) } });
  },
  publicKeyOf: () => null,
  setup: {
    node: () => ({
      kind: 'systemd',
      healthCommand: ['/usr/local/bin/HEALTH'],
      readinessCommand: ['/usr/local/bin/READY'],
      watermarkCommand: null,
      stateCheckCommand: null,
    }),
    seal: 'FILE',
  },
};
