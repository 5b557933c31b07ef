import { addressOf } from '../../chains/cometbft/probe.ts';
import { validatorConfig, type ValidatorConfig } from '../../core/config.ts';
import { validatorId, type ValidatorId } from '../../core/ids.ts';

/** The fleet of the bench: validators of CometBFT chains, each chain seen from two vantages. */

export const vantages = ['one', 'two'] as const;
/** Signatures in one commit, the validators of the fleet among them. */
export const committee = 100;

export const idOf = (index: number): ValidatorId => validatorId.parse(`val-${index}`);
const publicKeyOf = (index: number): string => {
  const key = Buffer.alloc(32, 7);
  key.writeUInt32BE(index);
  return key.toString('base64');
};
export const addressesOf = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => addressOf(publicKeyOf(from + index)));

/** @param urls of the chain's vantages, in their order. */
export const configAt = (index: number, chainId: string, urls: readonly string[]): ValidatorConfig =>
  validatorConfig.parse({
    id: idOf(index),
    chain: { kind: 'cometbft', chainId, publicKey: publicKeyOf(index) },
    holder: 'amber',
    nodes: ['i-0a11ce0000000001', 'i-0b0b000000000002'].map((id, at) => ({
      name: at === 0 ? 'amber' : 'birch',
      id,
      principal: `arn:aws:sts::123456789012:assumed-role/baton-node-${id}/${id}`,
    })),
    vantages: vantages.map((name, at) => ({ name, url: urls[at] })),
    policy: { approvers: ['role/baton-approver'] },
  });
