import { BatonError } from '../../core/errors.ts';
import type { Chain } from '../chain.ts';
import { configOf, node, nodeOf, type EthereumNode } from './config.ts';
import { keySetOf } from './key-set.ts';
import { lanesOf } from './lanes.ts';
import { historyOf } from './eip3076.ts';
import { isInterchange, markOfInterchange, writeInterchange } from './interchange.ts';
import { ethereumMark } from './mark.ts';
import { ethereumProbe } from './probe.ts';
import { rules } from './rules.ts';

const needs = (field: string, chain: EthereumNode): BatonError =>
  new BatonError('ConfigInvalid', `chain.${field} is not set: mode ${chain.mode} needs it`, {
    field: `chain.${field}`,
    fix: `Add "${field}" to "chain" in the configuration of the guard.`,
  });

export const ethereum: Chain = {
  ...rules,
  node,
  probe: ethereumProbe,
  driver: async () => {
    const [{ SignerDriver }, { KeymanagerDriver }] = await Promise.all([import('./driver-signer.ts'), import('./driver-keymanager.ts')]);
    return (options) => {
      const chain = nodeOf(options.config.chain);
      const config = { ...options.config, chain };
      if (chain.mode === 'signer') {
        if (chain.signerPort === undefined) throw needs('signerPort', chain);
        return new SignerDriver({ ...options, config });
      }
      if (chain.keymanager === undefined) throw needs('keymanager', chain);
      return new KeymanagerDriver({ ...options, config });
    };
  },
  gateDriver: async () => {
    const { EthereumGateDriver } = await import('./gate-driver.ts');
    return (options) => new EthereumGateDriver({ ...options, config: { ...options.config, chain: nodeOf(options.config.chain) } });
  },
  lanes: (chain) => lanesOf(configOf(chain).publicKeys),
  publicKeyOf: (chain) => keySetOf(configOf(chain).publicKeys),
  setup: {
    node: (chain) => {
      const { kind, mode, publicKeys, genesisValidatorsRoot, slotsPerEpoch } = configOf(chain);
      const held =
        mode === 'signer'
          ? { signerPort: 9_000 }
          : {
              keymanager: {
                url: 'http://127.0.0.1:5062',
                tokenFile: '/etc/CLIENT/api-token.txt',
                restartProves: true,
                keystoreDirs: ['/var/lib/CLIENT/keystores'],
              },
            };
      return { kind, mode, publicKeys, genesisValidatorsRoot, slotsPerEpoch, beacon: 'http://127.0.0.1:5052', ...held };
    },
    seal: 'validator_keys --password-file password.txt --state slashing_protection.json',
  },
  states: {
    reads: isInterchange,
    from: markOfInterchange,
    to: {
      eip3076: (mark, chain) => {
        const { publicKeys, genesisValidatorsRoot } = configOf(chain);
        const history = historyOf(ethereumMark(mark));
        return JSON.parse(writeInterchange(new Map(publicKeys.map((key) => [key, history])), genesisValidatorsRoot)) as unknown;
      },
    },
  },
};
