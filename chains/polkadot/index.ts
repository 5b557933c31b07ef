import type { Chain } from '../chain.ts';
import { configOf, node } from './config.ts';
import { polkadotProbe } from './probe.ts';
import { rules } from './rules.ts';

export const polkadot: Chain = {
  ...rules,
  node,
  probe: polkadotProbe,
  driver: async () => (await import('./driver.ts')).polkadotDriver,
  publicKeyOf: () => null,
  setup: {
    node: (chain) => ({
      kind: 'polkadot',
      mode: configOf(chain).mode,
      stash: configOf(chain).stash,
      sessionKeys: '0xSESSION_KEYS',
      babeKey: '0xBABE_KEY',
      rpc: 'http://127.0.0.1:9944',
    }),
    seal: 'session-keys.json',
  },
  standbyRuns: true,
};
