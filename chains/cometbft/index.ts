import type { Chain } from '../chain.ts';
import { configOf, node, nodeOf, publicKey } from './config.ts';
import { isAnothersKey } from './key-file.ts';
import { cometbftProbe } from './probe.ts';
import { rules } from './rules.ts';
import { fromSignState, signStateFormats } from './sign-state.ts';

export const cometbft: Chain = {
  ...rules,
  node,
  probe: cometbftProbe,
  driver: async () => {
    const { CometbftDriver } = await import('./driver.ts');
    return (options) => new CometbftDriver({ ...options, config: { ...options.config, chain: nodeOf(options.config.chain) } });
  },
  gateDriver: async () => {
    const { CometbftGateDriver } = await import('./gate-driver.ts');
    return (options) => new CometbftGateDriver({ ...options, config: { ...options.config, chain: nodeOf(options.config.chain) } });
  },
  publicKeyOf: (chain) => publicKey.parse(chain['publicKey']),
  setup: {
    node: (chain, { socket }) => {
      const { kind, chainId, publicKey } = configOf(chain);
      return { kind, chainId, publicKey, socket: `unix://${socket ?? '/run/NAME/privval.sock'}`, rpc: 'http://127.0.0.1:26657' };
    },
    seal: 'priv_validator_key.json --state priv_validator_state.json',
  },
  standbyRuns: true,
  signsEachBlock: true,
  socketOf: (chain) => nodeOf(chain).socket.replace(/^unix:\/\//, ''),
  states: { reads: (value) => typeof value === 'object' && value !== null && 'height' in value, from: fromSignState, to: signStateFormats },
  isAnothersKey,
};
