import { validatorsFileOf, type ChainConfig, type ValidatorConfig } from '../core/config.ts';
import { chainSchemaOf } from '../core/parse.ts';
import { rulesOf } from '../core/chain-rules.ts';
import type { Duty } from '../core/watermark.ts';
import type { Chain } from './chain.ts';
import { cometbft } from './cometbft/index.ts';
import { ethereum } from './ethereum/index.ts';
import { near } from './near/index.ts';
import { polkadot } from './polkadot/index.ts';
import { solana } from './solana/index.ts';
import { systemd } from './systemd/index.ts';

/** Every chain that Baton knows, by its kind: one line for each. */
export const registry: Readonly<Record<string, Chain>> = {
  cometbft,
  ethereum,
  near,
  polkadot,
  solana,
  systemd,
};

/** The schema of validators.yaml over all chains. */
export const validatorsFile = validatorsFileOf(chainSchemaOf(registry));

/** @throws BatonError ChainUnknown. */
export const chainOf = (config: { readonly id: string; readonly chain: ChainConfig }): Chain => rulesOf(config, registry);

/** How the duties of this validator are numbered. @throws BatonError ChainUnknown. */
export const dutyKindOf = (config: ValidatorConfig): Duty => chainOf(config).duty(config.chain);
