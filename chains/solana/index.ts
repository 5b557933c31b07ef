import type { Chain } from '../chain.ts';
import { configOf, node, nodeOf } from './config.ts';
import { keysOf } from './keys.ts';
import { solanaProbe } from './probe.ts';
import { rules } from './rules.ts';

/** True for a whole keypair of another identity; what is none is told when it is used. */
const isAnothers = (text: string, identity: string): boolean => {
  try {
    const keys = keysOf(Buffer.from(text));
    keys.drop();
    return keys.identity !== identity;
  } catch {
    return false;
  }
};

export const solana: Chain = {
  ...rules,
  node,
  probe: solanaProbe,
  driver: async () => (await import('./driver.ts')).solanaDriver,
  publicKeyOf: () => null,
  setup: {
    node: (chain) => ({
      kind: 'solana',
      client: 'agave',
      command: ['/home/sol/.local/share/solana/install/active_release/bin/agave-validator'],
      ledger: '/mnt/ledger',
      identity: configOf(chain).identity,
      spareIdentity: 'SPARE_PUBKEY',
      spareKeypair: '/home/sol/spare-identity.json',
      rpc: 'http://127.0.0.1:8899',
    }),
    seal: 'staked-identity.json',
  },
  standbyRuns: true,
  // The tower.
  writesIn: (chain) => [nodeOf(chain).ledger],
  isAnothersKey: (text, chain) => isAnothers(text, nodeOf(chain).identity),
};
