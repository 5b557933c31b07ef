import type { Chain } from '../chain.ts';
import { configOf, node, nodeOf } from './config.ts';
import { nearProbe } from './probe.ts';
import { rules } from './rules.ts';

const publicKeyIn = (text: string): unknown => {
  try {
    return (JSON.parse(text) as { public_key?: unknown } | null)?.public_key;
  } catch {
    return undefined;
  }
};

export const near: Chain = {
  ...rules,
  node,
  probe: nearProbe,
  driver: async () => (await import('./driver.ts')).nearDriver,
  publicKeyOf: () => null,
  setup: {
    node: (chain) => ({
      kind: 'near',
      accountId: configOf(chain).accountId,
      publicKey: 'ed25519:PUBLIC_KEY',
      home: '/home/near/.near',
      rpc: 'http://127.0.0.1:3030',
    }),
    seal: 'validator_key.json',
  },
  standbyRuns: true,
  // config.json, for a planned restart.
  writesIn: (chain) => [nodeOf(chain).home],
  isAnothersKey: (text, chain) => {
    const found = publicKeyIn(text);
    return typeof found === 'string' && found !== nodeOf(chain).publicKey;
  },
};
